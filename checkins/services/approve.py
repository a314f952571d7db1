"""Tell under which number an inspection was approved afterwards (补批)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.canonical import utc_text
from audit.services.entry import record
from checkins.models import Approval
from checkins.services.further import tell_further
from checkins.services.hold import hold_named, holder
from checkins.services.urgency import note_approval
from checkins.states import Deed
from checkins.unapproved import first_due, is_late


@dataclass(frozen=True, kw_only=True, slots=True)
class Approved:
    """The visit that holds the scans now, and all numbers under which it was approved. `replayed`: it was known.

    `late`: none came within the limit of an urgent inspection.
    """

    visit: str
    approvals: list[str]
    late: bool
    replayed: bool


def approve(*, number: str, approval_no: str, agency_code: str, actor: Actor, at: datetime) -> Approved:
    """Append under which number the agency's head approved the visit; the same again changes nothing.

    By an officer of the visit's agency, or a backend that names the agency. It is taken after the limit too: then it
    settles what supervisors were told (raise_overdue.py), and is recorded as late. Raises NoSuchVisit, VisitNotOpen.
    """
    with transaction.atomic():
        visit = holder(hold_named(number, agency_code=agency_code), deed=Deed.APPROVAL)
        new = note_approval(visit_id=visit.pk, approval_no=approval_no, actor=actor, at=at)
        due = first_due(visit)
        late = due is not None and is_late(visit, due_at=due)
        if new:
            more = {"approval_no": approval_no.strip(), "late": late, "due_at": due and utc_text(due)}
            fact = tell_further(visit, changes={}, event="visit.approved", more=more, at=at)
            body = {**more, "facts": [fact]}
            record(kind="approved", subject=f"visit:{visit.number}", body=body, actor=actor, at=at)
        numbers = Approval.objects.filter(visit=visit).order_by("pk").values_list("approval_no", flat=True)
        return Approved(visit=visit.number, approvals=list(numbers), late=late, replayed=not new)
