"""Close a case (督办办结) with its reason; some complainants are drawn to be called back."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.casework import Deed
from audit.facts import day_of
from audit.ladder import Ladder, in_force
from audit.models import Case, CaseStep, ComplaintState
from audit.services.case_step import check, locked, take_step
from audit.services.turn_complaint import turn_complaint

DRAWN_OF = 10_000


def close_case(case: Case, *, note: str, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> CaseStep:
    """`note` is told to the complainant, who may rate the handling from then on. Raises NotYourCase, CaseTurned."""
    with transaction.atomic():
        case = locked(case)
        case.state = check(case, deed=Deed.CLOSE, by=actor)
        ladder = in_force(ladders, day_of(at))
        reachable = case.complaint is not None and bool(case.complaint.phone)
        # Drawn by the house and not by whoever closes: nobody knows beforehand who will be called.
        case.calls_back = reachable and secrets.randbelow(DRAWN_OF) < ladder.call_back_share * DRAWN_OF
        case.due_on, case.reminded, case.rating = None, "", ""
        step = take_step(case, deed=Deed.CLOSE, ladder=ladder.version, note=note, actor=actor, at=at)
        if case.complaint is not None:
            turn_complaint(
                case.complaint, state=ComplaintState.State.CLOSED, note=note, of_case=True, actor=actor, at=at
            )
    return step
