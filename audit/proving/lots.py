"""Rows that were appended in bulk, a thousand to an entry that tells their root (audit/services/bulk_register.py)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from audit.merkle import root
from audit.models import VisitFact
from audit.proving.discrepancy import Discrepancy
from audit.proving.tellings import Tellings
from audit.services.bulk_register import row_bytes

FACTS = VisitFact._meta.label_lower


def is_lot(body: Mapping[str, Any]) -> bool:
    """Does an entry's body tell of a lot?"""
    return {"table", "ids", "rows", "root"} <= body.keys()


def lot_altered(body: Mapping[str, Any], *, entry: str, tellings: Tellings) -> Iterator[Discrepancy]:
    """Are the rows the ones that went in? Which of them is not, the root cannot tell: the lot is named."""
    model = apps.get_model(body["table"])
    rows = [
        row
        for first, last in body["ids"]
        for row in model._base_manager.filter(pk__gte=first, pk__lte=last).order_by("pk")
    ]
    if model._meta.label_lower == FACTS:
        for first, last in body["ids"]:
            tellings.tell_lot(first, last)
    keys = ", ".join(f"{first}…{last}" for first, last in body["ids"])
    told = {"entry": entry, "rows": body["rows"]}
    if len(rows) != body["rows"]:
        says = _("条目 %(entry)s 记有 %(rows)s 行，现有 %(found)s 行") % {**told, "found": len(rows)}
        yield Discrepancy(model._meta.db_table, keys, says)
    elif root(row_bytes(row) for row in rows).hex() != body["root"]:
        yield Discrepancy(model._meta.db_table, keys, _("这 %(rows)s 行中有与条目 %(entry)s 不符的") % told)
