"""Write down that an urgent inspection owes an approval, or that it has one (part of deeds, not one itself)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from audit.actor import Actor
from audit.pen import Pen
from checkins.models import Approval, Urgency


def note_urgency(
    *,
    scan_id: str,
    agency_id: int,
    visit_id: int,
    urgent: bool,
    approvals: Iterable[str],
    onsite_at: datetime,
    within: timedelta,
    actor: Actor,
    at: datetime,
    again: bool,
    pen: Pen | None = None,
) -> None:
    """Append that this scan came first (`urgent`), and the approvals that the visit's scans name.

    `again`: the scan has been settled before, and may have said so then.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an urgency belongs inside its deed's transaction")
    if urgent and not (again and Urgency.objects.filter(scan_id=scan_id).exists()):
        row = Urgency(scan_id=scan_id, agency_id=agency_id, at=onsite_at, due_at=onsite_at + within)
        row.save(force_insert=True) if pen is None else pen.take(row)
    for approval_no in dict.fromkeys(approvals):
        note_approval(visit_id=visit_id, approval_no=approval_no, actor=actor, at=at)


def note_approval(*, visit_id: int, approval_no: str, actor: Actor, at: datetime) -> bool:
    """Append the approval, under the lane of the visit's enterprise; False: it stood already."""
    said = {"visit_id": visit_id, "approval_no": approval_no.strip()}
    if Approval.objects.filter(**said).exists():
        return False
    Approval(**said, by=actor, at=at).save(force_insert=True)
    return True
