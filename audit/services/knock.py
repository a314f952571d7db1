"""Count knocks at doors that need no log-in (audit/allowance.py says what is counted, and how many are too many)."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import DatabaseError, connections, router
from django.db.models import F

from audit.knocks import MILLISECOND, Knocks, milliseconds
from audit.models import Knock

logger = logging.getLogger("audit.knock")

_COUNT = """
    INSERT INTO {table} (bucket, closes, count) VALUES {rows}
    ON CONFLICT (bucket) DO UPDATE SET
        count = CASE WHEN {table}.closes <= %s THEN 1 ELSE {table}.count + 1 END,
        closes = CASE WHEN {table}.closes <= %s THEN excluded.closes ELSE {table}.closes END
    RETURNING bucket, closes, count"""


def knock(buckets: Mapping[bytes, timedelta], *, at: datetime) -> dict[bytes, Knocks]:
    """One more in each bucket; a bucket without an open window opens one of this length. One statement.

    The statement adds, so that any number of processes count exactly. Empty where the database cannot write: what may
    be seen may be seen, counted or not.
    """
    now = milliseconds(at)
    # In one order for everybody: two statements never wait for each other in a circle.
    values = [(digest, now + window // MILLISECOND) for digest, window in sorted(buckets.items())]
    sql = _COUNT.format(table=Knock._meta.db_table, rows=", ".join(["(%s, %s, 1)"] * len(values)))
    try:
        with connections[router.db_for_write(Knock)].cursor() as cursor:
            cursor.execute(sql, [*(part for value in values for part in value), now, now])
            found = cursor.fetchall()
    except DatabaseError:
        logger.exception("knocks are not counted")
        return {}
    return {
        bytes(digest): Knocks(count=count, closes_in=(closes - now) * MILLISECOND) for digest, closes, count in found
    }


def give_back(buckets: Collection[bytes], *, at: datetime) -> None:
    """One less in each bucket whose window is open. One statement, or none without buckets."""
    if not buckets:
        return
    try:
        Knock.objects.filter(pk__in=sorted(buckets), closes__gt=milliseconds(at), count__gt=0).update(
            count=F("count") - 1
        )
    except DatabaseError:
        logger.exception("knocks are not given back")


def forget_knocks(*, at: datetime) -> int:
    """Delete the buckets whose window has closed; how many were they? One statement."""
    return Knock.objects.filter(closes__lte=milliseconds(at)).delete()[0]
