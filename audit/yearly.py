"""Each agency's year at each enterprise, over a whole register (a read)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Count, Max

from audit.counting import EVERY_INSPECTION, judged
from audit.facts import Fact
from audit.percentiles import Pair
from audit.unscanned import present_facts, start_of

_KEY = ("agency_code", "credit_code")
_WHAT = ("industry", "risk_grade", "state", "purpose", "category", "superior_ordered", "claim")
CHUNK = 5_000


def pairs(year: int) -> Iterator[Pair]:
    """How often each agency inspected each enterprise in the year, counted and exempt; subjects without a licence are
    no peers. One statement, read as it comes; industry and grade are those of the last visit."""
    rows = (
        present_facts()
        .filter(started_at__gte=start_of(date(year, 1, 1)), started_at__lt=start_of(date(year + 1, 1, 1)))
        .exclude(credit_code__startswith="S")
        .values(*_KEY, *_WHAT)
        .annotate(times=Count("id"), last=Max("started_at"))
        .order_by(*_KEY, "last")
    )
    key: tuple[str, str] | None = None
    times, row = 0, dict[str, Any]()
    for row, before in _with_the_one_before(rows.iterator(chunk_size=CHUNK)):
        if (row["agency_code"], row["credit_code"]) != key:
            if key is not None and times:
                yield Pair(industry=before["industry"], risk_grade=before["risk_grade"], times=times)
            key, times = (row["agency_code"], row["credit_code"]), 0
        times += row["times"] if _is_inspection(row) else 0
    if key is not None and times:
        yield Pair(industry=row["industry"], risk_grade=row["risk_grade"], times=times)


def _with_the_one_before(rows: Iterator[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    before: dict[str, Any] = {}
    for row in rows:
        yield row, before
        before = row


def _is_inspection(row: dict[str, Any]) -> bool:
    """By the law of audit/counting.py: as long as one of both readings is one."""
    fact = Fact(
        visit="",
        version=0,
        origin="",
        agency_name="",
        reason="",
        source_no="",
        joint_id="",
        started_at=row["last"],
        officers=(),
        **{name: row[name] for name in (*_KEY, *_WHAT)},
    )
    why, _unconfirmed = judged(fact, EVERY_INSPECTION)
    return why is None
