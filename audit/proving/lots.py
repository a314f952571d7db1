"""Rows that were appended in bulk, a thousand to an entry that tells their root (audit/services/bulk_register.py)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from audit.bulk import columns
from audit.merkle import root
from audit.models import VisitFact
from audit.proving.discrepancy import Discrepancy
from audit.proving.seals import Seals
from audit.proving.tellings import Tellings
from audit.sealing import Spelling, present_names, spelt

FACTS = VisitFact._meta.label_lower


def is_lot(body: Mapping[str, Any]) -> bool:
    """Does an entry's body tell of a lot?"""
    return {"table", "ids", "rows", "root"} <= body.keys()


def lot_altered(body: Mapping[str, Any], *, entry: str, tellings: Tellings, seals: Seals) -> Iterator[Discrepancy]:
    """Are the rows the ones that went in? Which of them is not, the root cannot tell: the lot is named."""
    model = apps.get_model(body["table"])
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


def _names(model: Any, body: Mapping[str, Any]) -> dict[str, str]:
    """What the columns that went in are called today. Lots of the first days do not say which they were: all."""
    said = Spelling(model._meta.label_lower, tuple(body.get("columns", columns(model))))
    return present_names(said) or {}


def _bytes(row: Any, names: Mapping[str, str]) -> bytes:
    return spelt({old: getattr(row, new, None) for old, new in names.items()})
