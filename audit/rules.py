"""The judge: visits of one enterprise and the law in, findings out. Pure: no clock, no database.

Findings are a function of what is known, whatever the order in which it came. One function a kind (`JUDGES`), a table
that a test proves total. Rules about an agency as a whole are judged by `audit/shares.py`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from audit.facts import Fact, latest
from audit.finding import Finding
from audit.kinds import Kind, Level
from audit.law import Law, Rule
from audit.seen import Seen, by_month, by_rule, by_year, finding, serious_over
from audit.windows import many_agencies, repeat_item, rolling_window


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
    for seen in by_rule(latest(facts), law=law, agencies=agencies).values():
        kind = seen[0][1].kind
        found += [one for one in JUDGES[kind](seen, law, as_of) if years is None or int(one.period[:4]) in years]
    return sorted(found, key=lambda one: one.key)


def _annual_cap(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    for year, visits in by_year(seen).items():
        over = _over(visits, keys=[fact.visit for fact, _rule, _why, _pending, _day in visits])
        if over is not None:
            rule, level, _times = over
            yield finding(visits, rule=rule, period=str(year), level=level, cap=rule.value("cap"), year=year)


def _tier_sum(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    for year, visits in by_year(seen).items():
        over = _over(visits, keys=[fact.joint_id or fact.visit for fact, _rule, _why, _pending, _day in visits])
        if over is not None:
            rule, level, times = over
            told = {"cap": rule.value("cap"), "times": times}
            yield finding(visits, rule=rule, period=str(year), level=level, whole=True, **told)


def _over(visits: Sequence[Seen], *, keys: Sequence[str]) -> tuple[Rule, Level, int] | None:
    """Are there more different `keys` than the cap? The version that the first one over stood under, how grave it is,
    and how many there are.

    Each visit is measured against the version at its own start.
    """
    together: set[str] = set()
    first, rule, cap, grave, serious = None, None, 0, 0.0, False
    for (_fact, applying, why, _pending, _day), key in zip(visits, keys, strict=True):
        if why is not None:
            continue
        together.add(key)
        if applying is not rule:
            rule, cap, grave = applying, applying.value("cap"), serious_over(applying)
        if len(together) > cap:
            first = first or rule
            serious = serious or len(together) > grave
    return (first, Level.SERIOUS if serious else first.sort.level, len(together)) if first else None


def _reasonable_frequency(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """Exempt visits are inside here (audit/law.py, `COUNTED_WHOLE`): reasons are no way around the watch."""
    for year, visits in by_year(seen).items():
        times, limit, first = 0, 0, None
        for fact, rule, why, _pending, _day in visits:
            if why is None:
                times += 1
                if first is None and (allowed := _reasonable(fact, rule=rule, law=law)) and times > allowed:
                    first, limit = rule, allowed
        if first is not None:
            yield finding(visits, rule=first, period=str(year), limit=limit)


def _reasonable(fact: Fact, *, rule: Rule, law: Law) -> int:
    """How often is reasonable for this agency here? 0: nothing says so; a cap of 0 alone does not."""
    cap = law.cap_at(fact)
    peers = int(rule.value("p95").get(f"{fact.industry}/{fact.risk_grade}", 0))
    return max(rule.value("factor") * cap.parameters["cap"], peers) if cap else peers


def _quiet_days(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    quiet: list[Seen] = []
    rule, days, dates = None, frozenset[int](), frozenset[str]()
    for one in seen:
        if one[1] is not rule:
            rule = one[1]
            days, dates = frozenset(rule.value("days")), frozenset(rule.value("dates"))
        if one[4].day in days or (dates and one[4].isoformat() in dates):
            quiet.append(one)
    for month, visits in by_month(quiet).items():
        yield finding(visits, period=month)


def _single_officer(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """Whoever joined at any time of the visit is there, who has no certificate does not count. An imported visit does
    not tell who scanned."""
    alone: list[Seen] = []
    rule, least, begun = None, 0, as_of
    for one in seen:
        fact = one[0]
        if one[1] is not rule:
            rule = one[1]
            least, begun = rule.value("officers"), as_of - timedelta(minutes=rule.value("minutes"))
        if (
            len(fact.officers) - len(fact.uncertified) < least
            and fact.started_at <= begun
            and fact.origin != "imported"
        ):
            alone.append(one)
    for month, visits in by_month(alone).items():
        told = next(one[1] for one in reversed(visits) if one[2] is None)
        yield finding(visits, period=month, minutes=told.value("minutes"), officers=told.value("officers"))


JUDGES: Mapping[Kind, Callable[[Sequence[Seen], Law, datetime], Iterator[Finding]]] = {
    Kind.ANNUAL_CAP: _annual_cap,
    Kind.TIER_SUM: _tier_sum,
    Kind.ROLLING_WINDOW: rolling_window,
    Kind.REPEAT_ITEM: repeat_item,
    Kind.MANY_AGENCIES: many_agencies,
    Kind.REASONABLE_FREQUENCY: _reasonable_frequency,
    Kind.QUIET_DAYS: _quiet_days,
    Kind.SINGLE_OFFICER: _single_officer,
}
"""Kinds that one enterprise's visits decide; the others are about an agency as a whole (`Per.AGENCY`)."""
