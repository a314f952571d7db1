"""Write down that counters of a phone are missing (part of a deed, not one itself)."""

from datetime import datetime

from django.db import transaction

from audit.pen import Pen
from checkins.gaps import Missing
from checkins.models import SequenceGap
from checkins.rules import Warn


def note_gap(missing: Missing | None, *, scan_id: str, at: datetime, pen: Pen | None = None) -> list[Warn]:
    """Append the gap that this scan shows, and say what its officer is warned of. One statement, or none."""
    if missing is None:
        return []
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a gap belongs inside its deed's transaction")
    SequenceGap(scan_id=scan_id, device_id=missing.device_id, first=missing.first, last=missing.last, at=at).save(
        force_insert=True
    )
    return [Warn.SEQUENCE_GAP]
