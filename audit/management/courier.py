"""One worker's rounds with letters: share out, claim, post, settle, for every platform, in one thread."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DatabaseError, close_old_connections
from django.utils.translation import gettext as _

from audit.addressee import Addressee
from audit.management.turn import turn
from audit.patience import BUSY, Breaker, is_platforms_own
from audit.services.deliver import Claim, claim, settle
from audit.services.share_out import share_out
from audit.supervision import DETAIL_LENGTH, NotDelivered, Platform, Receipt

logger = logging.getLogger("audit.deliver")

SHARE_OUT_EVERY = 0.2
"""Seconds: a busy worker looks for new filings no more often."""

Tell = Callable[[str, Mapping[str, Any]], None]


class Broken(NotDelivered):
    """Our own failure to write a letter: not the platform's doing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How a worker goes about it. `lanes`: letters on the wire to one platform at once. `lease`: how long a letter is
    a worker's. `probe`: how long a paused platform rests."""

    lanes: int
    lease: timedelta
    probe: timedelta


@dataclass(kw_only=True, slots=True)
class Line:
    """One platform, the line to it, and this worker's patience with it."""

    addressee: Addressee
    platform: Platform
    breaker: Breaker = field(default_factory=Breaker)
    under_way: int = 0


class Courier:
    """`tell` hears each event. The database is used by the thread that calls `run` alone."""

    def __init__(
        self, *, lines: Sequence[Line], source: str, clock: Callable[[], datetime], pace: Pace, tell: Tell
    ) -> None:
        self._lines = lines
        self._source = source
        self._clock = clock
        self._pace = pace
        self._tell = tell
        self._on_the_wire: dict[Future[Receipt], tuple[Line, Claim]] = {}
        # SimpleQueue.put may be called from a signal handler, which an Event's set may not.
        self._mail: SimpleQueue[Future[Receipt] | None] = SimpleQueue()
        self._stopping = False
        self._shared_out = float("-inf")

    def stop(self) -> None:
        """Claim nothing more; `run` returns when all letters on the wire are answered. Safe in a signal handler."""
        self._stopping = True
        self._mail.put(None)

    def run(self, *, poll_seconds: float | None) -> None:
        """Deliver what is due; with `poll_seconds` for ever, looking anew that often; with None until nothing is due.

        A database that fails is told and asked again at the next look (with None: raised). A settlement lost that way
        is repaired by the lease: the filing goes out again, and the platform answers `duplicate`. What else breaks is
        an alarm, and keeps no other platform's letters waiting (with None: raised).
        """
        alone = partial(self._alone, once=poll_seconds is None)
        look = True
        while True:
            try:
                if look and not self._stopping:
                    alone(self._share_out)
                    for line in self._lines:
                        alone(partial(self._send_due, line))
                look = True
                if not self._on_the_wire and (self._stopping or poll_seconds is None):
                    return
                alone(partial(self._settle_next, poll_seconds))
            except DatabaseError as error:
                if poll_seconds is None:
                    raise
                self._tell("database_failed", {"detail": str(error)[:DETAIL_LENGTH]})
                close_old_connections()
                look = False

    def _alone(self, step: Callable[[], None], *, once: bool) -> None:
        """A step whose own fault ends nothing but itself. What it had in hand its lease gives back."""
        try:
            step()
        except DatabaseError:
            raise
        except Exception as error:
            if once:
                raise
            logger.exception("a worker's step broke")
            self._tell("broke", {"detail": repr(error)[:DETAIL_LENGTH]})

    def _share_out(self) -> None:
        if time.monotonic() - self._shared_out < SHARE_OUT_EVERY:
            return
        self._shared_out = time.monotonic()  # also where it breaks
        addressees = [line.addressee for line in self._lines]
        shared = True
        while shared and not self._stopping:
            with turn():
                shared = bool(share_out(addressees=addressees, at=self._clock()))
        self._shared_out = time.monotonic()

    def _send_due(self, line: Line) -> None:
        now = self._clock()
        room = line.breaker.room(lanes=self._pace.lanes, under_way=line.under_way, at=now)
        if not room:
            return
        with turn():
            for taken in claim(
                addressee=line.addressee,
                source=self._source,
                at=now,
                limit=room,
                lease=self._pace.lease,
                probe=self._pace.probe,
            ):
                future = _posted(line.platform, taken)
                self._on_the_wire[future] = (line, taken)
                line.under_way += 1
                future.add_done_callback(self._mail.put)

    def _settle_next(self, poll_seconds: float | None) -> None:
        """Wait for an answer (or the next look, or `stop`); settle it, and what else is answered by then: to look for
        what is due costs as much for many letters as for one."""
        try:
            future = self._mail.get(timeout=poll_seconds)
            while future is not None:
                self._settle(future)
                future = self._mail.get_nowait()
        except Empty:
            return

    def _settle(self, future: Future[Receipt]) -> None:
        line, taken = self._on_the_wire.pop(future)
        line.under_way -= 1
        outcome = _outcome(future)
        now = self._clock()
        self._learn(line, taken, outcome, at=now)
        mortal = not line.breaker.is_open
        with turn():
            what = settle(claim=taken, outcome=outcome, at=now, probe=self._pace.probe, mortal=mortal)
        self._report(taken, outcome, what)

    def _learn(self, line: Line, taken: Claim, outcome: Receipt | NotDelivered, *, at: datetime) -> None:
        """What does this outcome say of the platform as a whole?"""
        if isinstance(outcome, Broken):
            return
        if isinstance(outcome, Receipt) or not is_platforms_own(outcome.http_status):
            if line.breaker.is_open:
                self._tell("breaker_closed", {"platform": line.addressee.code})
            line.breaker.succeeded()
            return
        busy_for = outcome.retry_after if outcome.http_status in BUSY else None
        if line.breaker.failed(taken.letter.lane, at=at, busy_for=busy_for):
            self._tell("breaker_opened", {"platform": line.addressee.code, "detail": outcome.detail})

    def _report(self, taken: Claim, outcome: Receipt | NotDelivered, what: str) -> None:
        facts: dict[str, Any] = {
            "platform": taken.platform,
            "number": taken.letter.number,
            "credit_code": taken.letter.lane,
            "attempt": taken.attempt,
            "http_status": outcome.http_status,
        }
        if isinstance(outcome, Receipt):
            facts |= {"answer": outcome.status, "receipt": outcome.number}
        else:
            facts |= {"detail": outcome.detail}
        if what in ("dead", "refused"):
            logger.error("%s: %s %s", what, taken.platform, taken.letter.number)
        self._tell(what, facts)


def _posted(platform: Platform, taken: Claim) -> "Future[Receipt]":
    """A letter that cannot be posted is its own failure too: those claimed beside it are on their way."""
    try:
        return platform.post(taken.letter)
    except Exception as error:
        failed: Future[Receipt] = Future()
        failed.set_exception(error)
        return failed


def _outcome(future: "Future[Receipt]") -> Receipt | NotDelivered:
    """A bug in sending one letter is that letter's failure: its lane waits, the others go on."""
    try:
        return future.result()
    except NotDelivered as failure:
        return failure
    except Exception as error:
        logger.exception("sending a letter broke")
        return Broken(_("报送程序出错：%s") % repr(error))
