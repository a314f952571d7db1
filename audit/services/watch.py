"""Watch what no scan decides: each agency's month as a whole, and visits whose second officer never came.

Flags about agencies have an empty credit code; the key of the rule, the agency and the month makes each of them one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Count, JSONField, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.counting import EVERY_REASON
from audit.facts import Purpose, State, day_of
from audit.kinds import Kind
from audit.lane import hold
from audit.law import Law
from audit.matching import MatchPolicy
from audit.models import Flag, FlagState
from audit.queries import Standing, rules
from audit.services.entry import record
from audit.services.flag import Turn, Whose, turn_flags, turns
from audit.services.sweep import sweep
from audit.shares import KINDS_OF_AGENCIES, Tally, judge, rules_about_agencies
from audit.unscanned import hold_papers, present_facts, start_of

REGION_LENGTHS = (9, 6, 4, 2)
AT_HOME = Fraction(9, 10)
"""An agency's region is the narrowest that holds so large a share of its visits (P): one visit far away moves no agency
out of its rules' reach."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A calendar month in Asia/Shanghai, `2026-03`."""

    first: date

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(first=day.replace(day=1))

    @classmethod
    def named(cls, text: str) -> "Month":
        """Raises ValueError for anything but `2026-03`."""
        if len(text) != 7:
            raise ValueError(text)
        return cls(first=date.fromisoformat(f"{text}-01"))

    @property
    def last(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def before(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def watch_month(*, month: Month, policy: MatchPolicy, actor: Actor, at: datetime) -> list[Turn]:
    """Judge every agency's month by the rules in force on its last day (in a running month: today), and turn its flags.

    Asked again it finds the same and writes nothing. One transaction; the rules, at most three statements that gather,
    and what changes; where no such rule is in force and no such flag stands, two statements in all.
    """
    today = day_of(at)
    on = min(month.last, today)
    with transaction.atomic():
        hold(f"watch:{month}")
        law = Law(rules())
        kinds = {rule.kind for rule in rules_about_agencies(law, on=on)}
        flags = _flags(month)
        tallies = _tallies(month, kinds=kinds, policy=policy, today=today)
        found = [one for tally in tallies.values() for one in judge(tally, law=law, period=str(month), on=on)]
        changes = turns(found, flags=flags, years=(month.first.year,), kinds=KINDS_OF_AGENCIES)
        _turn(changes, tallies, month=month, actor=actor, at=at)
    return changes


def watch_now(
    *, policy: MatchPolicy, annual_cap: int | None, actor: Actor, at: datetime, older: Collection[date] = ()
) -> dict[str, Any]:
    """The worker's round: last month (corrections come late), the running month, and officers alone by now; before
    them the `older` months (their first days) of which something new speaks (audit/touched.py).

    What changed, for the worker's log: flags by state, and enterprises judged again; empty: nothing.
    """
    running = Month.of(day_of(at))
    states: Counter[str] = Counter()
    for month in (*(Month.of(day) for day in sorted(older)), running.before, running):
        states.update(turn.state for turn in watch_month(month=month, policy=policy, actor=actor, at=at))
    swept = sweep(annual_cap=annual_cap, actor=actor, at=at)
    return {**states, **({"swept": swept} if swept else {})}


def _flags(month: Month) -> dict[tuple[str, str, str], Standing]:
    latest = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    rows = Flag.objects.filter(credit_code="", period=str(month)).annotate(
        state=Subquery(latest.values("state")[:1]),
        state_at=Subquery(latest.values("at")[:1]),
        evidence=Subquery(latest.values("evidence")[:1], output_field=JSONField()),
    )
    return {
        (row.rule, row.agency_code, row.period): Standing(
            id=row.pk, state=row.state or "", at=row.state_at or row.raised_at, evidence=row.evidence or {}
        )
        for row in rows
    }


def _turn(changes: Sequence[Turn], tallies: Mapping[str, Tally], *, month: Month, actor: Actor, at: datetime) -> None:
    """Flags carry the agency's region, so they are written region by region."""
    if not changes:
        return
    places: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in changes:
        tally = tallies.get(turn.key[1])
        places[tally.region_code if tally else ""].append(turn)
    for region, some in places.items():
        whose = Whose(credit_code="", enterprise_name="", region_code=region)
        turn_flags(some, whose=whose, reason=_("按现在所知，该月未超过规则的限值"), actor=actor, at=at)
    record(kind="month-watched", subject=f"month:{month}", body={"turns": _told(changes)}, actor=actor, at=at)


def _told(changes: Iterable[Turn]) -> list[Mapping[str, Any]]:
    return [
        {"rule": turn.key[0], "agency_code": turn.key[1], "state": turn.state}
        | ({"evidence": dict(turn.finding.evidence())} if turn.finding else {})
        for turn in changes
    ]


def _tallies(month: Month, *, kinds: set[Kind], policy: MatchPolicy, today: date) -> dict[str, Tally]:
    """Each agency's month, by agency: only what these kinds of rules look at is gathered."""
    found: dict[str, Tally] = {}
    if kinds & {Kind.VOID_SHARE, Kind.EXEMPT_SHARE}:
        found = _visits(month)
    if Kind.SCAN_RATE in kinds:
        _add_papers(found, month, policy=policy, today=today)
    return found


WHO = ("agency_code", "agency_name", "agency_path", "agency_level", "supervised_by")
WHAT = ("region_code", "state", "purpose", "reason", "claim")


def _visits(month: Month) -> dict[str, Tally]:
    """One statement, one row for each agency and way in which its visits were made."""
    rows = (
        present_facts()
        .filter(started_at__gte=start_of(month.first), started_at__lt=start_of(month.last + timedelta(days=1)))
        .exclude(state=State.ABSORBED.value)
        .exclude(credit_code__startswith="S")
        .values(*WHO, *WHAT)
        .annotate(times=Count("id"), sourced=Count("id", filter=~Q(source_no="")))
    )
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["agency_code"]].append(row)
    return {code: _tally(same) for code, same in groups.items()}


def _tally(rows: Sequence[dict[str, Any]]) -> Tally:
    """What stands and what the own agency claims are both watched: voiding counts by either reading."""
    names: Counter[tuple[str, ...]] = Counter()
    regions: Counter[str] = Counter()
    visits = void = inspections = exempt = 0
    for row in rows:
        claim, times = row["claim"] or {}, row["times"]
        names[tuple(row[name] or "" for name in WHO)] += times
        regions[row["region_code"]] += times
        visits += times
        if {row["state"], claim.get("state")} & {State.WITHDRAWN.value, State.VOIDED.value}:
            void += times
        elif claim.get("purpose", row["purpose"]) == Purpose.INSPECTION:
            inspections += times
            if claim.get("reason", row["reason"]) in EVERY_REASON:
                exempt += (times if claim["source_no"] else 0) if "source_no" in claim else row["sourced"]
    who = max(names, key=lambda name: (names[name], name))
    return Tally(
        agency_code=who[0],
        agency_name=who[1],
        agency_path=who[2],
        level=who[3],
        supervised_by=who[4],
        region_code=_home(regions),
        visits=visits,
        void=void,
        inspections=inspections,
        exempt=exempt,
    )


def _home(regions: Mapping[str, int]) -> str:
    """The narrowest region that holds nearly all of these visits or papers; empty: none does. Those at unregistered
    enterprises, whose region nobody knows, say nothing. Audit knows an agency only by where it goes."""
    known = {region: times for region, times in regions.items() if region}
    for length in REGION_LENGTHS:
        inside: Counter[str] = Counter()
        for region, times in known.items():
            if len(region) >= length:
                inside[region[:length]] += times
        home, most = max(inside.items(), key=lambda one: (one[1], one[0]), default=("", 0))
        if home and most >= AT_HOME * sum(known.values()):
            return home
    return ""


def _add_papers(found: dict[str, Tally], month: Month, *, policy: MatchPolicy, today: date) -> None:
    """Two statements."""
    groups = defaultdict(list)
    for held in hold_papers(first=month.first, last=month.last, today=today, policy=policy, within=Q()):
        groups[held.paper["agency_code"]].append(held)
    for code, same in groups.items():
        paper = same[-1].paper
        tally = found.get(code) or Tally(
            agency_code=code,
            agency_name=paper["agency_name"],
            agency_path=paper["agency_path"],
            supervised_by=paper["supervised_by"],
        )
        found[code] = replace(
            tally,
            region_code=tally.region_code or _home(Counter(held.paper["region_code"] for held in same)),
            papers=len(same),
            unscanned=sum(held.visit is None for held in same),
        )
