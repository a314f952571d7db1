"""Tell the approval of an urgent inspection afterwards (补批)."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.services.entry import record
from checkins.models import Approval, Visit
from checkins.services.correction import NoSuchVisit, VisitNotOpen, hold_visit
from checkins.services.urgency import note_approval
from officers.rules import Caller


def approve(*, number: str, approval_no: str, caller: Caller, at: datetime) -> list[str]:
    """Append under which number the agency's head approved the visit; all its numbers, the same again changes nothing.

    It is taken after the limit too, and then shows no more as owed. Raises NoSuchVisit, VisitNotOpen.
    """
    actor = Actor.officer(caller.certificate_no)
    with transaction.atomic():
        found = Visit.objects.filter(number=number, agency_id=caller.agency_id).values_list("pk", flat=True).first()
        if found is None:
            raise NoSuchVisit
        visit = hold_visit(found)
        if visit.status != Visit.Status.OPEN:
            raise VisitNotOpen
        if note_approval(visit_id=visit.pk, approval_no=approval_no, actor=actor, at=at):
            record(
                kind="approved",
                subject=f"visit:{visit.number}",
                body={"approval_no": approval_no.strip()},
                actor=actor,
                at=at,
            )
        return list(Approval.objects.filter(visit=visit).order_by("pk").values_list("approval_no", flat=True))
