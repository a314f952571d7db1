"""Guessing is slow: one address may be wrong only so often.

The count is kept in Django's cache. The default cache is one per process: with n worker processes an
address gets up to n times as many tries, and a restart forgets them; a shared cache counts exactly. Against
60 random bits that live for a day either is far more than enough. Behind a reverse proxy the address is
right only with TRUSTED_PROXIES set; else all phones share the proxy's one count.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from audit.problem import Problem


class TooManyWrongCodes(Problem):
    """This address has been wrong too often; `Retry-After` says in how many seconds it may try again."""

    code, status, title = "too-many-wrong-codes", 429, _("激活码输入错误次数过多，请稍后再试")


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongCodes:
    """The wrong codes of one address in the window of fixed length that `at` falls into."""

    address: str
    at: datetime
    limit: int
    window: timedelta

    def refuse_if_too_many(self) -> None:
        """Raises TooManyWrongCodes once the limit is reached, until the window ends."""
        if cache.get(self._key, 0) >= self.limit:
            raise TooManyWrongCodes(headers={"Retry-After": str(self._seconds_left)})

    def count(self) -> None:
        """One more."""
        cache.add(self._key, 0, timeout=self._seconds_left + 1)
        cache.incr(self._key)

    @property
    def _number(self) -> int:
        return int(self.at.timestamp() // self.window.total_seconds())

    @property
    def _seconds_left(self) -> int:
        return math.ceil((self._number + 1) * self.window.total_seconds() - self.at.timestamp())

    @property
    def _key(self) -> str:
        # A digest, because a forwarded address is a stranger's text, and caches refuse some characters.
        return f"wrong-codes:{hashlib.sha256(self.address.encode()).hexdigest()}:{self._number}"
