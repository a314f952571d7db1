"""Reads a table from end to end in equal chunks by its key, so that memory stays the same whatever its length."""

from collections.abc import Iterator
from typing import Any

CHUNK = 1_000


def chunks(rows: Any, *, by: str = "id", size: int = CHUNK) -> Iterator[list[dict[str, Any]]]:
    """`rows`: a query of dicts (`.values(…)`) that tell `by`, a unique column that it is read in the order of."""
    some = list(rows.order_by(by)[:size])
    while some:
        yield some
        some = list(rows.filter(**{f"{by}__gt": some[-1][by]}).order_by(by)[:size])
