"""An enterprise's visits with one more that is not there: what the judge would say of it. Pure.

The judge is asked with the visit and without it; what differs is what the visit would raise.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from audit.counting import Count, count, enterprise_total, judged, service_total
from audit.facts import Fact, Purpose, State, day_of
from audit.finding import Finding
from audit.kinds import Kind, Level
from audit.law import Law, Rule
from audit.rules import judge
from checkins.intent import Intent, Place, quiet_rule, unborn
from checkins.plan import Host

_RANKS = tuple(Level)


@dataclass(frozen=True, kw_only=True, slots=True)
class TierSum:
    rule: Rule
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """The calendar year as it stands, without the visit. `cap` None: there is none (a subject without a licence)."""

    year: int
    cap: Rule | None
    own: Count
    all_agencies: int
    service_visits: int
    tier_sums: tuple[TierSum, ...]

    @property
    def remaining(self) -> int | None:
        """How many more visits are under the cap; what only counts until a supervisor confirms counts here too."""
        return None if self.cap is None else max(int(self.cap.parameters["cap"]) - len(self.own.counted), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """A quiet day by this rule. `next_day`: the first one after it that is not; None: none within a year."""

    rule: Rule
    next_day: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """A flag that the visit would raise, or that would grow by it."""

    finding: Finding
    state: str


class Ahead:
    """The enterprise's visits with one more that is not there."""

    def __init__(
        self, known: Sequence[Fact], *, law: Law, place: Place, visitor: Host, intent: Intent, at: datetime
    ) -> None:
        """`known`: each visit's latest version, in on-site order."""
        self._known, self._law, self._place, self._visitor, self._intent = known, law, place, visitor, intent
        self._today, self._at = day_of(at), at
        self._mine = self._on(intent.on)

    def _on(self, day: date) -> Fact:
        """The visit on that day: now if it is today, else at noon."""
        fact = unborn(self._place, self._visitor, replace(self._intent, on=day))
        return replace(fact, started_at=self._at) if day == self._today else fact

    @cached_property
    def _before(self) -> dict[tuple[str, str, str], Finding]:
        return {one.key: one for one in self._judge([])}

    def _judge(self, more: Collection[Fact]) -> list[Finding]:
        year = self._intent.on.year
        return judge(
            [*self._known, *more],
            law=self._law,
            as_of=self._at,
            agencies={self._visitor.code},
            years={year, year + 1},
        )

    def flags(self) -> list[Foreseen]:
        """What would the visit raise or make grow?"""
        found = self._judge([self._mine])
        return [Foreseen(finding=one, state=state) for one in found if (state := _change(one, self._before))]

    def flags_own(self, day: date | None = None, *, joining: Fact | None = None) -> bool:
        """Would it be flagged for what is about its own agency, on that day, or joining that visit?"""
        visit = self._on(day) if day else self._mine
        if joining is not None:
            visit = replace(visit, joint_id=joining.together)
        return any(one.agency_code and _change(one, self._before) for one in self._judge([visit]))

    def open_visits(self, window: timedelta) -> list[Fact]:
        """Other agencies' inspections of today that a scan could still join by its code; the latest first."""
        if self._intent.on != self._today:
            return []
        found: dict[str, Fact] = {}
        for fact in reversed(self._known):
            if (
                fact.agency_code != self._visitor.code
                and fact.purpose == Purpose.INSPECTION
                and fact.state == State.OPEN
                and fact.origin != "imported"
                and day_of(fact.started_at) == self._today
                and abs(self._at - fact.started_at) <= window
            ):
                found.setdefault(fact.together, fact)
        return list(found.values())

    def quiet(self) -> Quiet | None:
        rule = quiet_rule(self._law, self._mine, self._intent.on)
        if rule is None:
            return None
        later = (self._intent.on + timedelta(days=step) for step in range(1, 367))
        return Quiet(rule=rule, next_day=next((day for day in later if not self._quiet_on(day)), None))

    def _quiet_on(self, day: date) -> bool:
        return quiet_rule(self._law, self._on(day), day) is not None

    def year(self) -> Year:
        year, cap = self._intent.on.year, self._law.cap_at(self._mine)
        own = (
            count(self._known, agency_code=self._visitor.code, year=year, counting=cap.counting)
            if cap
            else count(self._known, agency_code=self._visitor.code, year=year)
        )
        return Year(
            year=year,
            cap=cap,
            own=own,
            all_agencies=enterprise_total(self._known, year=year),
            service_visits=service_total(self._known, year=year),
            tier_sums=tuple(
                TierSum(rule=rule, times=self._tier(rule))
                for rule in self._law.at(self._mine)
                if rule.kind is Kind.TIER_SUM
            ),
        )

    def _tier(self, tier: Rule) -> int:
        """How many visits of the year stand under this sum; joint ones once."""
        return len(
            {
                fact.together
                for fact in self._known
                if day_of(fact.started_at).year == self._intent.on.year
                for rule in self._law.at(fact)
                if rule.code == tier.code and judged(fact, rule.counting)[0] is None
            }
        )


def _change(finding: Finding, before: dict[tuple[str, str, str], Finding]) -> str:
    """`raised`, `grown`, or empty. How many officers will stand there nobody knows beforehand."""
    if finding.rule.kind is Kind.SINGLE_OFFICER:
        return ""
    known = before.get(finding.key)
    if known is None:
        return "raised"
    grown = set(finding.counted) - set(known.counted) or _RANKS.index(finding.level) > _RANKS.index(known.level)
    return "grown" if grown else ""
