"""Save many rows of a register at once: rows, history, and one entry for each 1,000 history rows.

The only way past `save_as`, for import services. The history rows stand in simple-history's own tables and name the
actor; the entry holds the root of a Merkle tree over them, so that none of them can be altered unseen.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol, TypeVar

from django.db import DataError, IntegrityError, models, transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.bulk import columns, insert_rows, new_ids, update_rows
from audit.intake import Outcome, Refused
from audit.merkle import root
from audit.models import PendingRow
from audit.register import Refusal
from audit.sealing import spelt
from audit.services import entry

logger = logging.getLogger("audit.register")
ROWS_PER_ENTRY = 1_000


def create_in_bulk(rows: Sequence[models.Model], *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Insert new rows of one model, their history and its entries, in the caller's transaction. They get their keys."""
    if not rows:
        return
    model = type(rows[0])
    names = columns(model)
    for row, key in zip(rows, new_ids(model, len(rows)), strict=True):
        row.pk = key
    insert_rows(model, [[getattr(row, name) for name in names] for row in rows])
    _record(model, rows, kind="+", actor=actor, at=at, reason=reason)


def change_in_bulk(rows: Sequence[models.Model], *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Write changed rows of one model, their history and its entries, under the caller's transaction and locks."""
    if not rows:
        return
    model = type(rows[0])
    names = columns(model)
    update_rows(model, [[getattr(row, name) for name in names] for row in rows])
    _record(model, rows, kind="~", actor=actor, at=at, reason=reason)


def _record(model: Any, rows: Sequence[models.Model], *, kind: str, actor: Actor, at: datetime, reason: str) -> None:
    history = model.history.model
    said = {
        "history_date": at,
        "history_type": kind,
        "history_change_reason": reason or None,
        "history_user_id": str(actor),
    }
    key, *others = columns(history)
    told = [name for name in others if name not in said]
    values = [{key: 0, **{name: getattr(row, name) for name in told}, **said} for row in rows]
    append_in_bulk(values, table=history, kind="register_imported", actor=actor, at=at)


def append_in_bulk(
    values: Sequence[dict[str, Any]], *, table: type[models.Model], kind: str, actor: Actor, at: datetime
) -> None:
    """Append rows that nobody will change, given by attribute name, with one entry of this kind for each 1,000."""
    names = columns(table)
    label = table._meta.label_lower
    for start in range(0, len(values), ROWS_PER_ENTRY):
        some = values[start : start + ROWS_PER_ENTRY]
        ids = new_ids(table, len(some))
        for key, each in zip(ids, some, strict=True):
            each[names[0]] = key
        insert_rows(table, [[each[name] for name in names] for each in some])
        entry.record(
            kind=kind,
            subject=f"{label}:{ids[0]}-{ids[-1]}"[:80],
            body={
                "table": label,
                "ids": _ranges(ids),
                "rows": len(ids),
                "columns": names,
                "root": root(spelt(each) for each in some).hex(),
            },
            actor=actor,
            at=at,
        )
        # The entry says it already: these need no further seal.
        PendingRow.objects.filter(table=label, key__in=[str(key) for key in ids]).delete()


def _ranges(ids: Sequence[int]) -> list[list[int]]:
    """Sorted ids as [first, last] pairs; another session's rows may stand between."""
    runs = [list(run) for _gap, run in groupby(enumerate(ids), key=lambda pair: pair[1] - pair[0])]
    return [[run[0][1], run[-1][1]] for run in runs]


class Numbered(Protocol):
    """Something that came from a line of a file."""

    @property
    def line(self) -> int: ...


Line = TypeVar("Line", bound=Numbered)


def row_by_row(rows: Sequence[Line], *, take: Callable[[Sequence[Line]], Outcome]) -> Outcome:
    """Take the rows in one transaction; if the database refuses, each in its own, so that only the bad one is left out.

    An outage (OperationalError) is not a bad row: it goes up.
    """
    try:
        with transaction.atomic():
            return take(rows)
    except (IntegrityError, DataError) as error:
        if len(rows) == 1:
            logger.warning("line %s refused by the database: %s", rows[0].line, error)
            sentence = _("数据库拒绝了这一行：与已有内容冲突或取值越界")
            return Outcome(refused=[Refused(rows[0].line, Refusal(column="", value="", sentence=sentence))])
    whole = Outcome()
    for row in rows:
        whole.add(row_by_row([row], take=take))
    return whole
