"""Which enterprises may have been meant? Bounded look-ups in the side tables, in plain SQL for both databases.

However common what was typed is, a look-up reads a bounded number of keys: `COMMON` where it counts, `SCANNED` where
it must pass over some, `MOST` where it takes enterprises along, `EACH` of one range among many. The look-ups of one
search are put together and sent as one statement (`read`), and no objects of Django's are made of the rows: eight who
search at once share the processors, so that all of them wait for what one of them costs.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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


class Spotted(NamedTuple):
    """Where one of an enterprise's places is: degrees in WGS-84."""

    premises_id: int
    longitude: float
    latitude: float


class Candidate(NamedTuple):
    """An enterprise that may be meant. `spots`: where its places are, if that was asked for."""

    id: int
    credit_code: str
    registration_no: str
    name: str
    former_names: list[str]
    status: str
    region_code: str
    spots: list[Spotted]


@dataclass(frozen=True, slots=True)
class Choice:
    """A SELECT of at most so many ids of enterprises, and its values."""

    sql: str
    values: Sequence[float | str]


_HITS = "FROM enterprises_namekey k WHERE k.key BETWEEN %s AND %s"
_COLUMNS = "e.id, e.credit_code, e.registration_no, e.name, e.former_names, e.status, e.region_code"


def read(choices: Sequence[Choice], *, located: bool) -> list[Candidate]:
    """The enterprises that any of these choose, each once; `located`: with their spots. One statement."""
    if not choices:
        return []
    ids = " UNION ".join(f"SELECT * FROM ({each.sql}) c" for each in choices)  # noqa: S608
    columns, places = _COLUMNS, ""
    if located:
        columns += ", p.premises_id, p.longitude, p.latitude"
        places = "LEFT JOIN enterprises_spot p ON p.enterprise_id = e.id"
    found: dict[int, Candidate] = {}
    for row in _fetch(
        f"SELECT {columns} FROM enterprises_enterprise e {places} WHERE e.id IN ({ids})",  # noqa: S608
        [value for each in choices for value in each.values],
    ):
        key, credit_code, registration_no, name, former, status, region_code, *spot = row
        if key not in found:
            former_names = [] if former == "[]" else json.loads(former)
            found[key] = Candidate(key, credit_code, registration_no, name, former_names, status, region_code, [])
        if located and spot[0] is not None:
            found[key].spots.append(Spotted(*spot))
    return list(found.values())


def addresses(ids: Collection[int]) -> dict[int, dict[int, str]]:
    """The addresses of these enterprises, by enterprise and place, the first registered first. One statement."""
    found: dict[int, dict[int, str]] = {}
    if ids:
        some = ", ".join(["%s"] * len(ids))
        for enterprise_id, premises_id, address in _fetch(
            f"SELECT enterprise_id, id, address FROM enterprises_premises WHERE enterprise_id IN ({some}) ORDER BY id",  # noqa: S608
            list(ids),
        ):
            found.setdefault(enterprise_id, {})[premises_id] = address
    return found


def counts(spans: Sequence[Span]) -> list[int]:
    """How many keys does each span hold, counted up to COMMON? One statement."""
    seen = f"SELECT k.key {_HITS} LIMIT {SCANNED}"
    fit = f"SELECT 1 FROM ({seen}) s WHERE s.key & %s = %s LIMIT {COMMON}"  # noqa: S608
    one = f"SELECT %s, count(*) FROM ({fit}) c"  # noqa: S608
    values = [value for place, each in enumerate(spans) for value in (place, *_values(each))]
    found = dict(_fetch(" UNION ALL ".join([one] * len(spans)), values))
    return [found[place] for place in range(len(spans))]


