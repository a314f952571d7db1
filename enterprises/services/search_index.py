"""Keep the side tables by which enterprises are found: what their names are made of, and where their places are.

Nothing here is a fact: a command builds it anew at any time (manage.py reindex_enterprises). Names only come to be, so
keys are only added; a place that moves takes its spot along. A subject that was merged leaves the index altogether.
"""

from collections.abc import Iterable, Sequence

from django.db import connections, router, transaction

from audit.geo import to_wgs84
from enterprises.grid import cell
from enterprises.models import Enterprise, NameKey, Premises, Spot
from enterprises.search import keys

_POSTGRESQL = {
    "keys": "INSERT INTO enterprises_namekey (key, enterprise_id)"
    " SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING",
    "spots": "INSERT INTO enterprises_spot (premises_id, enterprise_id, cell, longitude, latitude)"
    " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[])",
}
_SQLITE = {
    "keys": "INSERT INTO enterprises_namekey (key, enterprise_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
    "spots": "INSERT INTO enterprises_spot (premises_id, enterprise_id, cell, longitude, latitude)"
    " VALUES (%s, %s, %s, %s, %s)",
}
_MOVED = (
    " ON CONFLICT (premises_id) DO UPDATE SET enterprise_id = excluded.enterprise_id, cell = excluded.cell,"
    " longitude = excluded.longitude, latitude = excluded.latitude"
)


def keep_names(enterprises: Iterable[Enterprise]) -> None:
    """Add what is missing of these enterprises' keys, in the transaction that saves them."""
    _write("keys", _keys_of(enterprises))


def keep_new_names(enterprises: Iterable[Enterprise]) -> None:
    """The keys of enterprises that come to be in this transaction, and so have none yet: COPY on PostgreSQL.

    Looking for conflicts that cannot be cost an import a fifth of its time (bench/registry.py).
    """
    rows = _keys_of(enterprises)
    connection = connections[router.db_for_write(NameKey)]
    if connection.vendor != "postgresql":
        _write("keys", rows)
        return
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy("COPY enterprises_namekey (key, enterprise_id) FROM STDIN") as copy,
    ):
        copy.write("".join(f"{key}\t{enterprise}\n" for key, enterprise in rows))


def _keys_of(enterprises: Iterable[Enterprise]) -> list[tuple[int, int]]:
    return sorted(
        (key, enterprise.pk) for enterprise in enterprises for key in keys([enterprise.name, *enterprise.former_names])
    )


def keep_spots(places: Sequence[Premises]) -> None:
    """Write where these places are now, in the transaction that saves them. A place without a position has no spot."""
    lost = [place.pk for place in places if place.longitude is None or place.latitude is None]
    if lost:
        Spot.objects.filter(pk__in=lost).delete()
    rows = []
    for place in places:
        if place.longitude is not None and place.latitude is not None:
            longitude, latitude = to_wgs84(longitude=place.longitude, latitude=place.latitude, datum=place.datum)
            where = cell(longitude=longitude, latitude=latitude)
            rows.append((place.pk, place.enterprise_id, where, longitude, latitude))
    _write("spots", rows, _MOVED)


def forget(enterprise: Enterprise) -> None:
    """Take this enterprise out of the index, in the transaction that says why. Its row stays.

    By its keys, because no index leads from an enterprise to them.
    """
    named = keys([enterprise.name, *enterprise.former_names])
    NameKey.objects.filter(enterprise=enterprise, key__in=named).delete()
    Spot.objects.filter(enterprise=enterprise).delete()


def empty_index() -> None:
    """Forget all of it, before it is built anew."""
    with transaction.atomic():
        NameKey.objects.all().delete()
        Spot.objects.all().delete()


def _write(what: str, rows: Sequence[tuple[float, ...]], ending: str = "") -> None:
    if not rows:
        return
    connection = connections[router.db_for_write(NameKey)]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the index belongs inside the transaction that saves the row")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL[what] + ending, [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(_SQLITE[what] + ending, rows)
