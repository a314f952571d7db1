"""Which enterprises may have been meant? Bounded look-ups in the side tables, in plain SQL for both databases.

However common what was typed is, a look-up reads a bounded number of keys: `COMMON` where it counts, `SCANNED` where
it must pass over some, `MOST` where it takes enterprises along, `EACH` of one range among many.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections, router

from enterprises import grid
from enterprises.models import NameKey
from enterprises.search import Span

COMMON = 1_000
SCANNED = 20_000
MOST = 100
EACH = 30
Point = tuple[float, float]
"""Longitude and latitude in WGS-84 degrees."""

_HITS = "FROM enterprises_namekey k WHERE k.key BETWEEN %s AND %s"


def counts(spans: Sequence[Span]) -> list[int]:
    """How many keys does each span hold, counted up to COMMON?"""
    seen = f"SELECT k.key {_HITS} LIMIT {SCANNED}"
    fit = f"SELECT 1 FROM ({seen}) s WHERE s.key & %s = %s LIMIT {COMMON}"  # noqa: S608
    one = f"SELECT %s, count(*) FROM ({fit}) c"  # noqa: S608
    values = [value for place, each in enumerate(spans) for value in (place, *_values(each))]
    found = dict(_fetch(" UNION ALL ".join([one] * len(spans)), values))
    return [found[place] for place in range(len(spans))]


def holding(spans: Sequence[Span]) -> list[int]:
    """The ids of at most MOST enterprises that have a key in each span; the first span should be the rarest."""
    one = f"SELECT s.enterprise_id FROM (SELECT k.key, k.enterprise_id {_HITS} LIMIT {SCANNED}) s WHERE s.key & %s = %s"  # noqa: S608
    values = [value for each in spans for value in _values(each)]
    if len(spans) == 1:
        return _ids(f"{one} LIMIT {MOST}", values)
    return _ids(f"SELECT enterprise_id FROM ({' INTERSECT '.join([one] * len(spans))}) i LIMIT {MOST}", values)  # noqa: S608


def having_one(spans: Sequence[Span]) -> list[int]:
    """The ids of at most MOST enterprises that have a key in one of the spans."""
    if not spans:
        return []
    seen = f"SELECT k.key, k.enterprise_id {_HITS} LIMIT {SCANNED}"
    fit = f"SELECT s.enterprise_id FROM ({seen}) s WHERE s.key & %s = %s LIMIT {EACH}"  # noqa: S608
    every = " UNION ".join([f"SELECT enterprise_id FROM ({fit}) f"] * len(spans))  # noqa: S608
    return _ids(
        f"SELECT enterprise_id FROM ({every}) u LIMIT {MOST}",  # noqa: S608
        [value for one in spans for value in _values(one)],
    )


def nearest(span: Span, point: Point) -> list[int]:
    """The ids of the MOST nearest enterprises of a span that holds no more than COMMON; the unlocated ones last."""
    return _ids(
        f"SELECT k.enterprise_id FROM enterprises_namekey k"  # noqa: S608  # numbers of this module
        f" LEFT JOIN enterprises_spot p ON p.enterprise_id = k.enterprise_id"
        f" WHERE k.key BETWEEN %s AND %s AND k.key & %s = %s GROUP BY k.enterprise_id"
        f" ORDER BY min({_SQUARE}) NULLS LAST LIMIT {MOST}",
        [*_values(span), *_square(point)],
    )


def named_near(text: str, point: Point) -> list[int]:
    """The ids of the nearest of those around the point whose name holds this text: for what half the town is called."""
    return _ids(
        f"SELECT e.id FROM enterprises_spot p JOIN enterprises_enterprise e ON e.id = p.enterprise_id"  # noqa: S608
        f" WHERE {_around()} AND e.name LIKE %s GROUP BY e.id ORDER BY min({_SQUARE}) LIMIT {MOST}",
        [*_cells(point), f"%{text}%", *_square(point)],
    )


def keyed_near(span: Span, point: Point) -> list[int]:
    """As `named_near`, for what is not written but heard."""
    return _ids(
        f"SELECT p.enterprise_id FROM enterprises_spot p WHERE {_around()} AND p.enterprise_id IN"  # noqa: S608
        f" (SELECT k.enterprise_id {_HITS} AND k.key & %s = %s) GROUP BY p.enterprise_id"
        f" ORDER BY min({_SQUARE}) LIMIT {MOST}",
        [*_cells(point), *_values(span), *_square(point)],
    )


def coded(code: str) -> list[int]:
    """The ids of the first enterprises whose credit code or registration number begins like this.

    A range between paddings, because a pattern finds no index on SQLite, and an upper end of one digit or letter
    stands last in every collation.
    """
    select = "SELECT id FROM enterprises_enterprise WHERE"
    found = _ids(
        f"{select} credit_code BETWEEN %s AND %s ORDER BY credit_code LIMIT {MOST}", [code, code.ljust(18, "Z")]
    )
    if code.isdigit() and len(code) <= 15:
        found += _ids(
            f"{select} registration_no BETWEEN %s AND %s ORDER BY registration_no LIMIT {MOST}",
            [code, code.ljust(15, "9")],
        )
    return found


_SQUARE = "(p.longitude - %s) * (p.longitude - %s) * %s + (p.latitude - %s) * (p.latitude - %s)"


def _square(point: Point) -> list[float]:
    longitude, latitude = point
    return [longitude, longitude, grid.squash(latitude), latitude, latitude]


def _around() -> str:
    return f"({' OR '.join(['p.cell BETWEEN %s AND %s'] * (2 * grid.AROUND + 1))})"


def _cells(point: Point) -> list[int]:
    return [end for ends in grid.around(longitude=point[0], latitude=point[1]) for end in ends]


def _values(span: Span) -> tuple[int, int, int, int]:
    return span.low, span.high, span.mask, span.value


def _ids(sql: str, values: Sequence[float | str]) -> list[int]:
    return [row[0] for row in _fetch(sql, values)]


def _fetch(sql: str, values: Sequence[float | str]) -> list[Any]:
    with connections[router.db_for_read(NameKey)].cursor() as cursor:
        cursor.execute(sql, list(values))
        found: list[Any] = cursor.fetchall()
        return found
