"""Take letters out of the outbox, and settle what came of them: at least once, each lane in its order.

Three steps, and the middle one outside any transaction: claim (a lease on the oldest pending filing of each free
lane), post, settle. A worker that dies leaves a lease that runs out; a worker that comes too late finds that
`attempts`, which every claim raises, is no longer the one it claimed with, and changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.addressee import Addressee
from audit.envelope import Envelope
from audit.models import Attempt, Delivery, Endpoint, Filing
from audit.patience import REFUSALS, is_given_up, rest_after
from audit.queries import deliveries_due
from audit.services.entry import record
from audit.supervision import DETAIL_LENGTH, NotDelivered, Receipt

# By how much a lease outlives the time that its letter may take on the wire.
LEASE_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One letter in one worker's hands. `attempt`: which try this is (from 1), and the fence that guards settling.

    `probes`: it asks whether the platform is still paused. `again`: it was delivered before, and is brought once more.
    """

    delivery_id: int
    filing_id: int
    platform: str
    attempt: int
    failures: int
    failing_since: datetime | None
    probes: bool
    again: bool
    letter: Envelope


def claim(
    *, addressee: Addressee, source: str, at: datetime, limit: int, lease: timedelta, probe: timedelta
) -> list[Claim]:
    """Take up to `limit` letters that are due at this platform, each the oldest pending one of its lane.

    BEGIN, SELECT, UPDATE (only if there is one), COMMIT. On PostgreSQL rows that another worker is claiming are
    skipped; on SQLite the IMMEDIATE transaction makes claimers take turns. While the platform is paused one letter
    asks every `probe`, of whichever worker.
    """
    with transaction.atomic(durable=True):
        due = deliveries_due(addressee.code, at=at).select_for_update(skip_locked=True, of=("self",))
        rows: list[Any] = list(due[:limit])
        if rows and rows[0].paused:
            rows = rows[:1] if _may_probe(addressee.code, at=at, probe=probe) else []
        if rows:
            Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
                attempts=F("attempts") + 1, leased_until=at + lease
            )
    return [
        Claim(
            delivery_id=row.pk,
            filing_id=row.filing_id,
            platform=addressee.code,
            attempt=row.attempts + 1,
            failures=row.failures,
            failing_since=row.failing_since,
            probes=row.paused,
            again=row.delivered_at is not None,
            letter=_letter(row, addressee=addressee, source=source),
        )
        for row in rows
    ]


def settle(
    *, claim: Claim, outcome: Receipt | NotDelivered, at: datetime, probe: timedelta, mortal: bool = True
) -> str:
    """Record what came of a claim: `delivered`, `failed`, `dead` or `refused` (the platform is paused); with `_late`
    if the lease had run out and somebody else took the letter up: then the try is recorded, the letter is theirs.

    BEGIN, UPDATE of the delivery, UPDATE of the filing (once delivered) or of those behind it (once failed), INSERT of
    the Attempt, COMMIT. `mortal`: may the letter be given up? Not for an outage of the whole platform.
    """
    what, changes = _verdict(claim, outcome, at=at, mortal=mortal)
    detail = outcome.status if isinstance(outcome, Receipt) else outcome.detail
    with transaction.atomic(durable=True):
        mine = Delivery.objects.filter(
            pk=claim.delivery_id, attempts=claim.attempt, status=Delivery.Status.PENDING
        ).update(leased_until=None, **changes)
        if not mine:
            detail = (_("租约已过期，由他人接手；") + detail)[:DETAIL_LENGTH]
        elif what == "delivered" and not claim.again:
            # Counted down in the row itself: two platforms' receipts may come at the same moment.
            Filing.objects.filter(pk=claim.filing_id).update(
                owed=F("owed") - 1,
                status=Case(When(owed__lte=1, then=Value(Filing.Status.DELIVERED)), default=F("status")),
            )
        elif what == "failed":
            _rest_behind(claim, until=changes["next_attempt_at"])
        Attempt.objects.create(
            filing_id=claim.filing_id,
            platform=claim.platform,
            at=at,
            ok=isinstance(outcome, Receipt),
            http_status=outcome.http_status,
            detail=detail,
        )
        if isinstance(outcome, NotDelivered) and what == "refused":
            _pause(claim.platform, reason=outcome.detail, at=at, probe=probe)
        elif claim.probes and isinstance(outcome, Receipt):
            resume_endpoint(code=claim.platform, reason="平台已恢复接收", actor=Actor.command("work"), at=at)
    return what if mine else f"{what}_late"


def resume_endpoint(*, code: str, reason: str, actor: Actor, at: datetime) -> bool:
    """A paused platform is sent to again. Part of a deed. False: it was not paused."""
    resumed = Endpoint.objects.filter(code=code, paused_at__isnull=False).update(
        paused_at=None, reason="", probe_at=None
    )
    if resumed:
        record(kind="platform-resumed", subject=f"platform:{code}", body={"reason": reason}, actor=actor, at=at)
    return bool(resumed)


def _verdict(
    claim: Claim, outcome: Receipt | NotDelivered, *, at: datetime, mortal: bool
) -> tuple[str, dict[str, Any]]:
    if isinstance(outcome, Receipt):
        told: dict[str, Any] = {"status": Delivery.Status.DELIVERED, "receipt": outcome.number}
        return "delivered", told if claim.again else told | {"delivered_at": at}
    if outcome.http_status in REFUSALS:
        return "refused", {"next_attempt_at": at}
    since = claim.failing_since or at
    changes: dict[str, Any] = {"failures": claim.failures + 1, "failing_since": since}
    if mortal and is_given_up(failing_since=since, at=at):
        return "dead", changes | {"status": Delivery.Status.DEAD}
    rest = rest_after(claim.failures + 1, number=claim.letter.number)
    return "failed", changes | {"next_attempt_at": at + max(rest, outcome.retry_after or timedelta())}


def _rest_behind(claim: Claim, *, until: datetime) -> None:
    """The letters behind one that rests rest with it: else each look for what is due would read all of them first."""
    behind = Delivery.objects.filter(
        platform=claim.platform, lane=claim.letter.lane, status=Delivery.Status.PENDING, filing__gt=claim.filing_id
    )
    behind.filter(next_attempt_at__lt=until).update(next_attempt_at=until)


def _pause(code: str, *, reason: str, at: datetime, probe: timedelta) -> None:
    """The first refusal pauses; those of letters that were under way beside it change nothing."""
    paused = Endpoint.objects.filter(code=code, paused_at=None).update(paused_at=at, reason=reason, probe_at=at + probe)
    if paused:
        record(
            kind="platform-paused",
            subject=f"platform:{code}",
            body={"reason": reason},
            actor=Actor.command("work"),
            at=at,
        )


def _may_probe(code: str, *, at: datetime, probe: timedelta) -> bool:
    return bool(Endpoint.objects.filter(code=code, probe_at__lte=at).update(probe_at=at + probe))


def _letter(row: Delivery, *, addressee: Addressee, source: str) -> Envelope:
    return Envelope(
        number=row.filing.number,
        event=row.filing.event,
        lane=row.lane,
        subject=row.filing.visit,
        time=row.filing.created_at,
        data=addressee.mapped(row.filing.payload),
        sequence=row.filing.pk,
        source=source,
    )
