"""What happened at the door. Facts are appended; only a Visit, the reading of them, changes (with history)."""

from checkins.models.approval import Approval, OverdueApproval, Urgency
from checkins.models.blob import Blob
from checkins.models.correction import Correction, Ruling
from checkins.models.departure import Departure, Result
from checkins.models.match_try import MatchTry
from checkins.models.plan import Item, Plan, PlanLink
from checkins.models.presence import Presence
from checkins.models.resolution import Answer, PlaceGrade, Resolution, Withdrawal
from checkins.models.scan import Scan, SequenceGap, SequenceRepeat
from checkins.models.visit import Merge, MergeConfirmation, Visit

__all__ = [
    "Answer",
    "Approval",
    "Blob",
    "Correction",
    "Departure",
    "Item",
    "MatchTry",
    "Merge",
    "MergeConfirmation",
    "OverdueApproval",
    "PlaceGrade",
    "Plan",
    "PlanLink",
    "Presence",
    "Resolution",
    "Result",
    "Ruling",
    "Scan",
    "SequenceGap",
    "SequenceRepeat",
    "Urgency",
    "Visit",
    "Withdrawal",
]
