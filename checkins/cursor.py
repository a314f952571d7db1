"""Where a reader of changes has come to, so that it misses nothing and gets nothing twice. Pure.

Rows get their ids before they are committed: of two transactions the one with the lower ids may commit last, and a
cursor that is an id alone would pass over its rows. So a cursor also holds what the database showed when it was made
(PostgreSQL's snapshot): a row below it that was not shown then is shown now.
"""

import base64
import binascii
import re
from dataclasses import dataclass

_TEXT = re.compile(r"(\d{1,19})\.(\d{1,19})\.((\d{1,19}):(\d{1,19}):((\d{1,19})(,\d{1,19})*)?)?", re.ASCII)
EPOCH = 1 << 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Which transactions could be seen: all below `oldest`, none from `next` on, between them all not `running`."""

    oldest: int
    next: int
    running: frozenset[int] = frozenset()

    @classmethod
    def of(cls, text: str) -> "Snapshot":
        """Out of PostgreSQL's `xmin:xmax:xip,…`."""
        oldest, following, running = text.split(":")
        return cls(
            oldest=int(oldest),
            next=int(following),
            running=frozenset(int(one) for one in running.split(",") if one),
        )

    def __str__(self) -> str:
        return f"{self.oldest}:{self.next}:{','.join(map(str, sorted(self.running)))}"

    def shows(self, transaction: int) -> bool:
        """Was what this transaction (its 64-bit number) wrote to be seen?"""
        return transaction < self.oldest or (transaction < self.next and transaction not in self.running)


def full(short: int, *, now: int) -> int:
    """A row's 32-bit transaction number, which wraps around, as the 64-bit one that is not later than `now`."""
    found = now - now % EPOCH + short
    return found if found <= now else found - EPOCH


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """Up to `settled` nothing is missing; up to `read` what `then` showed has been given. `then` None: all of it."""

    settled: int = 0
    read: int = 0
    then: Snapshot | None = None

    @classmethod
    def of(cls, text: str) -> "Cursor | None":
        """Out of a text that a reader was given; None for any other."""
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        except (ValueError, binascii.Error):
            return None
        found = _TEXT.fullmatch(plain)
        if found is None or int(found[1]) > int(found[2]) or int(found[2]) >= 1 << 63:
            return None
        return cls(settled=int(found[1]), read=int(found[2]), then=Snapshot.of(found[3]) if found[3] else None)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.settled}.{self.read}.{self.then or ''}".encode()).decode().rstrip("=")

    def is_new(self, row: int, *, transaction: int) -> bool:
        """Has this row, which can be seen now, not been given yet?"""
        return row > self.read or (self.then is not None and not self.then.shows(transaction))

    def after(self, last: int, *, now: Snapshot | None) -> "Cursor":
        """The cursor when all that is new up to `last` has been given, seen as `now` shows it.

        Whatever ran when `then` was taken has come to an end once `now.oldest` has reached `then.next`: from then on
        nothing can appear up to `read` any more.
        """
        if now is None:
            return Cursor(settled=last, read=last)
        over = self.then is None or now.oldest >= self.then.next
        return Cursor(settled=self.read if over else self.settled, read=max(last, self.read), then=now)
