"""The answer was not enough, or never came: the case goes back (退回重办), or up the ladder (升级督办)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.casework import Deed
from audit.facts import day_of
from audit.ladder import Ladder, Rung, above
from audit.models import Case, CaseStep
from audit.problem import Problem
from audit.services.case_step import check, limit, locked, take_step


class OnTheLastRung(Problem):
    code, status, title = "case-on-the-last-rung", 409, _("已是最高督办层级")


def send_back(case: Case, *, note: str, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> CaseStep:
    """The same agency once more, within its rung's days. Raises NotYourCase, CaseTurned."""
    return _press(case, deed=Deed.SEND_BACK, note=note, ladders=ladders, actor=actor, at=at)


def escalate(case: Case, *, note: str, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> CaseStep:
    """The next rung, with its own days. Raises NotYourCase, CaseTurned, OnTheLastRung."""
    return _press(case, deed=Deed.ESCALATE, note=note, ladders=ladders, actor=actor, at=at)


def _press(case: Case, *, deed: Deed, note: str, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> CaseStep:
    with transaction.atomic():
        case = locked(case)
        case.state = check(case, deed=deed, by=actor)
        rung = Rung(case.rung) if deed is Deed.SEND_BACK else above(Rung(case.rung))
        if rung is None:
            raise OnTheLastRung
        until = limit(ladders, days=None, rung=rung, grade=case.grade, since=day_of(at))
        case.rung, case.due_on, case.reminded = rung, until.due_on, ""
        return take_step(case, deed=deed, ladder=until.ladder, note=note, actor=actor, at=at)
