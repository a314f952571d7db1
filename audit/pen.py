"""The pen that a deed about many things writes with: rows are collected, and go into each table at once.

A deed about one thing writes as it decides and has no pen (`pen=None`). With one, the very same deciding code hands
its rows over, and the deed flushes before anything is decided on that would have to read them.
"""

from datetime import datetime
from typing import Any

from django.db import models, transaction

from audit.actor import Actor
from audit.bulk import new_ids

LOT = 64
"""Keys that are drawn at once."""


class Pen:
    """Collects rows that are only ever added. One INSERT a table at each `flush`, in the order of first use."""

    def __init__(self) -> None:
        self._rows: dict[type[models.Model], list[models.Model]] = {}
        self._keys: dict[type[models.Model], list[int]] = {}
        self._drawn: dict[type[models.Model], int] = {}

    def take(self, row: models.Model) -> None:
        """Write this row at the next flush."""
        self._rows.setdefault(type(row), []).append(row)

    def take_keyed(self, row: models.Model) -> None:
        """The same for a row that others name: its key is drawn now."""
        row.pk = self._key(type(row))
        self.take(row)

    def take_tracked(self, row: models.Model, *, actor: Actor, at: datetime, reason: str) -> None:
        """The same for a new row with history: its first version goes beside it, as `audit.history.save_as` does."""
        self.take_keyed(row)
        tagged: Any = row
        tagged._history_user, tagged._history_date, tagged._change_reason = actor, at, reason or None

    def flush(self) -> None:
        """Write what was collected. Raises TransactionManagementError outside a transaction."""
        if not transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("a pen writes inside a deed's transaction")
        collected, self._rows = self._rows, {}
        for model, rows in collected.items():
            model._base_manager.bulk_create(rows)
            tracked: Any = model
            if hasattr(model, "history"):
                tracked.history.bulk_history_create(rows)

    def _key(self, model: type[models.Model]) -> int:
        keys = self._keys.setdefault(model, [])
        if not keys:
            drawn = new_ids(model, LOT)
            # SQLite tells the last key that a row has; those that were drawn and not flushed yet come before ours.
            past = max(0, self._drawn.get(model, 0) + 1 - drawn[0])
            keys.extend(key + past for key in reversed(drawn))
            self._drawn[model] = keys[0]
        return keys.pop()
