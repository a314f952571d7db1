"""Reads of what has changed of an agency's visits since somebody last asked, and of an officer's own visits."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection

from audit.facts import SHANGHAI
from audit.models import VisitFact
from checkins.afterwards import Life, lives
from checkins.cursor import Cursor, Snapshot, full
from checkins.models import Presence, Scan, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """The visits that changed, each once as it stands now; `more`: ask again at once."""

    lives: list[Life]
    cursor: Cursor
    more: bool


def changes_since(cursor: Cursor, *, agency_code: str, most: int) -> Changes:
    """What became known of this agency's visits after this cursor was given. Nine statements.

    Everything that becomes known of a visit is a version of its fact (VisitFact), so these are what is read, in the
    order of their ids; see checkins/cursor.py for those that are committed late.
    """
    rows, now = _versions(cursor, agency_code=agency_code, most=most + 1)
    late = [one for one in rows if one[0] <= cursor.read]
    ahead = [one for one in rows if one[0] > cursor.read]
    given = [*late, *ahead[:most]]
    fresh = [number for row, transaction, number in given if cursor.is_new(row, transaction=transaction)]
    numbers = list(dict.fromkeys(fresh))
    visits = {visit.number: visit for visit in Visit.objects.filter(number__in=numbers)}
    told = lives([visits[number] for number in numbers if number in visits]) if numbers else []
    last = given[-1][0] if ahead else cursor.read
    return Changes(lives=told, cursor=cursor.after(last, now=now), more=len(ahead) > most)


def _versions(cursor: Cursor, *, agency_code: str, most: int) -> tuple[list[tuple[int, int, str]], Snapshot | None]:
    """(id, transaction, visit) of the versions above `settled`: all up to `read`, and the next `most`; and the
    snapshot that shows them. One statement."""
    table = VisitFact._meta.db_table
    if connection.vendor != "postgresql":
        # One writer at a time: ids are committed in their order.
        found = VisitFact.objects.filter(agency_code=agency_code, id__gt=cursor.read).order_by("id")
        return [(row, 0, visit) for row, visit in found.values_list("id", "visit")[:most]], None
    columns = f"SELECT id, xmin::text::bigint AS by, visit FROM {table} WHERE agency_code = %s AND id > %s"  # noqa: S608 (so is the table)
    sql = (
        "SELECT shown.now, found.id, found.by, found.visit FROM (SELECT pg_current_snapshot()::text AS now) shown "  # noqa: S608 (the names are ours)
        f"LEFT JOIN (({columns} AND id <= %s) UNION ALL ({columns} ORDER BY id LIMIT %s)) found ON true "
        "ORDER BY found.id"
    )
    with connection.cursor() as asked:
        asked.execute(sql, [agency_code, cursor.settled, cursor.read, agency_code, cursor.read, most])
        rows: list[tuple[Any, ...]] = asked.fetchall()
    now = Snapshot.of(rows[0][0])
    return [(row, full(by, now=now.next), visit) for _now, row, by, visit in rows if row is not None], now


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
