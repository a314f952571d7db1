"""The judge: visits of one enterprise and the law in, findings out. Pure: no clock, no database.

Findings are a function of what is known, whatever the order in which it came. One function a kind (`JUDGES`), a table
that a test proves total. Rules about an agency as a whole are judged by `audit/shares.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from audit.counting import LeftOut, judged
from audit.facts import Fact, day_of, latest
from audit.finding import Finding
from audit.kinds import Kind, Level
from audit.law import Law, Rule

Seen = tuple[Fact, Rule, LeftOut | None, bool, date]
"""A visit under the version that applied to it: why it does not count, whether its counting is unconfirmed, its day."""


def judge(
    facts: Iterable[Fact],
    *,
    law: Law,
    as_of: datetime,
    agencies: Collection[str] | None = None,
    years: Collection[int] | None = None,
) -> list[Finding]:
    """What do the rules find in the visits of one enterprise, as known and at the moment `as_of`?

    `agencies`: judge only what is about these, and what is about the enterprise as a whole; None: all. `years`: only
    periods of these calendar years; windows need the facts of the year before too.
    """
    found: list[Finding] = []
    for seen in _by_rule(latest(facts), law=law, agencies=agencies).values():
        kind = seen[0][1].kind
        found += [one for one in JUDGES[kind](seen, law, as_of) if years is None or int(one.period[:4]) in years]
    return sorted(found, key=lambda one: one.key)


def _by_rule(
    visits: Sequence[Fact], *, law: Law, agencies: Collection[str] | None
) -> Mapping[tuple[str, str], list[Seen]]:
    """Each rule's visits in on-site order. Annual caps stand together whatever their codes: a visit has one cap."""
    found: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    for fact in visits:
        agency, day = fact.agency_code, day_of(fact.started_at)
        own = agencies is None or agency in agencies
        counting, why, pending = None, None, False
        for rule, code, for_agency in law.read_at(fact):
            if for_agency and not own:
                continue
            if rule.counting is not counting:
                counting = rule.counting
                why, pending = judged(fact, counting)
            found[code, agency if for_agency else ""].append((fact, rule, why, pending, day))
    return found


def _finding(
    seen: Sequence[Seen], *, rule: Rule, period: str, level: Level | None = None, whole: bool = False, **details: Any
) -> Finding:
    """A finding over these visits. `whole`: about the enterprise, whoever came."""
    counted = [one for one in seen if one[2] is None]
    last = counted[-1][0]
    return Finding(
        rule=rule,
        agency_code="" if whole else last.agency_code,
        agency_name="" if whole else last.agency_name,
        supervised_by="" if whole else last.supervised_by,
        period=period,
        level=level or rule.sort.level,
        counted=tuple(one[0].visit for one in counted),
        unconfirmed=tuple(one[0].visit for one in counted if one[3]),
        left_out=tuple((fact.visit, why) for fact, _rule, why, _pending, _day in seen if why is not None),
        details=details,
        visit=last.visit,
    )


def _by_year(seen: Sequence[Seen]) -> Mapping[int, list[Seen]]:
    years: defaultdict[int, list[Seen]] = defaultdict(list)
    for one in seen:
        years[one[4].year].append(one)
    return years


def _raised(rule: Rule, times: int) -> Level:
    over = rule.value("serious_over")
    return Level.SERIOUS if over is not None and times > over else rule.sort.level


