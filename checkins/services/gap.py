"""Write down that counters of a phone are missing, or borne by two scans (part of a deed, not one itself)."""

from datetime import datetime

from django.db import transaction

from audit.pen import Pen
from checkins.gaps import shown_by
from checkins.models import SequenceGap, SequenceRepeat
from checkins.rules import Warn


def note_counter(
    *,
    scan_id: str,
    device_id: int,
    counter: int | None,
    before: int | None,
    times: int,
    at: datetime,
    pen: Pen | None = None,
) -> list[Warn]:
    """Append what this scan's counter shows, and say what its officer is warned of. No statement where that is nothing.

    `before`, `times`: checkins/gaps.py, `around_counter`; the scan itself is among them.
    """
    missing = shown_by(device_id=device_id, counter=counter, before=before)
    if (missing or times > 1) and not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("what a counter shows belongs inside its deed's transaction")
    found: list[Warn] = []
    if missing is not None:
        gap = SequenceGap(scan_id=scan_id, device_id=device_id, first=missing.first, last=missing.last, at=at)
        gap.save(force_insert=True) if pen is None else pen.take(gap)
        found.append(Warn.SEQUENCE_GAP)
    if counter is not None and times > 1:
        repeat = SequenceRepeat(scan_id=scan_id, device_id=device_id, counter=counter, at=at)
        repeat.save(force_insert=True) if pen is None else pen.take(repeat)
        found.append(Warn.SEQUENCE_REPEATED)
    return found
