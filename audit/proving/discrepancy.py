"""What a proof says of a row that does not hold, and what it has gone through."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from audit.proving.mark import Mark

LISTED = 20
"""So many late entries are named; all are counted."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One row that was altered, removed or inserted (不符). `table`: the database's; `row`: its key, or its place."""

    table: str
    row: str
    says: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}：{self.says}"


@dataclass(slots=True)
class Course:
    """How far a proof has come. `step(n)`: n more rows were looked at. `late`: of the broken promises, the first.
    `mark`: where a later one may go on."""

    step: Callable[[int], object] = lambda _rows: None
    counts: Counter[str] = field(default_factory=Counter)
    late: list[str] = field(default_factory=list)
    mark: Mark | None = None

    def went(self, what: str, rows: int) -> None:
        self.counts[what] += rows
        self.step(rows)

    def came_late(self, entry: str) -> None:
        """An entry that the log took in, or has not yet taken in, after its promise had run out."""
        self.counts["late"] += 1
        if len(self.late) < LISTED:
            self.late.append(entry)