def holding(spans: Sequence[Span], most: int = MOST) -> Choice:
    """At most so many enterprises that have a key in each span; the first span should be the rarest."""
    one = f"SELECT s.enterprise_id FROM (SELECT k.key, k.enterprise_id {_HITS} LIMIT {SCANNED}) s WHERE s.key & %s = %s"  # noqa: S608
    values = [value for each in spans for value in _values(each)]
    if len(spans) == 1:
        return Choice(f"{one} LIMIT {most}", values)
    return Choice(f"SELECT enterprise_id FROM ({' INTERSECT '.join([one] * len(spans))}) i LIMIT {most}", values)  # noqa: S608


def having_one(spans: Sequence[Span]) -> list[Choice]:
    """At most MOST enterprises that have a key in one of the spans."""
    if not spans:
        return []
    seen = f"SELECT k.key, k.enterprise_id {_HITS} LIMIT {SCANNED}"
    fit = f"SELECT s.enterprise_id FROM ({seen}) s WHERE s.key & %s = %s LIMIT {EACH}"  # noqa: S608
    every = " UNION ".join([f"SELECT enterprise_id FROM ({fit}) f"] * len(spans))  # noqa: S608
    return [
        Choice(
            f"SELECT enterprise_id FROM ({every}) u LIMIT {MOST}",  # noqa: S608
            [value for one in spans for value in _values(one)],
        )
    ]


def nearest(spans: Sequence[Span], point: Point) -> Choice:
    """The MOST nearest of those that have a key in each span, the first of which holds no more than COMMON; the
    unlocated ones last."""
    among = holding(spans, COMMON)
    return Choice(
        f"SELECT h.enterprise_id FROM ({among.sql}) h LEFT JOIN enterprises_spot p ON p.enterprise_id = h.enterprise_id"  # noqa: S608
        f" GROUP BY h.enterprise_id ORDER BY min({_SQUARE}) NULLS LAST LIMIT {MOST}",
        [*among.values, *_square(point)],
    )


def named_near(text: str, point: Point) -> Choice:
    """The nearest of those around the point whose name holds this text: for what half the town is called."""
    return Choice(
        f"SELECT e.id FROM enterprises_spot p JOIN enterprises_enterprise e ON e.id = p.enterprise_id"  # noqa: S608  # numbers of this module
        f" WHERE {_around()} AND e.name LIKE %s GROUP BY e.id ORDER BY min({_SQUARE}) LIMIT {MOST}",
        [*_cells(point), f"%{text}%", *_square(point)],
    )


def keyed_near(span: Span, point: Point) -> Choice:
    """As `named_near`, for what is not written but heard."""
    return Choice(
        f"SELECT p.enterprise_id FROM enterprises_spot p WHERE {_around()} AND p.enterprise_id IN"  # noqa: S608
        f" (SELECT k.enterprise_id {_HITS} AND k.key & %s = %s) GROUP BY p.enterprise_id"
        f" ORDER BY min({_SQUARE}) LIMIT {MOST}",
        [*_cells(point), *_values(span), *_square(point)],
    )


def coded(code: str) -> list[Choice]:
    """The first enterprises whose credit code or registration number begins like this.

    A range between paddings, because a pattern finds no index on SQLite, and an upper end of one digit or letter
    stands last in every collation.
    """
    if not code:
        return []
    select = "SELECT id FROM enterprises_enterprise WHERE"
    found = [
        Choice(
            f"{select} credit_code BETWEEN %s AND %s AND merged_into IS NULL ORDER BY credit_code LIMIT {MOST}",
            [code, code.ljust(18, "Z")],
        )
    ]
    if code.isdigit() and len(code) <= 15:
        found.append(
            Choice(
                f"{select} registration_no BETWEEN %s AND %s ORDER BY registration_no LIMIT {MOST}",
                [code, code.ljust(15, "9")],
            )
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


def _fetch(sql: str, values: Sequence[float | str]) -> list[Any]:
    with connections[router.db_for_read(NameKey)].cursor() as cursor:
        cursor.execute(sql, list(values))
        found: list[Any] = cursor.fetchall()
        return found
