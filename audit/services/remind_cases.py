"""Light the lamps (催办提醒): once for each due date when it is near, once when it is past."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from audit.actor import Actor
from audit.cases import with_lamp, working_days
from audit.casework import Deed, Lamp, lamp
from audit.facts import day_of
from audit.ladder import Ladder, in_force
from audit.models import Case
from audit.services.case_step import check, locked, take_step

AT_ONCE = 1_000
"""So many in one round; the others wait for the next."""


def remind_cases(*, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> list[str]:
    """Append a step to each case whose lamp was not told yet; their numbers. A transaction each."""
    today = day_of(at)
    near = working_days().after(today, in_force(ladders, today).near_days)
    lit = Case.objects.filter(due_on__lte=near).annotate(lit=with_lamp("due_on", today=today, near=near))
    waiting = lit.exclude(reminded=F("lit")).order_by("due_on", "pk")[:AT_ONCE]
    return [case.number for case in waiting if _remind(case, today=today, near=near, actor=actor, at=at)]


def _remind(case: Case, *, today: date, near: date, actor: Actor, at: datetime) -> bool:
    with transaction.atomic():
        case = locked(case)
        # Under the lock once more: it may have been answered since, or told by another worker.
        now = lamp(case.due_on, today=today, near=near)
        if now in {Lamp.GREEN, case.reminded}:
            return False
        check(case, deed=Deed.REMIND, by=actor)
        case.reminded = now
        take_step(case, deed=Deed.REMIND, lamp=now, actor=actor, at=at)
    return True
