"""The cases (督办) that an account sees: the list behind their page, and how many of them shine on the board."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models import Case as Choice

from audit.auth import Sight
from audit.cases import with_lamp
from audit.casework import Deed, Lamp, Rating, State, lamp
from audit.duties import Matter, May, Reach
from audit.ladder import Ladder, in_force
from audit.models import CalendarDay, Case, CaseStep, Flag
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
    `pending`: it is not closed.

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
        pending=Choice(When(state=State.CLOSED, then=Value(False)), default=Value(True), output_field=BooleanField()),
        unsatisfied=Exists(steps.filter(rating=Rating.UNSATISFIED)),
    )
    return stood


def standing(sight: Sight, *, ladders: Sequence[Ladder], today: date) -> Standing:
    """Of the cases in sight that are not closed. One statement: their due dates, each with its number, and beside them
    the days that somebody has entered into the calendar."""
    rows = in_sight(Case.objects.exclude(state=State.CLOSED), sight, today=today, near=today)
    worked = Choice(When(works=True, then=Value(1)), default=Value(0), output_field=IntegerField())
    due = rows.order_by().values("due_on").annotate(many=Count("pk"), entered=Value(0, output_field=BigIntegerField()))
    days = CalendarDay.objects.order_by().annotate(many=worked)
    told = list(due.values_list("due_on", "many", "entered").union(days.values_list("day", "many", "pk"), all=True))
    entered = sorted((key, day, bool(works)) for day, works, key in told if key)
    calendar = WorkingDays(imported={day: works for _key, day, works in entered})
    until = near(calendar, ladders=ladders, today=today)
    shining: Counter[Lamp] = Counter()
    for day, many, key in told:
        if not key:
            shining[lamp(day, today=today, near=until)] += many
    return Standing(open=shining.total(), yellow=shining[Lamp.YELLOW], red=shining[Lamp.RED])


def case_about(flag: Flag, *, sight: Sight, today: date) -> Case | None:
    """The case about this warning, if this account sees it. One statement."""
    rows = Case.objects.filter(flag=flag)
    found: Case | None = in_sight(rows, sight, today=today, near=today).first() if may_see(sight) else None
    return found


def pursued_at_all(flag: Flag) -> bool:
    """Has this warning a case, whoever sees it? One statement."""
    return Case.objects.filter(flag=flag).exists()


def may_see(sight: Sight) -> bool:
    """Does this account see cases at all?"""
    return sight.may(May.VIEW, Matter.CASES)
