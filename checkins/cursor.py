"""Where a reader of changes has come to, so that it misses nothing and gets nothing twice. Pure.

Rows are given in the order of the transactions that wrote them, which is the one in which these began to write, not the
one in which they were committed: what began early may be seen late, and a cursor that is a mark alone would pass over
it. So a cursor also holds what the database showed when it was made (PostgreSQL's snapshot): a row before the mark
whose transaction was not shown then is shown now. Transactions are outermost ones, as each row names its own
(audit/writer.py): snapshots name no savepoints.
"""

import base64
import binascii
import re
from dataclasses import dataclass

_TEXT = re.compile(r"2\.(\d{1,19})\.(\d{1,19})\.((\d{1,19}):((\d{1,19})(,\d{1,19})*)?)?", re.ASCII)
LIMIT = 1 << 63


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Mark:
    """A row among all rows: by the transaction that wrote it, and by its own id."""

    transaction: int = 0
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Which transactions could be seen: none from `next` on, below it all that were not `running`."""

    next: int
    running: frozenset[int] = frozenset()

    @classmethod
    def of(cls, text: str) -> "Snapshot":
        """Out of PostgreSQL's `xmin:xmax:xip,…`."""
        return cls._read(text.partition(":")[2])

    @classmethod
    def _read(cls, text: str) -> "Snapshot":
        following, _, running = text.partition(":")
        return cls(next=int(following), running=frozenset(int(one) for one in running.split(",") if one))

    def __str__(self) -> str:
        return f"{self.next}:{','.join(map(str, sorted(self.running)))}"

    def shows(self, transaction: int) -> bool:
        """Was what this transaction (its 64-bit number) wrote to be seen?"""
        return transaction < self.next and transaction not in self.running


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """All that `then` showed up to the mark has been given. `then` None: all that is there."""

    mark: Mark = Mark()
    then: Snapshot | None = None

    @classmethod
    def of(cls, text: str) -> "Cursor | None":
        """Out of a text that a reader was given; None for any other."""
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        except (ValueError, binascii.Error):
            return None
        found = _TEXT.fullmatch(plain)
        if found is None or any(int(number) >= LIMIT for number in re.findall(r"\d+", plain)):
            return None
        then = Snapshot._read(found[3]) if found[3] else None
        return cls(mark=Mark(transaction=int(found[1]), row=int(found[2])), then=then)

    def __str__(self) -> str:
        plain = f"2.{self.mark.transaction}.{self.mark.row}.{self.then or ''}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    def is_ahead_of(self, now: Snapshot | None) -> bool:
        """Does it know of transactions that this database has never had: was it given before a backup was restored?"""
        return self.then is not None and now is not None and self.then.next > now.next

    def is_new(self, row: Mark) -> bool:
        """Has this row, which can be seen now, not been given yet?"""
        return row > self.mark or (self.then is not None and not self.then.shows(row.transaction))

    def after(self, last: Mark, *, now: Snapshot | None) -> "Cursor":
        """The cursor when all that is new up to `last` has been given, seen as `now` shows it."""
        return Cursor(mark=max(last, self.mark), then=now)
