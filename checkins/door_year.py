"""What only the owner is shown at the enterprise's own page: this year's counts, what must be corrected, the past."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from audit.as_of import Explained, Told, explain, facts_known, rules_known
from audit.counting import GONE
from audit.explained import CATEGORIES, PURPOSES, WHY_LEFT_OUT, word
from audit.facts import Purpose, State, day_of
from checkins.afterwards import Life
from checkins.changes import told_at
from checkins.doorway import Party
from checkins.models import Result
from checkins.results import open_rectifications

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True, slots=True)
class TodayShown:
    """One visit that goes on now: does it count against the cap, and why not? `why` None: it counts, `unconfirmed`:
    only until a supervisor confirms."""

    number: str
    why: "StrOrPromise | None"
    unconfirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AgencyYear:
    """An agency's year here. `cap` None: no annual cap. `left_out`: (day, why) of each visit that does not count.
    `rule`: the cap's source and version; the version 0 is the operator's setting."""

    agency: str
    here: bool
    counted: int
    unconfirmed: int
    cap: int | None
    rule: tuple[str, int]
    left_out: list[tuple[date, "StrOrPromise"]]
    today: list[TodayShown]

    @property
    def is_over(self) -> bool:
        return self.cap is not None and self.counted > self.cap


@dataclass(frozen=True, kw_only=True, slots=True)
class YearShown:
    """`inspections`: all that the enterprise bore in the year, a joint one once; `services`: outside every cap."""

    year: int
    inspections: int
    services: int
    agencies: list[AgencyYear]


def year_shown(credit_code: str, *, here: Iterable[Party], at: datetime, annual_cap: int) -> YearShown:
    """This year (Asia/Shanghai) as it is known now, the agencies at the door first. Two statements."""
    year = day_of(at).year
    facts, rules = facts_known(credit_code=credit_code, year=year, as_of=at), rules_known(at)
    present = {party.visit.number: party.visit.agency_code for party in here}
    codes = dict.fromkeys([*present.values(), *(fact.agency_code for fact in reversed(facts))])
    explained = {
        code: explain(facts, rules=rules, annual_cap=annual_cap, agency_code=code, year=year) for code in codes
    }
    whole = explain(facts, rules=rules, annual_cap=annual_cap, agency_code="", year=year)
    return YearShown(
        year=year,
        inspections=whole.inspections,
        services=whole.services,
        agencies=[
            _agency(found, here={number for number, agency in present.items() if agency == code})
            for code, found in explained.items()
            if found.visits
        ],
    )


def _agency(found: Explained, *, here: set[str]) -> AgencyYear:
    return AgencyYear(
        agency=found.agency_name,
        here=bool(here),
        counted=len(found.counted),
        unconfirmed=len(found.unconfirmed),
        cap=found.cap.parameters["cap"] if found.cap else None,
        rule=(found.cap.source, found.cap.version) if found.cap else ("", 0),
        left_out=[(day_of(told.fact.started_at), _why(told)) for told in found.left_out if told.why not in GONE],
        today=[
            TodayShown(number=told.fact.visit, why=_why(told) if told.why else None, unconfirmed=told.unconfirmed)
            for told in found.visits
            if told.fact.visit in here
        ],
    )


def _why(told: Told) -> "StrOrPromise":
    return word(WHY_LEFT_OUT, told.why or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderShown:
    """An order to rectify (责令改正) that nothing has settled yet. `overdue`: days past its term, 0 while it runs."""

    agency: str
    item: str
    note: str
    rectify_by: date | None
    overdue: int


def orders_shown(credit_code: str, *, today: date) -> list[OrderShown]:
    """What must be corrected by when, the oldest term first. One statement."""
    return [
        OrderShown(
            agency=order.visit.agency.name,
            item=order.item,
            note=order.note,
            rectify_by=order.rectify_by,
            overdue=max((today - order.rectify_by).days, 0) if order.rectify_by else 0,
        )
        for order in open_rectifications(Q(visit__credit_code=credit_code))
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultShown:
    item: str
    outcome: "StrOrPromise"
    settled: bool
    rectify_by: date | None
    note: str
    case_no: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PastVisit:
    """A visit that was made, with what came of it. `minutes` None: nobody has said when they left."""

    number: str
    agency: str
    started_at: datetime
    minutes: int | None
    purpose: str
    category: str
    officers: str
    withdrawn: bool
    results: list[ResultShown]


MOST = 50


def past_shown(credit_code: str, *, window: timedelta) -> list[PastVisit]:
    """The latest visits, at most MOST, those that were taken back apart. `window`: see grouping.stay."""
    return [_past(life, window=window) for life in told_at(credit_code, most=MOST)]


def _past(life: Life, *, window: timedelta) -> PastVisit:
    fact = life.fact
    return PastVisit(
        number=fact.visit,
        agency=fact.agency_name,
        started_at=fact.started_at,
        minutes=life.minutes(window),
        purpose=word(PURPOSES, fact.purpose),
        category=word(CATEGORIES, fact.category) if fact.purpose != Purpose.SERVICE else "",
        officers="、".join(name for _number, name in fact.officers),
        withdrawn=fact.state != State.OPEN,
        results=[
            ResultShown(
                item=one.item,
                outcome=Result.Outcome(one.outcome).label,
                settled=one.outcome != Result.Outcome.RECTIFY,
                rectify_by=one.rectify_by,
                note=one.note,
                case_no=one.case_no,
            )
            for one in life.results
        ],
    )
