"""What is too much within some days, wherever they lie: 高频, 多头, 重复. Pure.

A window is the days up to a visit that counts, that day among them, as long as the version at that visit's start says.
A finding belongs to the year in which its windows end; it tells every visit of them, and those left out between.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from audit.counting import of_each, why_not
from audit.finding import Finding
from audit.kinds import Level
from audit.law import Law, Rule
from audit.seen import Seen, finding, serious_over


def rolling_window(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    keys = [fact.joint_id or fact.visit for fact, _rule, _why, _pending, _day in seen]
    for year, found, rule in _too_much(seen, keys=keys, allowed=lambda rule: int(rule.value("limit"))):
        told = {"days": rule.value("days"), "limit": rule.value("limit"), "times": found.times}
        level = Level.SERIOUS if found.serious else rule.sort.level
        yield finding(found.visits(seen), rule=rule, period=str(year), level=level, whole=True, **told)


def many_agencies(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """A joint visit is one arrival, that of the agency that came first with it."""
    leading = _leading(seen)
    if len(set(leading.values())) < 2:
        return
    keys = [leading.get(fact.joint_id or fact.visit, "") for fact, _rule, _why, _pending, _day in seen]
    for year, found, rule in _too_much(seen, keys=keys, allowed=lambda rule: int(rule.value("agencies")) - 1):
        told = {"days": rule.value("days"), "agencies": found.times}
        yield finding(found.visits(seen), rule=rule, period=str(year), whole=True, **told)


def _leading(seen: Sequence[Seen]) -> dict[str, str]:
    """Who led each arrival. What an agency only claims makes it no leader while somebody else is one: else it could
    melt two arrivals into one by its own words."""
    leading: dict[str, str] = {}
    claimed: dict[str, str] = {}
    for fact, rule, why, _pending, _day in seen:
        if why is None:
            key = fact.joint_id or fact.visit
            stands = fact.claim is None or why_not(fact.standing, of_each(rule.counting)) is None
            leaders = leading if stands else claimed
            if key not in leaders:
                leaders[key] = fact.agency_code
    return {**claimed, **leading} if claimed else leading


class _Year:
    """Windows that went too far, by the year in which they end: their visits, and the worst of them."""

    def __init__(self) -> None:
        self.times = 0
        self.rule: Rule | None = None
        self.serious = False
        self._spans: list[list[int]] = []

    def add(self, first: int, last: int, *, times: int, rule: Rule) -> None:
        """The window from `first` to `last`, places in order; windows come in order of their ends."""
        spans = self._spans
        if spans and spans[-1][0] <= first <= spans[-1][1]:
            spans[-1][1] = last
        else:  # a new stretch, or a longer window of another version that swallows earlier ones
            while spans and first <= spans[-1][1]:
                first = min(first, spans.pop()[0])
            spans.append([first, last])
        if times > self.times:
            self.times, self.rule = times, rule

    def visits(self, seen: Sequence[Seen]) -> list[Seen]:
        return [one for first, last in self._spans for one in seen[first : last + 1]]


def _too_much(
    seen: Sequence[Seen], *, keys: Sequence[str], allowed: Callable[[Rule], int]
) -> Iterator[tuple[int, _Year, Rule]]:
    """For each visit that counts, the window up to it: do its visits that count have more different `keys` than
    allowed?"""
    days = [one[4].toordinal() for one in seen]
    held: dict[str, int] = {}
    years: dict[int, _Year] = {}
    first, rule, most, length, grave = 0, None, 0, 0, 0.0
    for last, (_fact, applying, why, _pending, day) in enumerate(seen):
        if why is not None:
            continue
        if applying is not rule:  # another version may look further back
            rule, most, length = applying, allowed(applying), applying.value("days")
            grave = serious_over(applying)
            first = bisect_right(days, days[last] - length)
            held = dict(Counter(keys[place] for place in range(first, last) if seen[place][2] is None))
        key = keys[last]
        held[key] = held.get(key, 0) + 1
        before = days[last] - length
        while days[first] <= before:
            if seen[first][2] is None:
                gone = keys[first]
                if held[gone] == 1:
                    del held[gone]
                else:
                    held[gone] -= 1
            first += 1
        if len(held) > most:
            if day.year not in years:
                years[day.year] = _Year()
            years[day.year].add(first, last, times=len(held), rule=applying)
            if len(held) > grave:
                years[day.year].serious = True
    for number, found in years.items():
        if found.rule is not None:
            yield number, found, found.rule


def repeat_item(seen: Sequence[Seen], law: Law, as_of: datetime) -> Iterator[Finding]:
    """The visits of an item that follow each other too soon."""
    last: dict[str, tuple[int, int, Rule, int]] = {}
    places: defaultdict[int, set[int]] = defaultdict(set)
    items: defaultdict[int, set[str]] = defaultdict(set)
    for place, (fact, rule, why, _pending, day) in enumerate(seen):
        if why is not None or not fact.items:
            continue
        on, days, year = day.toordinal(), rule.value("days"), day.year
        here = (place, on, rule, year)
        for item in fact.items:
            before, then, under, that_year = last.get(item, here)
            if before != place and on - then < days:
                told = places[year]
                if under is rule and that_year == year:  # those before it are told already
                    told.add(before)
                else:
                    told.update(_since(seen, place, day=on - days, item=item))
                told.add(place)
                items[year].add(item)
            last[item] = here
    for year, found in places.items():
        visits = _between(seen, found=found, items=items[year])
        days, named = seen[max(found)][1].value("days"), "、".join(sorted(items[year]))
        yield finding(visits, period=str(year), days=days, items=named)


def _since(seen: Sequence[Seen], place: int, *, day: int, item: str) -> Iterator[int]:
    """The visits before this place, after that day, that count and were of the item."""
    for earlier in range(place - 1, -1, -1):
        fact, _rule, why, _pending, then = seen[earlier]
        if then.toordinal() <= day:
            return
        if why is None and item in fact.items:
            yield earlier


def _between(seen: Sequence[Seen], *, found: set[int], items: set[str]) -> list[Seen]:
    """The visits found, and those of the same items between them that do not count."""
    first, last = min(found), max(found)
    left_out = {
        place
        for place, one in enumerate(seen[first:last], start=first)
        if one[2] is not None and not items.isdisjoint(one[0].items)
    }
    return [seen[place] for place in sorted(found | left_out)]
