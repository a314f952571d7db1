"""The supervision side's own tables; nothing here points at another floor."""

from audit.models.account import Account, Role
from audit.models.case import CalendarDay, Case, CaseFile, CaseStep
from audit.models.complaint import Complaint, ComplaintPicture, ComplaintState
from audit.models.document import Document
from audit.models.entry import Entry, PendingEntry, PendingRow
from audit.models.figure import (
    COUNTY,
    KEPT,
    MEASURES,
    CountedAgency,
    CountyTotal,
    EnterpriseTotal,
    OfficerTotal,
    PendingDocument,
    PendingFact,
    Span,
    Total,
    VisitNow,
)
from audit.models.filing import Attempt, Delivery, Endpoint, Filing, Manifest
from audit.models.first_view import FirstView
from audit.models.flag import Flag, FlagState
from audit.models.frequency_rule import FrequencyRule
from audit.models.import_file import ImportFile
from audit.models.knock import Knock
from audit.models.log import Checkpoint, Cosignature, Halt, Leaf, Log, Resumption, Tile
from audit.models.look_up import LookUp, LookUpFlag
from audit.models.read_log import ReadLog
from audit.models.recovery_code import RecoveryCode
from audit.models.report import MonthlyReport
from audit.models.rule_draft import RuleDraft, RuleDraftEnd, RuleTrial, RuleTrialResult
from audit.models.session import Session
from audit.models.sign_in import FailedSignIn, SignIn
from audit.models.verification import Verification
from audit.models.visit_fact import VisitFact

__all__ = [
    "COUNTY",
    "KEPT",
    "MEASURES",
    "Account",
    "Attempt",
    "CalendarDay",
    "Case",
    "CaseFile",
    "CaseStep",
    "Checkpoint",
    "Complaint",
    "ComplaintPicture",
    "ComplaintState",
    "Cosignature",
    "CountedAgency",
    "CountyTotal",
    "Delivery",
    "Document",
    "Endpoint",
    "EnterpriseTotal",
    "Entry",
    "FailedSignIn",
    "Filing",
    "FirstView",
    "Flag",
    "FlagState",
    "FrequencyRule",
    "Halt",
    "ImportFile",
    "Knock",
    "Leaf",
    "Log",
    "LookUp",
    "LookUpFlag",
    "Manifest",
    "MonthlyReport",
    "OfficerTotal",
    "PendingDocument",
    "PendingEntry",
    "PendingFact",
    "PendingRow",
    "ReadLog",
    "RecoveryCode",
    "Resumption",
    "Role",
    "RuleDraft",
    "RuleDraftEnd",
    "RuleTrial",
    "RuleTrialResult",
    "Session",
    "SignIn",
    "Span",
    "Tile",
    "Total",
    "Verification",
    "VisitFact",
    "VisitNow",
]
