"""Bring the outbox to the supervision platform: at least once, each enterprise's filings in their order.

Three steps, and the middle one outside any transaction: claim (a lease on the oldest pending filing of each free
lane), post, settle. A worker that dies leaves a lease that runs out; a worker that comes too late finds that the
filing's `attempts`, which every claim raises, is no longer the one it claimed with, and changes nothing.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from audit.envelope import Envelope
from audit.models import Attempt, Filing
from audit.queries import filings_to_deliver
from audit.supervision import DETAIL_LENGTH, NotDelivered, Platform, Receipt

logger = logging.getLogger("audit.deliver")

# How long a filing rests after its first, second … failure; then always the last (P).
RESTS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600))
# By how much a lease outlives the time that its letter may take on the wire.
LEASE_MARGIN = timedelta(seconds=30)

Tell = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One filing in one worker's hands. `attempt`: which try this is (from 1), and the fence that guards settling."""

    filing_id: int
    attempt: int
    letter: Envelope


def rest_after(attempts: int) -> timedelta:
    """How long does a filing rest after this many tries (from 1) without a receipt?"""
    return RESTS[min(attempts, len(RESTS)) - 1]


def claim(*, at: datetime, limit: int, lease: timedelta, source: str) -> list[Claim]:
    """Take up to `limit` filings that are due, each the oldest pending one of its enterprise, until `at + lease`.

    BEGIN, SELECT, UPDATE (only if there is one), COMMIT. On PostgreSQL rows that another worker is claiming are
    skipped; on SQLite the IMMEDIATE transaction makes claimers take turns.
    """
    with transaction.atomic(durable=True):
        rows = list(filings_to_deliver(at).select_for_update(skip_locked=True, of=("self",))[:limit])
        if rows:
            Filing.objects.filter(pk__in=[row.pk for row in rows]).update(
                attempts=F("attempts") + 1, leased_until=at + lease
            )
    return [
        Claim(
            filing_id=row.pk,
            attempt=row.attempts + 1,
            letter=Envelope(
                number=row.number,
                event=row.event,
                lane=row.credit_code,
                subject=row.visit,
                time=row.created_at,
                data=row.payload,
                sequence=row.pk,
                source=source,
            ),
        )
        for row in rows
    ]


def settle(*, claim: Claim, outcome: Receipt | NotDelivered, at: datetime) -> bool:
    """Record what came of a claim: BEGIN, UPDATE of the filing, INSERT of the Attempt, COMMIT.

    False if the lease had run out and somebody else took the filing up: then the try is recorded, the filing is theirs.
    """
    ok = isinstance(outcome, Receipt)
    changes: dict[str, Any] = {"leased_until": None}
    if isinstance(outcome, Receipt):
        changes |= {"status": Filing.Status.DELIVERED, "delivered_at": at, "platform_receipt": outcome.number}
        detail = outcome.status
    else:
        changes |= {"next_attempt_at": at + rest_after(claim.attempt)}
        detail = outcome.detail
    with transaction.atomic(durable=True):
        mine = Filing.objects.filter(pk=claim.filing_id, attempts=claim.attempt, status=Filing.Status.PENDING).update(
            **changes
        )
        if not mine:
            detail = (_("租约已过期，由他人接手；") + detail)[:DETAIL_LENGTH]
        Attempt.objects.create(filing_id=claim.filing_id, at=at, ok=ok, http_status=outcome.http_status, detail=detail)
    return bool(mine)


class Delivery:
    """One worker's rounds. `lanes`: how many enterprises' letters are on the wire at once. `tell` hears each event.

    The database is used by the thread that calls `run` alone.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        source: str,
        clock: Callable[[], datetime],
        lease: timedelta,
        lanes: int,
        tell: Tell,
    ) -> None:
        self._platform = platform
        self._source = source
        self._clock = clock
        self._lease = lease
        self._lanes = lanes
        self._tell = tell
        self._on_the_wire: dict[Future[Receipt], Claim] = {}
        # SimpleQueue.put may be called from a signal handler, which an Event's set may not.
        self._mail: SimpleQueue[Future[Receipt] | None] = SimpleQueue()
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; `run` returns when all letters on the wire are answered. Safe in a signal handler."""
        self._stopping = True
        self._mail.put(None)

    def run(self, *, poll_seconds: float | None) -> None:
        """Deliver what is due; with `poll_seconds` for ever, looking anew that often; with None until nothing is due.

        A database that fails is told and asked again at the next look (with None: raised). A settlement lost that way
        is repaired by the lease: the filing goes out again, and the platform answers `duplicate`.
        """
        look = True
        while True:
            try:
                if look:
                    self._send_due()
                look = True
                if not self._on_the_wire and (self._stopping or poll_seconds is None):
                    return
                self._settle_next(poll_seconds)
            except DatabaseError as error:
                if poll_seconds is None:
                    raise
                self._tell("database_failed", {"detail": str(error)[:DETAIL_LENGTH]})
                close_old_connections()
                look = False

    def _send_due(self) -> None:
        free = self._lanes - len(self._on_the_wire)
        if self._stopping or not free:
            return
        for taken in claim(at=self._clock(), limit=free, lease=self._lease, source=self._source):
            future = self._platform.post(taken.letter)
            self._on_the_wire[future] = taken
            future.add_done_callback(self._mail.put)

    def _settle_next(self, poll_seconds: float | None) -> None:
        """Wait for an answer (or the next look, or `stop`) and settle it."""
        try:
            future = self._mail.get(timeout=poll_seconds)
        except Empty:
            return
        if future is None:
            return
        taken = self._on_the_wire.pop(future)
        outcome = _outcome(future)
        mine = settle(claim=taken, outcome=outcome, at=self._clock())
        self._report(taken, outcome, mine)

    def _report(self, taken: Claim, outcome: Receipt | NotDelivered, mine: bool) -> None:
        facts: dict[str, Any] = {
            "number": taken.letter.number,
            "credit_code": taken.letter.lane,
            "attempt": taken.attempt,
            "http_status": outcome.http_status,
        }
        if isinstance(outcome, Receipt):
            self._tell(
                "delivered" if mine else "delivered_late", facts | {"answer": outcome.status, "receipt": outcome.number}
            )
        else:
            self._tell("failed" if mine else "failed_late", facts | {"detail": outcome.detail})


def _outcome(future: "Future[Receipt]") -> Receipt | NotDelivered:
    """A bug in sending one letter is that letter's failure: its lane waits, the others go on."""
    try:
        return future.result()
    except NotDelivered as failure:
        return failure
    except Exception as error:
        logger.exception("sending a letter broke")
        return NotDelivered(_("报送程序出错：%s") % repr(error))
