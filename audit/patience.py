"""How long a letter waits after a failure, when it is given up, and when a whole platform is left alone. Pure."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

RESTS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800))
"""After the first, second … failure (P)."""
HOURLY: Final = timedelta(hours=1)
"""After every later one, more or less a fifth, so that the letters of an outage do not all come back at once."""
SPREAD_PER_MILLE: Final = 200
GIVEN_UP_AFTER: Final = timedelta(days=10)
"""Since the first failure: then the letter is dead (死信), its lane goes on, and somebody is told (P)."""
OUT_OF_ORDER: Final = 3
"""So many lanes in a row fail by the platform's own trouble, none succeeds: it is left alone (P)."""
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300))
"""For how long, the first time, the second …; then one letter asks (P)."""
REFUSALS: Final = frozenset({401, 403, 410})
"""What a platform answers to a house that it does not want: no letter's fault."""
BUSY: Final = frozenset({429, 503})


def rest_after(failures: int, *, number: str) -> timedelta:
    """How long does the filing of this number rest after so many failures (from 1)? The same for the same question."""
    if failures <= len(RESTS):
        return RESTS[failures - 1]
    chance = int.from_bytes(hashlib.sha256(f"{number}:{failures}".encode()).digest()[:4])
    return HOURLY * (1000 - SPREAD_PER_MILLE + chance % (2 * SPREAD_PER_MILLE + 1)) / 1000


def is_given_up(*, failing_since: datetime, at: datetime) -> bool:
    """Has this letter failed for so long that it is no longer sent?"""
    return at - failing_since >= GIVEN_UP_AFTER


def is_platforms_own(http_status: int | None) -> bool:
    """Does this failure speak of the platform rather than of the letter? No connection, no receipt, 3xx, 429, 5xx."""
    return http_status is None or http_status < 400 or http_status == 429 or http_status >= 500


@dataclass(slots=True)
class Breaker:
    """One worker's patience with one platform (熔断). Closed, open until a moment, or half-open: one letter asks."""

    _failing: set[str] = field(default_factory=set)
    _openings: int = 0
    _until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Is the platform as a whole in trouble?"""
        return self._until is not None

    def room(self, *, lanes: int, under_way: int, at: datetime) -> int:
        """How many further letters may be sent now?"""
        if self._until is None:
            return max(0, lanes - under_way)
        return 1 if at >= self._until and not under_way else 0

    def succeeded(self) -> None:
        """The platform answered as one does, be it with a refusal of one letter."""
        self._failing.clear()
        self._openings, self._until = 0, None

    def failed(self, lane: str, *, at: datetime, busy_for: timedelta | None = None) -> bool:
        """The platform's own trouble, met by a letter of this lane. True: it is left alone from now on.

        `busy_for`: it said itself for how long (Retry-After with 429 or 503), and is left alone at once.
        """
        was_open = self.is_open
        self._failing.add(lane)
        if busy_for is not None:
            self._until = max(self._until or at, at + busy_for)
        elif was_open or len(self._failing) >= OUT_OF_ORDER:
            self._until = max(self._until or at, at + PAUSES[min(self._openings, len(PAUSES) - 1)])
            self._openings += 1
        return self.is_open and not was_open
