"""Is each row of a register what its newest history row says?"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from audit.proving.chunks import chunks
from audit.proving.discrepancy import Course, Discrepancy


def registers_altered(course: Course) -> Iterator[Discrepancy]:
    """Rows that differ from it, rows without any, and histories whose row is gone without a word."""
    for model in apps.get_models():
        if hasattr(model, "history") and not hasattr(model, "instance_type"):
            yield from _rows(model, course)
            yield from _gone(model)


def _rows(model: Any, course: Course) -> Iterator[Discrepancy]:
    history, key, table = model.history.model, model._meta.pk.attname, model._meta.db_table
    told = {field.attname for field in history._meta.concrete_fields}
    names = [field.attname for field in model._meta.concrete_fields if field.attname in told]
    for some in chunks(model._base_manager.values(*names), by=key):
        newest = _newest(history, key, names, [row[key] for row in some])
        for row in some:
            said = newest.get(row[key])
            if said is None:
                yield Discrepancy(table, str(row[key]), _("没有变更记录说到它"))
                continue
            for name in names:
                if row[name] != said[name]:
                    what = {"column": name, "history": said["history_id"]}
                    says = _("列 %(column)s 与最近的变更记录 %(history)s 不符") % what
                    yield Discrepancy(table, str(row[key]), says)
        course.went("registers", len(some))


def _newest(history: Any, key: str, names: list[str], keys: list[Any]) -> dict[Any, Mapping[str, Any]]:
    """By the row's key: of several, that of the highest key counts."""
    rows = history.objects.filter(**{f"{key}__in": keys}).order_by("history_id")
    return {row[key]: row for row in rows.values("history_id", *names)}


def _gone(model: Any) -> Iterator[Discrepancy]:
    history, key = model.history.model, model._meta.pk.attname
    later = history.objects.filter(**{key: OuterRef(key), "history_id__gt": OuterRef("history_id")})
    rows = model._base_manager.filter(pk=OuterRef(key))
    lost = history.objects.exclude(history_type="-").filter(~Exists(rows)).filter(~Exists(later))
    for some in chunks(lost.values("history_id", key), by="history_id"):
        for row in some:
            says = _("变更记录 %(history)s 说到它，表中却没有") % {"history": row["history_id"]}
            yield Discrepancy(model._meta.db_table, str(row[key]), says)
