"""Tell under which number an inspection was approved afterwards (补批)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.services.entry import record
from checkins.models import Approval
from checkins.services.further import tell_further
from checkins.services.hold import hold_named, holder
from checkins.services.urgency import note_approval
from checkins.states import Deed


@dataclass(frozen=True, kw_only=True, slots=True)
class Approved:
    """The visit that holds the scans now, and all numbers under which it was approved. `replayed`: it was known."""

    visit: str
    approvals: list[str]
    replayed: bool


def approve(*, number: str, approval_no: str, agency_code: str, actor: Actor, at: datetime) -> Approved:
    """Append under which number the agency's head approved the visit; the same again changes nothing.

    By an officer of the visit's agency, or a backend that names the agency. It is taken after the limit too, and then
    shows no more as owed. Raises NoSuchVisit, VisitNotOpen.
    """
    with transaction.atomic():
        visit = holder(hold_named(number, agency_code=agency_code), deed=Deed.APPROVAL)
        new = note_approval(visit_id=visit.pk, approval_no=approval_no, actor=actor, at=at)
        if new:
            more = {"approval_no": approval_no.strip()}
            fact = tell_further(visit, changes={}, event="visit.approved", more=more, at=at)
            body = {**more, "facts": [fact]}
            record(kind="approved", subject=f"visit:{visit.number}", body=body, actor=actor, at=at)
        numbers = Approval.objects.filter(visit=visit).order_by("pk").values_list("approval_no", flat=True)
        return Approved(visit=visit.number, approvals=list(numbers), replayed=not new)
