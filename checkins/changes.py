"""Reads of what has changed of an agency's visits since somebody last asked, and of an officer's own visits."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection

from audit.facts import SHANGHAI
from audit.models import VisitFact
from checkins.afterwards import Life, lives
from checkins.cursor import LIMIT, Cursor, Mark, Snapshot
from checkins.models import Presence, Scan, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """The visits that changed, each once as it stands now; `more`: ask again at once."""

    lives: list[Life]
    cursor: Cursor
    more: bool


def changes_since(cursor: Cursor, *, agency_code: str, most: int) -> Changes:
    """What became known of this agency's visits after this cursor was given. Nine statements.

    Everything that becomes known of a visit is a version of its fact (VisitFact), so these are what is read; in which
    order, and what of those that are committed late, says checkins/cursor.py. To a cursor of a database that has been
    put back since, everything is new: its numbers may mean other rows by now.
    """
    rows, now = _versions(cursor, agency_code=agency_code, most=most + 1)
    if cursor.is_ahead_of(now):
        cursor = Cursor()
        rows, now = _versions(cursor, agency_code=agency_code, most=most + 1)
    fresh = [(mark, number) for mark, number in rows if cursor.is_new(mark)]
    late = [(mark, number) for mark, number in fresh if mark <= cursor.mark]
    ahead = fresh[len(late) :]
    given = [*late, *ahead[:most]]
    numbers = list(dict.fromkeys(number for _mark, number in given))
    visits = {visit.number: visit for visit in Visit.objects.filter(number__in=numbers)}
    told = lives([visits[number] for number in numbers if number in visits]) if numbers else []
    last = given[-1][0] if ahead else cursor.mark
    return Changes(lives=told, cursor=cursor.after(last, now=now), more=len(ahead) > most)


_COLUMNS = f'SELECT "transaction", id, visit FROM {VisitFact._meta.db_table} WHERE agency_code = %s'  # noqa: S608 (ours)
_AHEAD = f'{_COLUMNS} AND ("transaction", id) > (%s, %s) ORDER BY "transaction", id LIMIT %s'
# By what ran when the cursor was made; and by what began since, whose numbers only a restored backup's can exceed.
_LATE = (
    f'({_COLUMNS} AND "transaction" = ANY(%s) AND ("transaction", id) <= (%s, %s)) UNION ALL '
    f'({_COLUMNS} AND "transaction" >= %s AND ("transaction", id) <= (%s, %s)'
    ' AND "transaction" < pg_snapshot_xmax(pg_current_snapshot())::text::bigint)'
)


def _versions(cursor: Cursor, *, agency_code: str, most: int) -> tuple[list[tuple[Mark, str]], Snapshot | None]:
    """Mark and visit of the versions that may have been committed late, and of the next `most`, in their order; and
    the snapshot that shows them. One statement, answered by the index (agency, transaction, id)."""
    here = [cursor.mark.transaction, cursor.mark.row]
    with connection.cursor() as asked:
        if connection.vendor != "postgresql":
            # One writer at a time: ids are committed in their order.
            asked.execute(_AHEAD, [agency_code, *here, most])
            return [_version(*found) for found in asked.fetchall()], None
        then = cursor.then or Snapshot(next=LIMIT - 1)
        asked.execute(
            "SELECT shown.now, found.transaction, found.id, found.visit "  # noqa: S608 (the names are ours)
            "FROM (SELECT pg_current_snapshot()::text AS now) shown "
            f"LEFT JOIN ({_LATE} UNION ALL ({_AHEAD})) found ON true ORDER BY found.transaction, found.id",
            [agency_code, sorted(then.running), *here, agency_code, then.next, *here, agency_code, *here, most],
        )
        rows: list[tuple[Any, ...]] = asked.fetchall()
    return [_version(*found) for _now, *found in rows if found[0] is not None], Snapshot.of(rows[0][0])


def _version(transaction: int, row: int, visit: str) -> tuple[Mark, str]:
    return Mark(transaction=transaction, row=row), visit


def own_visits(
    *, officer_id: int, agency_code: str, since: date | None, until: date | None, before: int | None, most: int
) -> list[Life]:
    """The visits in which this officer has scanned, or confirmed having been, for this agency, the latest made first.
    Eight statements.

    `since` and `until`: Asia/Shanghai days of the on-site start, both inclusive. `before`: of the rows made before
    this one, so that a list that is read on stays the same list.
    """
    scanned = Scan.objects.filter(officer=officer_id).values("pk")
    confirmed = Presence.objects.filter(officer=officer_id).values("scan")
    # A union and no OR: each side has its index.
    mine = scanned.union(confirmed)
    found = Visit.objects.filter(resolutions__scan__in=mine, agency__code=agency_code).distinct()
    if since:
        found = found.filter(started_at__gte=_midnight(since))
    if until:
        found = found.filter(started_at__lt=_midnight(until) + timedelta(days=1))
    if before is not None:
        found = found.filter(pk__lt=before)
    return lives(list(found.order_by("-pk")[:most]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def told_at(credit_code: str, *, most: int) -> list[Life]:
    """The enterprise's latest visits with what came of them, for its own page; those that were taken back are not."""
    standing = Visit.objects.filter(credit_code=credit_code, status=Visit.Status.OPEN)
    return lives(list(standing.order_by("-started_at", "-pk")[:most]))
