"""How a row is spelt when the record seals it (封存): what a lot of rows says, and whether a row still says it.

A lot names its columns. A column that a later migration adds is not among those of older lots, so their hashes stay
what they were; for one that was renamed the model says `formerly = {"old": "new"}`, for one that was dropped
`{"old": None}`. A column of bytes is told by its SHA-256.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from audit.bulk import columns
from audit.canonical import spell, utc_text

FORM = 1
KIND = "rows-sealed"
UNCHANGED = frozenset({str, int, bool, type(None), list})


@dataclass(frozen=True, slots=True)
class Spelling:
    """Which columns of a table a lot tells, by attribute name. `wipeable`: those that the law may order wiped; they
    have a hash of their own, so that the others are proved for ever."""

    table: str
    columns: tuple[str, ...]
    wipeable: tuple[str, ...] = ()

    @property
    def model(self) -> type[models.Model]:
        """Raises LookupError where there is no such table any more."""
        return apps.get_model(self.table)

    def hashes(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Of a row: of what stays, and of what may be wiped where there is such."""
        kept = {name: values[name] for name in self.columns if name not in self.wipeable}
        parts = [kept] if not self.wipeable else [kept, {name: values[name] for name in self.wipeable}]
        return tuple(b64encode(hashlib.sha256(spelt(part)).digest()).decode().rstrip("=") for part in parts)


def spelling(model: type[models.Model]) -> Spelling:
    """How this table's rows are sealed today."""
    told: Sequence[str] = getattr(model, "proven", None) or columns(model)
    return Spelling(model._meta.label_lower, tuple(told), tuple(getattr(model, "wipeable", ())))


def present_names(said: Spelling) -> dict[str, str] | None:
    """What the columns that a lot names are called today. None: one of them was dropped, by the model's own word."""
    formerly: Mapping[str, str | None] = getattr(said.model, "formerly", {})
    names = {name: formerly.get(name, name) for name in said.columns}
    return None if None in names.values() else {old: new for old, new in names.items() if new is not None}


def spelt(values: Mapping[str, Any]) -> bytes:
    """Columns by attribute name, in the canonical form of audit/canonical.py."""
    return spell({name: _text(value) for name, value in values.items()}).encode()


def row_bytes(row: models.Model) -> bytes:
    """All columns of a row as the database holds it; the leaf of a row that was appended in bulk."""
    return spelt({name: getattr(row, name) for name in columns(type(row))})


def _text(value: Any) -> Any:
    """Floats, days, moments, UUIDs and bytes as text, the same on both databases."""
    if type(value) in UNCHANGED:
        return value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview | bytearray):
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
    return value
