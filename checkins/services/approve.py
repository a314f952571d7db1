"""Tell the approval of an urgent inspection afterwards (补批)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.services.entry import record
from checkins.models import Approval
from checkins.services.hold import hold_named, holder
from checkins.services.urgency import note_approval
from checkins.states import Deed
from officers.rules import Caller


@dataclass(frozen=True, kw_only=True, slots=True)
class Approved:
    """The visit that holds the scans now, and all numbers under which it was approved."""

    visit: str
    approvals: list[str]


def approve(*, number: str, approval_no: str, caller: Caller, at: datetime) -> Approved:
    """Append under which number the agency's head approved the visit; the same again changes nothing.

    It is taken after the limit too, and then shows no more as owed. Raises NoSuchVisit, VisitNotOpen.
    """
    actor = Actor.officer(caller.certificate_no)
    with transaction.atomic():
        visit = holder(hold_named(number, caller=caller), deed=Deed.APPROVAL)
        if note_approval(visit_id=visit.pk, approval_no=approval_no, actor=actor, at=at):
            record(
                kind="approved",
                subject=f"visit:{visit.number}",
                body={"approval_no": approval_no.strip()},
                actor=actor,
                at=at,
            )
        numbers = Approval.objects.filter(visit=visit).order_by("pk").values_list("approval_no", flat=True)
        return Approved(visit=visit.number, approvals=list(numbers))
