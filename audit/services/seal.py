"""Seal rows (封存): one entry says of up to some hundred new rows what stood in them, whatever deed wrote them.

Deeds only queue their rows (a database trigger does). So each row is in the tree a moment after its deed; what a deed
itself tells of visits stands in its own entry at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from audit.actor import Actor
from audit.models import PendingRow
from audit.seal_trigger import sealed_models
from audit.sealing import FORM, KIND, spelling
from audit.services.entry import record

BATCH = 500


def seal(*, actor: Actor, at: datetime, limit: int = BATCH) -> int:
    """Take up to `limit` queued rows, the oldest first, into one entry. How many; 0: nothing queued, or another is at
    it. The rows do not change, so they are read before the transaction, which is short."""
    models = {model._meta.label_lower: model for model in sealed_models()}
    # Tables that only a newer version knows are left to its worker.
    known = PendingRow.objects.filter(table__in=models)
    queued = list(known.order_by("pk").values_list("pk", "table", "key")[:limit])
    if not queued:
        return 0
    lots = _lots(queued, models)
    keys = [pk for pk, _table, _key in queued]
    with transaction.atomic():
        if _locked(keys) != len(keys):
            return 0
        record(
            kind=KIND,
            subject=f"rows:{keys[0]}-{keys[-1]}",
            body={"form": FORM, "lots": lots},
            actor=actor,
            at=at,
        )
        PendingRow.objects.filter(pk__in=keys).delete()
    return len(queued)


def _lots(queued: Sequence[tuple[int, str, str]], models: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A lot for each table: its columns, and each row's key and hashes. `gone`: queued, and no longer there."""
    lots = []
    for table, some in groupby(sorted(queued, key=lambda one: one[1]), key=lambda one: one[1]):
        model = models[table]
        said, key = spelling(model), model._meta.pk
        wanted = [key.to_python(text) for _pk, _table, text in some]
        rows = {row[key.attname]: row for row in _values(model, said.columns, wanted)}
        lot = {
            "table": table,
            "columns": list(said.columns),
            "rows": [[str(one), *said.hashes(rows[one])] for one in wanted if one in rows],
        }
        if said.wipeable:
            lot["wipeable"] = list(said.wipeable)
        if gone := [str(one) for one in wanted if one not in rows]:
            lot["gone"] = gone
        lots.append(lot)
    return lots


def _values(model: Any, columns: Sequence[str], keys: Sequence[Any]) -> Sequence[dict[str, Any]]:
    names = dict.fromkeys((model._meta.pk.attname, *columns))
    return list(model._base_manager.filter(pk__in=keys).values(*names))


def _locked(keys: Sequence[int]) -> int:
    """On SQLite the transaction is the one writer's already."""
    rows = PendingRow.objects.filter(pk__in=keys)
    if connection.vendor == "postgresql":
        return len(rows.select_for_update(skip_locked=True).values_list("pk"))
    return rows.count()
