"""Each agency's month as a whole, tallied for the rules that are about it (audit/shares.py)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q

from audit.counting import EVERY_REASON
from audit.facts import Purpose, State
from audit.kinds import Kind
from audit.matching import MatchPolicy
from audit.shares import Tally
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

    @classmethod
    def between(cls, first: date, last: date) -> Iterator["Month"]:
        """Each month that these days touch, in their order."""
        month = cls.of(first)
        while month.first <= last:
            yield month
            month = cls.of(month.last + timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def tallies_of(month: Month, *, kinds: Collection[Kind], policy: MatchPolicy, today: date) -> dict[str, Tally]:
    """Each agency's month, by agency: only what these kinds of rules look at is gathered."""
    found: dict[str, Tally] = {}
    if {*kinds} & {Kind.VOID_SHARE, Kind.EXEMPT_SHARE}:
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
