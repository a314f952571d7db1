"""How often may one caller do one thing within some minutes? Counted in Django's cache.

The default cache is one per process: with n worker processes a caller gets up to n times as many, and a restart
forgets them; a shared cache counts exactly. Where the exact number matters (a match code, a PIN) the count stands in
the database. Behind a reverse proxy an address is right only with TRUSTED_PROXIES set; else all callers share the
proxy's one count.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

MINUTE = timedelta(minutes=1)


def address_of(request: HttpRequest) -> str:
    """The caller's network address, as the trusted proxies tell it; empty if there is none."""
    return BaseThrottle().get_ident(request) or ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What `who` did of `what` in the window of fixed length that `at` falls into. At most `limit` times."""

    what: str
    who: str
    at: datetime
    limit: int
    window: timedelta = MINUTE

    @property
    def is_used_up(self) -> bool:
        """Would one more be too many?"""
        used: int = cache.get(self._key, 0)
        return used >= self.limit

    def take(self) -> bool:
        """One more. False: it is one too many, and so is every further one until the window ends."""
        cache.add(self._key, 0, timeout=self.seconds_left + 1)
        try:
            return cache.incr(self._key) <= self.limit
        except ValueError:  # the cache has just dropped it
            return self.limit > 0

    @property
    def seconds_left(self) -> int:
        """Until the window ends: what `Retry-After` says."""
        return math.ceil((self._number + 1) * self.window.total_seconds() - self.at.timestamp())

    @property
    def _number(self) -> int:
        return int(self.at.timestamp() // self.window.total_seconds())

    @property
    def _key(self) -> str:
        # A digest, because a forwarded address is a stranger's text, and caches refuse some characters.
        return f"{self.what}:{hashlib.sha256(self.who.encode()).hexdigest()}:{self._number}"
