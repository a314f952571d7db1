"""The cases (督办) that an account sees: the list behind their page, and how many of them shine on the board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BooleanField, Count, Exists, OuterRef, Q, QuerySet, Value

from audit.auth import Sight
from audit.cases import with_lamp, working_days
from audit.casework import Deed, Lamp, Rating, State
from audit.duties import Reach
from audit.ladder import Ladder, in_force
from audit.models import Case, CaseStep
from audit.working_days import WorkingDays


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How many cases are open, how many of these near their due date, how many past it."""

    open: int
    yellow: int
    red: int


def near(calendar: WorkingDays, *, ladders: Sequence[Ladder], today: date) -> date:
    """The last day that counts as near today."""
    return calendar.after(today, in_force(ladders, today).near_days)


def in_sight(rows: QuerySet[Any], sight: Sight, *, today: date, near: date) -> QuerySet[Any]:
    """The cases that this account sees, each with its lamp (`lit`), whether an agency's account looks (`for_agency`)
    and whether a complainant was ever unsatisfied (`unsatisfied`): closing and re-opening takes that from no list.

    An agency sees what was handed out to it.
    """
    for_agency = sight.reach is Reach.BRANCH
    steps = CaseStep.objects.filter(case=OuterRef("pk"))
    found = rows.filter(
        sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"),
        Exists(steps.filter(deed=Deed.HAND_OUT)) if for_agency else Q(),
    )
    stood: QuerySet[Any] = found.annotate(
        lit=with_lamp("due_on", today=today, near=near),
        for_agency=Value(for_agency, output_field=BooleanField()),
        unsatisfied=Exists(steps.filter(rating=Rating.UNSATISFIED)),
    )
    return stood


def standing(sight: Sight, *, ladders: Sequence[Ladder], today: date) -> Standing:
    """Of the cases in sight that are not closed. Two statements."""
    until = near(working_days(), ladders=ladders, today=today)
    rows = in_sight(Case.objects.exclude(state=State.CLOSED), sight, today=today, near=until)
    told = rows.aggregate(
        open=Count("pk"), yellow=Count("pk", filter=Q(lit=Lamp.YELLOW)), red=Count("pk", filter=Q(lit=Lamp.RED))
    )
    return Standing(**told)
