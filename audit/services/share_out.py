"""Say which platforms each new filing is owed to (分发): a Delivery for each, before anything is sent.

Deeds only append filings, and know no platform. One worker at a time shares them out in the order of their numbers,
so that no later filing of an enterprise is on its way before an earlier one is.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from audit.addressee import Addressee
from audit.envelope import lane_of
from audit.models import Delivery, Endpoint, Filing

LOCK = 0x5251_534D_4F55_5442
"""One at a time in a database (pg_try_advisory_xact_lock): "RQSMOUTB"."""
BATCH = 50
"""Filings in one transaction: on SQLite scans wait for it."""


def introduce(addressees: Sequence[Addressee]) -> None:
    """A row for each platform, under its present name. At most two statements a platform."""
    known = dict(Endpoint.objects.values_list("code", "name"))
    for one in addressees:
        if one.code not in known:
            Endpoint.objects.get_or_create(code=one.code, defaults={"name": one.name})
        elif known[one.code] != one.name:
            Endpoint.objects.filter(code=one.code).update(name=one.name)


def share_out(*, addressees: Sequence[Addressee], at: datetime, limit: int = BATCH) -> int:
    """Share out up to `limit` filings, the oldest first: how many were. 0: none waits, or another worker is at it.

    A filing that no platform wants is nobody's due: it counts as delivered.
    """
    waiting = Filing.objects.filter(owed=None).order_by("pk")
    if not waiting.values("pk")[:1]:
        return 0
    with transaction.atomic(durable=True):
        if not _only_one():
            return 0
        filings = list(waiting[:limit])
        due = {filing.pk: [one for one in addressees if one.wants(filing.event)] for filing in filings}
        Delivery.objects.bulk_create(
            Delivery(filing=filing, platform=one.code, lane=_lane(filing), next_attempt_at=at)
            for filing in filings
            for one in due[filing.pk]
        )
        for owed in {len(some) for some in due.values()}:
            Filing.objects.filter(pk__in=[pk for pk, some in due.items() if len(some) == owed]).update(
                owed=owed, status=Filing.Status.PENDING if owed else Filing.Status.DELIVERED
            )
    return len(filings)


def _lane(filing: Filing) -> str:
    return lane_of(credit_code=filing.credit_code, subject=filing.visit, data=filing.payload)


def _only_one() -> bool:
    """On SQLite the transaction is the one writer's already."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
