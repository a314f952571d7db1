"""Rows that were appended in bulk, a thousand to an entry that tells their root (audit/services/bulk_register.py)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from audit.bulk import columns
from audit.merkle import root
from audit.models import Entry, VisitFact
from audit.proving.discrepancy import Discrepancy
from audit.proving.seals import Seals
from audit.proving.tellings import Tellings
from audit.sealing import Spelling, present_names, spelt
from audit.services.bulk_register import ROWS_PER_ENTRY

FACTS = VisitFact._meta.label_lower
_KEYS = 1 << 63


LOT_KINDS = frozenset({"register_imported", "visits_imported", "documents_taken_in", "plans_imported"})
"""Of the entries that tell of lots. Another's body may hold the same words: they are somebody's, and tell of none."""


def lot_altered(body: Mapping[str, Any], *, entry: str, tellings: Tellings, seals: Seals) -> Iterator[Discrepancy]:
    """Are the rows the ones that went in? Which of them is not, the root cannot tell: the lot is named.

    One that cannot be read is itself a discrepancy, and its rows are told of by no entry.
    """
    model = _model_of(body)
    if model is None:
        yield Discrepancy(Entry._meta.db_table, entry, _("其中的批次无法读出"))
        return
    rows = [
        row
        for first, last in body["ids"]
        for row in model._base_manager.filter(pk__gte=first, pk__lte=last).order_by("pk")
    ]
    for first, last in body["ids"]:
        seals.take_range(model._meta.label_lower, first, last)
        if model._meta.label_lower == FACTS:
            tellings.tell_lot(first, last)
    names = _names(model, body)
    keys = ", ".join(f"{first}…{last}" for first, last in body["ids"])
    told = {"entry": entry, "rows": body["rows"]}
    if len(rows) != body["rows"]:
        says = _("条目 %(entry)s 记有 %(rows)s 行，现有 %(found)s 行") % {**told, "found": len(rows)}
        yield Discrepancy(model._meta.db_table, keys, says)
    elif root(_bytes(row, names) for row in rows).hex() != body["root"]:
        yield Discrepancy(model._meta.db_table, keys, _("这 %(rows)s 行中有与条目 %(entry)s 不符的") % told)


def _model_of(body: Mapping[str, Any]) -> Any:
    """The table of a lot that can be read; None for any other.

    Its ranges hold so many keys as it tells rows: one that says "all" would hide whatever was inserted.
    """
    table, ranges, count, names = (body.get(word) for word in ("table", "ids", "rows", "columns"))
    if not isinstance(table, str) or not isinstance(count, int) or not isinstance(body.get("root"), str):
        return None
    if not isinstance(ranges, list) or not all(_is_range(one) for one in ranges):
        return None
    if sum(last - first + 1 for first, last in ranges) != count or not 0 < count <= ROWS_PER_ENTRY:
        return None
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        return None
    try:
        return apps.get_model(table)
    except (LookupError, ValueError):
        return None


def _is_range(one: Any) -> bool:
    return (
        isinstance(one, list)
        and len(one) == 2
        and all(type(key) is int for key in one)
        and 0 < one[0] <= one[1] < _KEYS
    )


def _names(model: Any, body: Mapping[str, Any]) -> dict[str, str]:
    """What the columns that went in are called today. Lots of the first days do not say which they were: all."""
    said = Spelling(model._meta.label_lower, tuple(body.get("columns", columns(model))))
    return present_names(said) or {}


def _bytes(row: Any, names: Mapping[str, str]) -> bytes:
    return spelt({old: getattr(row, new, None) for old, new in names.items()})
