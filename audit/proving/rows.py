"""Are the rows of all floors what entries sealed? Each table that `audit/seal_trigger.py` names, from end to end."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import gettext as _

from audit.models import Entry, PendingRow
from audit.proving.chunks import chunks
from audit.proving.discrepancy import Course, Discrepancy
from audit.proving.seals import Seal, Seals
from audit.seal_trigger import sealed_models
from audit.sealing import Spelling, present_names, spelling

_KEYS = 1 << 63


def rows_altered(seals: Seals, course: Course) -> Iterator[Discrepancy]:
    """Rows that differ from what was sealed, or that nothing sealed; then what was sealed and stands nowhere."""
    for model in sealed_models():
        yield from _Table(model, seals, course).altered()
    for table, key, entry in seals.unseen():
        says = _("条目 %(entry)s 说到它，表中却没有") % {"entry": entry}
        yield Discrepancy(name_of(table), key, says)


def name_of(label: str) -> str:
    """The database's name of a table. One that is no longer there is called as entries called it."""
    try:
        return str(apps.get_model(label)._meta.db_table)
    except (LookupError, ValueError):
        return label


def new_rows_altered(seals: Seals, course: Course) -> Iterator[Discrepancy]:
    """The same of those rows alone that the entries read have sealed: others are not looked for."""
    for model in sealed_models():
        yield from _Table(model, seals, course).sealed_altered()


class _Table:
    def __init__(self, model: type[models.Model], seals: Seals, course: Course) -> None:
        self._model: Any = model
        self._seals, self._course = seals, course
        self._name, self._label = model._meta.db_table, model._meta.label_lower
        self._key = self._model._meta.pk
        self._names: dict[Spelling, dict[str, str] | None] = {}

    def altered(self) -> Iterator[Discrepancy]:
        for some in chunks(self._rows(), by=self._key.attname):
            sealed = self._seals.find(self._label, [str(row[self._key.attname]) for row in some])
            queued = self._queued([row for row in some if str(row[self._key.attname]) not in sealed])
            for row in some:
                key = str(row[self._key.attname])
                if key in sealed:
                    yield from self._compared(key, row, sealed[key])
                elif key in queued:
                    self._course.counts["unsealed"] += 1
                elif not self._seals.in_a_range(self._label, row[self._key.attname]):
                    yield Discrepancy(self._name, key, _("没有条目说到它"))
            self._course.went("rows", len(some))

    def sealed_altered(self) -> Iterator[Discrepancy]:
        for keys in self._seals.keys_of(self._label):
            sealed = self._seals.find(self._label, keys)
            wanted = [one for key in keys if (one := self._read(key)) is not None]
            rows = {str(row[self._key.attname]): row for row in self._rows().filter(pk__in=wanted)}
            for key, seal in sealed.items():
                if key in rows:
                    yield from self._compared(key, rows[key], seal)
                else:
                    says = _("条目 %(entry)s 说到它，表中却没有") % {"entry": seal.entry}
                    yield Discrepancy(self._name, key, says)
            self._course.went("rows", len(keys))

    def _read(self, key: str) -> Any:
        """None: no row of this table can have such a key."""
        try:
            one = self._key.to_python(key)
        except ValidationError:
            return None
        return None if str(one) != key or (isinstance(one, int) and abs(one) >= _KEYS) else one

    def _rows(self) -> Any:
        told = dict.fromkeys((self._key.attname, *spelling(self._model).columns))
        return self._model._base_manager.values(*told)

    def _queued(self, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        if not rows:
            return set()
        texts = {self._database_text(row[self._key.attname]): str(row[self._key.attname]) for row in rows}
        waiting = PendingRow.objects.filter(table=self._label, key__in=list(texts)).values_list("key", flat=True)
        return {texts[text] for text in waiting}

    def _database_text(self, key: Any) -> str:
        return str(self._key.get_db_prep_value(key, connection))

    def _compared(self, key: str, row: Mapping[str, Any], seal: Seal) -> Iterator[Discrepancy]:
        said = seal.spelling
        if said not in self._names:
            self._names[said] = present_names(said)
        names = self._names[said]
        if names is None:
            self._course.counts["unprovable"] += 1
            return
        if missing := [new for new in names.values() if new not in row]:
            says = _("表中已没有条目 %(entry)s 所记的列 %(column)s") % {"entry": seal.entry, "column": missing[0]}
            yield Discrepancy(self._name, key, says)
            return
        now = said.hashes({old: row[new] for old, new in names.items()})
        if now == seal.hashes:
            return
        if now[0] == seal.hashes[0] and self._is_wiped(said, row, names):
            self._course.counts["unprovable"] += 1
            return
        yield Discrepancy(self._name, key, _("与条目 %(entry)s 封存的不符") % {"entry": seal.entry})

    def _is_wiped(self, said: Spelling, row: Mapping[str, Any], names: Mapping[str, str]) -> bool:
        """Lawfully: all that may be wiped is, beside a `redacted` entry."""
        if any(row[names[name]] is not None for name in said.wipeable):
            return False
        whole = self._model._base_manager.get(pk=row[self._key.attname])
        return is_redacted(whole)


def is_redacted(row: models.Model) -> bool:
    """Does an entry order that what may be wiped of this row be wiped?"""
    subject = getattr(type(row), "redacted_as", "").format(row)
    return bool(subject) and Entry.objects.filter(kind="redacted", subject=subject).exists()
