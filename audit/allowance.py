"""How often may one caller do one thing within some minutes? Counted in the database, by all processes together.

A window opens with the first time and lasts its whole length; the next time after that opens another one. So within
any one window's length a caller gets at most twice the limit: the end of one window and the beginning of the next.
Behind a reverse proxy an address is right only with TRUSTED_PROXIES set; else all callers share the proxy's one count.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.address import network
from audit.knocks import knocks
from audit.services.knock import give_back, knock

MINUTE = timedelta(minutes=1)
DIGEST_BYTES = 16


def address_of(request: HttpRequest) -> str:
    """The caller's IPv4 address or IPv6 /64, as the trusted proxies tell it (audit/address.py)."""
    return network(
        request.META.get("REMOTE_ADDR") or "",
        forwarded=request.META.get("HTTP_X_FORWARDED_FOR") or "",
        proxies=settings.NINJA_NUM_PROXIES,
    )


@dataclass(kw_only=True, slots=True)
class Allowance:
    """What `who` may do of `what`: `limit` times in a `window`. `who`: an address, or a token.

    Count tokens that are known to be genuine: guesses under their own names would leave a row each.
    `seconds_left`, once taken from: until the window closes, what `Retry-After` says.
    """

    what: str
    who: str
    at: datetime
    limit: int
    window: timedelta = MINUTE
    seconds_left: int = field(default=0, init=False)

    def take(self) -> bool:
        """One more. False: it is one too many, and so is every further one until the window closes. One statement."""
        return take_all([self]) is None

    @property
    def is_used_up(self) -> bool:
        """Would one more be too many? One statement; counts nothing."""
        used = knocks(self.digest, at=self.at)
        if used is None or used.count < self.limit:
            return False
        self.seconds_left = _seconds(used.closes_in)
        return True

    @property
    def digest(self) -> bytes:
        """What stands in the database for `what` and `who`, because nobody's address shall."""
        named = f"{self.what}\0{self.who}".encode(errors="surrogatepass")
        return hashlib.sha256(named).digest()[:DIGEST_BYTES]


EVERYBODY = 100
"""So many times what one address may do with a token, all together may: a stranger shuts nobody else out."""


def of_token(what: str, *, token: str, address: str, at: datetime, limit: int) -> list[Allowance]:
    """What one address may do with a token that is known to be genuine, and what all together may."""
    return [
        Allowance(what=what, who=f"{address} {token}", at=at, limit=limit),
        Allowance(what=what, who=token, at=at, limit=EVERYBODY * limit),
    ]


def take_all(allowances: Sequence[Allowance]) -> Allowance | None:
    """One more of each, all in one statement. Which is used up, with the longest to wait? None: they all hold.

    Who asks too often is counted on, which does not prolong the window; what he is refused is given back to those that
    hold, so that one caller does not use up what is everybody's. A database that cannot write refuses nobody.
    """
    if not allowances:
        return None
    counted = knock({one.digest: one.window for one in allowances}, at=allowances[0].at)
    over = []
    for one in allowances:
        found = counted.get(one.digest)
        if found is not None:
            one.seconds_left = _seconds(found.closes_in)
            if found.count > one.limit:
                over.append(one)
    if over:
        give_back([one.digest for one in allowances if one not in over], at=allowances[0].at)
    return max(over, key=lambda one: one.seconds_left, default=None)


def turned_away(request: HttpRequest, over: Allowance) -> HttpResponse:
    """The plain page for a person who asked too often, with `Retry-After`."""
    response = render(request, "audit/turned_away.html", {"seconds": over.seconds_left}, status=429)
    response["Retry-After"] = str(over.seconds_left)
    return response


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))
