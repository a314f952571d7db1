"""Reckon with a platform about a day (对账): post what it was owed, keep the difference, deliver the missing again.

The platform has each filing once, and none beside them, exactly if the difference is 0. HTTP happens between two
transactions: `manifest_of` reads, `keep_difference` writes.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.envelope import Envelope, day_bounds, manifest
from audit.facts import SHANGHAI, day_of
from audit.models import Delivery, Endpoint, Manifest
from audit.services.entry import record
from audit.supervision import Answered

RECENT = 7
"""Days that are reckoned until there is no difference, and again where a deed that came late added to them (P)."""
LOOK_BACK = 60
"""Older days, back to the platform's first, are reckoned until there is no difference: a platform may be away or paused
for weeks while its letters wait (P). At most `RECENT` of them a round, beside the recent ones."""
EVERY = timedelta(hours=1)
AFTER_MIDNIGHT = timedelta(minutes=10)
"""A deed dates its filing before it commits: a day is reckoned when its last deeds are through."""
TOGETHER = 500
LISTED = 1_000
"""So many numbers of each are kept: a platform that answers with a million fills no row of ours. All are counted, in
`difference` and in the entry, and what is missing is delivered again whatever its place."""


def may_reconcile(*, code: str, at: datetime) -> bool:
    """Is it time, and ours to do? One worker an hour gets yes. One UPDATE."""
    rows = Endpoint.objects.filter(code=code, paused_at=None)
    return bool(
        rows.filter(reconciled_at=None).update(reconciled_at=at)
        or rows.filter(reconciled_at__lte=at - EVERY).update(reconciled_at=at)
    )


def days_to_reckon(*, code: str, at: datetime) -> list[date]:
    """Which days have no manifest without a difference yet, or have grown since? The oldest first. At most four
    statements."""
    today = day_of(at - AFTER_MIDNIGHT)
    recent = [today - timedelta(days=back) for back in range(RECENT, 0, -1)]
    older = [today - timedelta(days=back) for back in range(LOOK_BACK, RECENT, -1)]
    first = _first_day(code, since=older[0])
    kept = Manifest.objects.filter(platform=code, day__in=[*older, *recent], difference=0).order_by("pk")
    clean = dict(kept.values_list("day", "count"))
    owed = _owed_by_day(code, recent)
    waiting = [day for day in older if first is not None and day >= first and day not in clean]
    return waiting[:RECENT] + [day for day in recent if day not in clean or clean[day] != owed.get(day, 0)]


def _first_day(code: str, *, since: date) -> date | None:
    """The platform's first day that was reckoned, or, before any was, on which it was owed something since then."""
    reckoned = Manifest.objects.filter(platform=code).order_by("day").values_list("day", flat=True).first()
    if reckoned is not None:
        return reckoned
    owed = Delivery.objects.filter(platform=code, filing__created_at__gte=day_bounds(since.isoformat())[0])
    at = owed.order_by("filing__created_at").values_list("filing__created_at", flat=True).first()
    return day_of(at) if at is not None else None


def _owed_by_day(code: str, days: Sequence[date]) -> dict[date, int]:
    begins, ends = day_bounds(days[0].isoformat())[0], day_bounds(days[-1].isoformat())[1]
    some = Delivery.objects.filter(platform=code, filing__created_at__gte=begins, filing__created_at__lt=ends)
    by_day = some.annotate(day=TruncDate("filing__created_at", tzinfo=SHANGHAI)).values("day")
    return dict(by_day.annotate(many=Count("pk")).order_by("day").values_list("day", "many"))


def manifest_of(*, code: str, day: date, source: str, at: datetime) -> Envelope:
    """All that this platform is owed of that day. One statement."""
    first, last = day_bounds(day.isoformat())
    numbers = Delivery.objects.filter(
        platform=code, filing__created_at__gte=first, filing__created_at__lt=last
    ).values_list("filing__number", flat=True)
    return manifest(platform=code, day=day.isoformat(), numbers=numbers, at=at, source=source)


def keep_difference(*, sent: Envelope, answered: Answered, actor: Actor, at: datetime) -> Manifest:
    """Keep what the platform said, and put what it lacks, though it had given a receipt, into the queue again.

    What it lacks and was never delivered is on its way (or dead, and somebody was told); what it has beyond ours is
    only told: it may be all that is left of a day that was lost here.
    """
    code, ids = sent.data["platform"], set(sent.data["ids"])
    missing, surplus = sorted(set(answered.missing) & ids), sorted(set(answered.surplus) - ids)
    with transaction.atomic(durable=True):
        again = sum(_again(code, some, at=at) for some in _lots(missing))
        kept = Manifest.objects.create(
            platform=code,
            day=date.fromisoformat(sent.subject),
            at=at,
            count=sent.data["count"],
            held=answered.held,
            root=sent.data["root"],
            missing=missing[:LISTED],
            surplus=surplus[:LISTED],
            # A platform that holds another number than ours differs, whatever it lists.
            difference=max(len(missing) + len(surplus), abs(answered.held - sent.data["count"])),
            again=again,
            receipt=answered.receipt,
        )
        record(
            kind="manifest",
            subject=f"platform:{code}",
            body={
                "number": sent.number,
                "day": sent.subject,
                "count": kept.count,
                "root": kept.root,
                "held": kept.held,
                "missing": len(missing),
                "surplus": len(surplus),
                "again": again,
                "receipt": kept.receipt,
            },
            actor=actor,
            at=at,
        )
    return kept


def sentence(kept: Manifest) -> str:
    """The reckoning in a line for people."""
    words = {"day": kept.day, "count": kept.count, "held": kept.held, "difference": kept.difference}
    return _("%(day)s：应有 %(count)d 件，平台已有 %(held)d 件，差异 %(difference)d") % words


def _again(code: str, numbers: list[str], *, at: datetime) -> int:
    return Delivery.objects.filter(platform=code, filing__number__in=numbers, status=Delivery.Status.DELIVERED).update(
        status=Delivery.Status.PENDING, failures=0, failing_since=None, next_attempt_at=at, leased_until=None
    )


def _lots(numbers: list[str]) -> Iterable[list[str]]:
    return (numbers[at : at + TOGETHER] for at in range(0, len(numbers), TOGETHER))
