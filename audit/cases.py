"""Cases, read: who asks, which days are worked, how agencies handle what is demanded of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import BooleanField, CharField, Q, Value, When
from django.db.models import Case as Choice

from audit.actor import Actor
from audit.casework import DEMANDS, Asked, Deed, Lamp, Party, in_time
from audit.facts import day_of
from audit.models import Account, CalendarDay, Case, CaseStep
from audit.working_days import WorkingDays


def party_of(actor: Actor) -> Party:
    """The account behind an actor, as it is now; of anybody else, or a disabled one, a party that may do nothing."""
    username = actor.removeprefix("account:") if actor.is_account else ""
    found = Account.objects.filter(username=username, is_active=True).first() if username else None
    if found is None:
        return Party(role="", agency_code="", region_prefix="")
    return Party(role=found.role, agency_code=found.agency_code, region_prefix=found.region_prefix)


def case_of(complaint_number: str) -> Case | None:
    """The case about this complaint. One statement."""
    return Case.objects.filter(complaint__number=complaint_number).first()


def working_days() -> WorkingDays:
    """The calendar with what was imported. One statement; so many rows as days were entered, some dozens a year."""
    return WorkingDays(imported=dict(CalendarDay.objects.order_by("pk").values_list("day", "works")))


def with_lamp(column: str, *, today: date, near: date) -> Choice:
    """The lamp of a row, as casework.lamp says it."""
    return Choice(
        When(Q(**{f"{column}__lt": today}), then=Value(Lamp.RED.value)),
        When(Q(**{f"{column}__lte": near}), then=Value(Lamp.YELLOW.value)),
        default=Value(Lamp.GREEN.value),
        output_field=CharField(),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling:
    """How an agency answered what fell due in a month. `share`: of those that can be said, answered in time."""

    agency: str
    name: str
    owed: int
    kept: int

    @property
    def share(self) -> float:
        return self.kept / self.owed


def handling(within: Q, *, first: date, last: date, today: date, known_by: datetime | None = None) -> list[Handling]:
    """The agencies that were asked in these steps (`within`: a condition on them) by their share in time of what fell
    due from `first` to `last`, the best first: each of what it was asked itself, whoever has the case now; `known_by`:
    by what was done until then. One statement."""
    within &= Q(deed__in=DEMANDS, due_on__range=(first, last))
    asked_now = Choice(When(within, then=Value(True)), default=Value(False), output_field=BooleanField())
    due = CaseStep.objects.filter(within)
    steps = CaseStep.objects.filter(case__in=due.values("case")).annotate(counts=asked_now).order_by("case", "serial")
    if known_by is not None:
        steps = steps.filter(at__lte=known_by)
    rows = steps.values("case", "deed", "due_on", "at", "agency_code", "agency_name", "counts")
    names: dict[str, str] = {}
    verdicts: dict[str, list[bool]] = {}
    for _case, life in groupby(rows, key=lambda row: row["case"]):
        told: list[Any] = list(life)
        names |= {row["agency_code"]: row["agency_name"] for row in told}
        for asked in _demands(told):
            verdict = in_time(asked, today=today)
            if verdict is not None:
                verdicts.setdefault(asked.agency, []).append(verdict)
    found = [
        Handling(agency=code, name=names[code], owed=len(answers), kept=sum(answers))
        for code, answers in verdicts.items()
    ]
    return sorted(found, key=lambda one: (-one.share, -one.owed, one.agency))


def _demands(life: list[Any]) -> Iterable[Asked]:
    """Each demand of one case that counts, with the first step after it that ends it."""
    for place, row in enumerate(life):
        if not row["counts"]:
            continue
        later = [step for step in life[place + 1 :] if step["deed"] in {*DEMANDS, Deed.ANSWER, Deed.CLOSE}]
        end = later[0] if later else None
        day = day_of(end["at"]) if end is not None else None
        answered = end is not None and end["deed"] == Deed.ANSWER
        yield Asked(
            agency=row["agency_code"],
            due_on=row["due_on"],
            answered_on=day if answered else None,
            replaced_on=None if answered else day,
        )
