"""Which groups have most in a window? Exactly, without adding up everybody's where counters bound what one can have."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from django.db.models import Q

from audit.figures import Group, Piece, Question, cover, day_after
from audit.models import EnterpriseTotal, Span
from audit.summing import Key, columns_of, rows_asked, sources, summed

FIRST_READ, MOST_READ = 256, 70_000
"""So many of each counter's greatest enterprises are read at first, and at most: four times as many each time."""

MOST_ADDED = 5_000
"""So many enterprises are added up one by one; where more can be among the first, everybody is added up at once."""


def top(question: Question, *, limit: int) -> set[Key]:
    """The keys of the groups with most, by the one measure that ranks; of enterprises none that have nothing."""
    if question.group is Group.ENTERPRISE and not question.by_agency_only:
        pieces = cover(question.first, question.last, Span.YEAR)
        if len(pieces) == 1 and pieces[0].is_kept_sum:
            return {key for key, _value in _greatest(question, pieces[0], limit)}
        # Of single days alone every visit is read in any case.
        found = None if all(piece.span is Span.DAY for piece in pieces) else _by_threshold(question, limit)
        if found is not None:
            return found
    keys = ", ".join(columns_of(question))
    rows = _values(question, f"{keys} ORDER BY value DESC, {keys} LIMIT {limit}")
    return {key for key, _value in rows}


def _by_threshold(question: Question, limit: int) -> set[Key] | None:
    """The same, from those enterprises alone that can be among them; None: too many can.

    A counter that contains a part of the window is at least what an enterprise has in that part. So whoever stands in
    none of the counters' greatest has at most the sum of their last values; when the `limit`-th of those who do stand
    there has more (as many is not enough: keys decide among equals), nobody else can be among the first.
    """
    counters = list(_counters(question.first, question.last))
    exact: dict[Key, int] = {}
    many = max(FIRST_READ, limit)
    while True:
        lists = [_greatest(question, counter, many) for counter in counters]
        others, bounds = _bounds(lists, many)
        hopeful = sorted(bounds, key=lambda key: -bounds[key])
        exact |= _exact(question, [key for key in hopeful[: 2 * limit] if key not in exact])
        least = _least(exact, limit)
        if others == 0 or least > others:
            rest = [key for key in hopeful if key not in exact and bounds[key] >= least]
            if len(rest) > MOST_ADDED:
                return None
            exact |= _exact(question, rest)
            first = sorted((-value, key) for key, value in exact.items() if value > 0)
            return {key for _value, key in first[:limit]}
        many *= 4
        if many > MOST_READ:
            return None


def _bounds(lists: Sequence[Sequence[tuple[Key, int]]], many: int) -> tuple[int, dict[Key, int]]:
    """At most how much has whoever stands in no list, and whoever stands in some?"""
    lasts = [found[-1][1] if len(found) == many else 0 for found in lists]
    bounds: dict[Key, int] = {}
    for found, last in zip(lists, lasts, strict=True):
        for key, value in found:
            bounds[key] = bounds.get(key, sum(lasts)) + value - last
    return sum(lasts), bounds


def _least(exact: Mapping[Key, int], limit: int) -> int:
    """What the last of the first ones has; 0 if they are fewer."""
    values = sorted(exact.values(), reverse=True)
    return values[limit - 1] if len(values) >= limit else 0


def _exact(question: Question, keys: Sequence[Key]) -> dict[Key, int]:
    """What they have in the window."""
    if not keys:
        return {}
    codes = sorted({key[0] for key in keys})
    found = dict(_values(question, ", ".join(columns_of(question)), only=codes))
    return {key: found.get(key, 0) for key in keys}


def _counters(first: date, last: date) -> Iterator[Piece]:
    """Kept sums that together contain the window: of each year its own, or those of at most two months."""
    for year in range(first.year, last.year + 1):
        begin, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
        if end.month - begin.month < 2:
            starts = [date(year, month, 1) for month in range(begin.month, end.month + 1)]
            span = Span.MONTH
        else:
            starts = [date(year, 1, 1)]
            span = Span.YEAR
        yield from (Piece(span=span, first=start, end=day_after(start, span)) for start in starts)


def _greatest(question: Question, counter: Piece, many: int) -> list[tuple[Key, int]]:
    """One kept stretch: each of its rows is a group, and an index has them in this order."""
    some = Q(span=counter.span, start=counter.first, **{f"{question.measure}__gt": 0})
    rows = EnterpriseTotal.objects.filter(some, rows_asked(question))
    ranked = rows.order_by(f"-{question.measure}", "credit_code", "region_code")
    return [(row[:2], row[2]) for row in ranked.values_list("credit_code", "region_code", question.measure)[:many]]


def _values(question: Question, grouped: str, *, only: Sequence[str] | None = None) -> list[tuple[Key, int]]:
    """Each group with its value over the whole window."""
    keys = ", ".join(columns_of(question))
    rows = summed(
        sources(question, [question.measure], only=only), f"{keys}, SUM({question.measure}) AS value", grouped
    )
    return [(tuple(row[:-1]), int(row[-1])) for row in rows]
