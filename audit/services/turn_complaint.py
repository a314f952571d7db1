"""Say how a complaint stands now (受理、办结): one more state, never another one in its place."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.models import Case, Complaint, ComplaintState
from audit.problem import Problem
from audit.services.entry import record

State = ComplaintState.State
_AFTER = {State.OPEN: {State.ACCEPTED, State.CLOSED}, State.ACCEPTED: {State.CLOSED}, State.CLOSED: set[State]()}


class ComplaintTurned(Problem):
    """It stands otherwise by now: somebody else was first, or it is closed."""

    code, status, title = "complaint-turned", 409, _("该投诉的状态已经改变，请重新打开查看")


class ComplaintIsPursued(Problem):
    """A case was opened: what becomes of the complaint is decided there."""

    code, status, title = "complaint-pursued", 409, _("该投诉已立案督办，请在督办中办理")


def turn_complaint(
    complaint: Complaint,
    *,
    state: ComplaintState.State,
    note: str,
    grade: ComplaintState.Grade | None = None,
    of_case: bool = False,
    actor: Actor,
    at: datetime,
) -> ComplaintState:
    """Append the state. `note` is told to the complainant; without a `grade` the one before stands. `of_case`: its
    case says so, which alone may take it up again once it is closed, and say anew until when it takes.

    Raises ComplaintTurned, ComplaintIsPursued.
    """
    with transaction.atomic():
        Complaint.objects.select_for_update(no_key=True).only("pk").get(pk=complaint.pk)
        before = last_state(complaint)
        if not of_case and Case.objects.filter(complaint=complaint).exists():
            raise ComplaintIsPursued
        if not of_case and state not in _AFTER[State(before.state)]:
            raise ComplaintTurned
        after = ComplaintState(
            complaint=complaint,
            serial=before.serial + 1,
            state=state,
            grade=grade or before.grade,
            note=note,
            by=actor,
            at=max(at, before.at),  # doors read the clock before they wait
        )
        after.save(force_insert=True)
        record(
            kind="complaint-turned",
            subject=f"complaint:{complaint.number}",
            body={"state": after.state, "grade": after.grade, "note": note, "serial": after.serial},
            actor=actor,
            at=at,
        )
    return after


def last_state(complaint: Complaint) -> ComplaintState:
    """How it stands. Ask under the complaint's lock before another is appended."""
    return ComplaintState.objects.filter(complaint=complaint).order_by("-serial")[0]
