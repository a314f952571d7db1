"""The complainant rates how a complaint was handled that became no case (评价), once."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.casework import Rating
from audit.models import Case, Complaint, ComplaintState
from audit.services.case_step import NotYourCase
from audit.services.entry import record
from audit.services.rate_case import AlreadyRated
from audit.services.turn_complaint import ComplaintIsPursued, ComplaintTurned, last_state


def rate_complaint(complaint: Complaint, *, rating: Rating, actor: Actor, at: datetime) -> ComplaintState:
    """Append the rating beside the state that it is about; what the complainant was told stands with it.

    Unsatisfied: the discipline account of the region sees it. Raises ComplaintTurned (it is not closed),
    ComplaintIsPursued (its case is rated), AlreadyRated, NotYourCase (an account is no complainant).
    """
    if actor.is_account:
        raise NotYourCase
    with transaction.atomic():
        Complaint.objects.select_for_update(no_key=True).only("pk").get(pk=complaint.pk)
        before = last_state(complaint)
        if Case.objects.filter(complaint=complaint).exists():
            raise ComplaintIsPursued
        if before.state != ComplaintState.State.CLOSED:
            raise ComplaintTurned
        if before.rating:
            raise AlreadyRated
        after = ComplaintState(
            complaint=complaint,
            serial=before.serial + 1,
            state=before.state,
            grade=before.grade,
            note=before.note,
            rating=rating,
            by=actor,
            at=max(at, before.at),  # doors read the clock before they wait
        )
        after.save(force_insert=True)
        record(
            kind="complaint-rated",
            subject=f"complaint:{complaint.number}",
            body={"rating": str(rating), "serial": after.serial},
            actor=actor,
            at=at,
        )
    return after