def _annual_cap(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """Each visit is measured against the version at its own start; the flag is that of the first one over."""
    for year, visits in _by_year(seen).items():
        times, first = 0, None
        for _fact, rule, why, _pending, _day in visits:
            if why is None:
                times += 1
                if first is None and times > rule.parameters["cap"]:
                    first = rule
        if first is not None:
            cap, level = first.parameters["cap"], _raised(first, times)
            yield _finding(visits, rule=first, period=str(year), level=level, cap=cap, year=year)


def _tier_sum(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    for year, visits in _by_year(seen).items():
        together: set[str] = set()
        first = None
        for fact, rule, why, _pending, _day in visits:
            if why is None:
                together.add(fact.together)
                if first is None and len(together) > rule.parameters["cap"]:
                    first = rule
        if first is not None:
            cap, times = first.parameters["cap"], len(together)
            level = _raised(first, times)
            yield _finding(visits, rule=first, period=str(year), level=level, whole=True, cap=cap, times=times)


class _Year:
    """Windows that went too far, by the year in which they end: their visits, and the worst of them."""

    def __init__(self) -> None:
        self.visits: list[Seen] = []
        self.times = 0
        self.rule: Rule | None = None
        self._told = -1

    def add(self, counting: Sequence[Seen], first: int, last: int, times: int) -> None:
        """The window from `first` to `last`, places in `counting`; windows come in order of their ends."""
        self.visits += counting[max(first, self._told + 1) : last + 1]
        self._told = last
        if times > self.times:
            self.times, self.rule = times, counting[last][1]


def _too_much(
    seen: Sequence[Seen], *, of: Callable[[Fact], str], allowed: Callable[[Rule], int]
) -> Iterator[tuple[int, _Year, Rule]]:
    """For each visit that counts, the window of the days up to it: does it hold more different `of` than allowed?"""
    counting = [one for one in seen if one[2] is None]
    keys = [of(one[0]) for one in counting]
    days = [one[4].toordinal() for one in counting]
    held: dict[str, int] = {}
    years: dict[int, _Year] = {}
    first, rule, most, length = 0, None, 0, 0
    for last, key in enumerate(keys):
        if counting[last][1] is not rule:
            rule = counting[last][1]
            most, length = allowed(rule), rule.parameters["days"]
        held[key] = held.get(key, 0) + 1
        while days[first] <= days[last] - length:
            gone = keys[first]
            held[gone] -= 1
            if not held[gone]:
                del held[gone]
            first += 1
        if len(held) > most:
            year = counting[last][4].year
            if year not in years:
                years[year] = _Year()
            years[year].add(counting, first, last, len(held))
    for year, found in years.items():
        if found.rule is not None:
            yield year, found, found.rule


def _rolling_window(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    limited = _too_much(seen, of=lambda fact: fact.together, allowed=lambda rule: int(rule.parameters["limit"]))
    for year, found, rule in limited:
        days, limit = rule.parameters["days"], rule.parameters["limit"]
        level, visits = _raised(rule, found.times), found.visits
        told = {"days": days, "limit": limit, "times": found.times}
        yield _finding(visits, rule=rule, period=str(year), level=level, whole=True, **told)


def _many_agencies(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """A joint visit is one arrival, that of the agency that came first with it."""
    leading: dict[str, str] = {}
    for fact, _rule, why, _pending, _day in seen:
        if why is None:
            leading.setdefault(fact.together, fact.agency_code)
    if len(set(leading.values())) < 2:
        return
    for year, found, rule in _too_much(
        seen, of=lambda fact: leading[fact.together], allowed=lambda rule: int(rule.value("agencies")) - 1
    ):
        told = {"days": rule.parameters["days"], "agencies": found.times}
        yield _finding(found.visits, rule=rule, period=str(year), whole=True, **told)


def _repeat_item(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    last: dict[str, Seen] = {}
    pairs: defaultdict[int, dict[str, Seen]] = defaultdict(dict)
    items: defaultdict[int, dict[str, Rule]] = defaultdict(dict)
    for one in seen:
        fact, rule, why, _pending, day = one
        if why is not None:
            continue
        for item in fact.items:
            before = last.get(item)
            if before is not None and (day - before[4]).days < rule.parameters["days"]:
                pairs[day.year].setdefault(before[0].visit, before)
                pairs[day.year][fact.visit] = one
                items[day.year][item] = rule
            last[item] = one
    for year, visits in pairs.items():
        in_order = sorted(visits.values(), key=lambda one: (one[0].started_at, one[0].visit))
        rule = in_order[-1][1]
        told = "、".join(sorted(items[year]))
        yield _finding(in_order, rule=rule, period=str(year), days=rule.parameters["days"], items=told)


def _reasonable_frequency(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """Exempt visits are inside here: reasons are no way around the watch."""
    for year, visits in _by_year(seen).items():
        watched: list[Seen] = []
        times, limit, first = 0, 0, None
        for fact, rule, why, pending, day in visits:
            why = None if why is LeftOut.EXEMPT else why
            watched.append((fact, rule, why, pending, day))
            if why is None:
                times += 1
                if first is None and (allowed := _reasonable(fact, rule=rule, law=law)) and times > allowed:
                    first, limit = rule, allowed
        if first is not None:
            yield _finding(watched, rule=first, period=str(year), limit=limit)


def _reasonable(fact: Fact, *, rule: Rule, law: Law) -> int:
    """How often is reasonable for this agency here? 0: nothing says so."""
    cap = law.cap_at(fact)
    peers = int(rule.value("p95").get(f"{fact.industry}/{fact.risk_grade}", 0))
    return max(rule.value("factor") * cap.parameters["cap"], peers) if cap else peers


def _quiet_days(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    months: defaultdict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        _fact, rule, _why, _pending, day = one
        dates = rule.value("dates")
        if day.day in rule.value("days") or (dates and day.isoformat() in dates):
            months[f"{day:%Y-%m}"].append(one)
    for month, visits in months.items():
        if any(why is None for _fact, _rule, why, _pending, _day in visits):
            yield _finding(visits, rule=visits[-1][1], period=month)


def _single_officer(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    months: defaultdict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        fact, rule, why, _pending, day = one
        if (
            why is None
            and len(fact.officers) < rule.value("officers")
            and fact.origin != "imported"
            and fact.started_at + timedelta(minutes=rule.value("minutes")) <= as_of
        ):
            months[f"{day:%Y-%m}"].append(one)
    for month, visits in months.items():
        rule = visits[-1][1]
        minutes, officers = rule.value("minutes"), rule.value("officers")
        yield _finding(visits, rule=rule, period=month, minutes=minutes, officers=officers)


JUDGES: Mapping[Kind, Callable[[Sequence[Seen], Law, datetime], Iterator[Finding]]] = {
    Kind.ANNUAL_CAP: _annual_cap,
    Kind.TIER_SUM: _tier_sum,
    Kind.ROLLING_WINDOW: _rolling_window,
    Kind.REPEAT_ITEM: _repeat_item,
    Kind.MANY_AGENCIES: _many_agencies,
    Kind.REASONABLE_FREQUENCY: _reasonable_frequency,
    Kind.QUIET_DAYS: _quiet_days,
    Kind.SINGLE_OFFICER: _single_officer,
}
"""Kinds that one enterprise's visits decide; the others are about an agency as a whole (`Per.AGENCY`)."""
