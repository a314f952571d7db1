"""A quality check finds that a closed case was not done with (质检重启): it is to be handed out anew."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.casework import Deed
from audit.facts import day_of
from audit.ladder import Ladder, in_force
from audit.models import Case, CaseStep, ComplaintState
from audit.services.case_step import check, limit, locked, take_step
from audit.services.turn_complaint import turn_complaint


def reopen_case(case: Case, *, note: str, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> CaseStep:
    """To be handed out within the ladder's days from today; the complainant is told. Raises NotYourCase, CaseTurned."""
    with transaction.atomic():
        case = locked(case)
        case.state = check(case, deed=Deed.REOPEN, by=actor)
        day = day_of(at)
        until = limit(ladders, days=in_force(ladders, day).hand_out_days, since=day)
        case.due_on, case.reminded, case.rating, case.calls_back = until.due_on, "", "", False
        step = take_step(case, deed=Deed.REOPEN, ladder=until.ladder, note=note, actor=actor, at=at)
        if case.complaint is not None:
            turn_complaint(
                case.complaint,
                state=ComplaintState.State.ACCEPTED,
                note="经质量检查，已重新办理。",
                of_case=True,
                actor=actor,
                at=at,
            )
    return step
