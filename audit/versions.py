"""A record's versions (历史版本): who changed what, when and why; and two of them side by side, what differs marked.

In the place of simple-history's own pages, which show columns that the desk itself does not, and one change at a time.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin

from audit.list_file import spelt

if TYPE_CHECKING:
    Column = models.Field[Any, Any]
    ForeignKey = models.ForeignKey[Any, Any]
else:
    Column, ForeignKey = models.Field, models.ForeignKey

PER_PAGE = 50
NONE = "—"
LARGEST_KEY = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version in the list: `changed` names what differs from the one before; `other`: so does what is not shown."""

    key: int
    at: datetime
    by: str
    made: bool
    reason: str
    changed: Sequence[str]
    other: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One column of two versions."""

    label: str
    older: str
    newer: str
    differs: bool


class Versions(SimpleHistoryAdmin):  # type: ignore[misc]  # it has no stubs
    """A desk's history. Shown are the columns that the desk shows of its row, and `also_in_history`; `masks` says how
    a column is shown that nobody sees whole."""

    also_in_history: ClassVar[Sequence[str]] = ()
    masks: ClassVar[Mapping[str, Callable[[Any], str]]] = {}

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Versions, the newest first; of two that are chosen (`a`, `b`), or of the last two, each column."""
        return self._compare(request, object_id, [request.GET.get("a"), request.GET.get("b")])

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The same page with this version beside the one before it."""
        return self._compare(request, object_id, [None, version_id])

    def _compare(self, request: HttpRequest, object_id: str, asked: Sequence[str | None]) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method not in {"GET", "HEAD"}:
            raise Http404
        columns = self._columns(request, row)
        history = self.model.history.filter(**{row._meta.pk.attname: row.pk}).order_by("-history_date", "-history_id")
        count = history.count()
        pages = max(1, ceil(count / PER_PAGE))
        page = min(_whole(request.GET.get("p")) or 1, pages)
        start = (page - 1) * PER_PAGE
        some = list(history[start : start + PER_PAGE + 1])
        older, newer = _chosen(history, some, asked)
        context = {
            **self.admin_site.each_context(request),
            "title": _("历史版本"),
            "opts": self.opts,
            "row": row,
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk]),
            "versions": [
                _version(each, before, columns)
                for each, before in zip(some[:PER_PAGE], [*some[1:], None], strict=False)
            ],
            "count": count,
            "page": page,
            "pages": range(1, pages + 1) if pages > 1 else (),
            "older": older,
            "newer": newer,
            "lines": self._lines(request, columns, older, newer) if newer else (),
        }
        return TemplateResponse(request, "audit/versions.html", context)

    def _columns(self, request: HttpRequest, row: Any) -> list[Column]:
        """What this account is shown of the row, as far as versions have it."""
        names = dict.fromkeys([*flatten_fieldsets(self.get_fieldsets(request, row)), *self.also_in_history])
        columns: list[Column] = []
        for name in names:
            try:
                column = self.model.history.model._meta.get_field(name)
            except FieldDoesNotExist:
                continue  # a word of the desk's own
            columns.append(column)
        return columns

    def _lines(self, request: HttpRequest, columns: Sequence[Column], older: Any, newer: Any) -> list[Line]:
        lines = []
        for column in columns:
            both = [getattr(version, column.attname) if version else None for version in (older, newer)]
            words = self._words(request, column, both)
            lines.append(
                Line(
                    label=str(column.verbose_name),
                    older=words[0] if older else "",
                    newer=words[1],
                    differs=older is not None and both[0] != both[1],
                )
            )
        return lines

    def _words(self, request: HttpRequest, column: Column, values: Sequence[Any]) -> list[str]:
        if column.name in self.masks:
            return [self.masks[column.name](value) if value else NONE for value in values]
        if isinstance(column, models.ForeignKey):
            names = self._named(request, column, {value for value in values if value is not None})
            return [NONE if value is None else names.get(value, _("不在可见范围内")) for value in values]
        choices = dict(column.flatchoices)
        return [str(choices.get(value, value)) if choices and value else word(value) for value in values]

    def _named(self, request: HttpRequest, column: ForeignKey, keys: set[Any]) -> dict[Any, str]:
        """What is in sight of what a version points at. One statement, or none."""
        desk = self.admin_site._registry.get(column.remote_field.model)
        if desk is None or not keys:
            return {}
        return {found.pk: str(found) for found in desk.get_queryset(request).filter(pk__in=keys)}


def _whole(text: str | None) -> int | None:
    """A positive number, or None."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return int(text) if 0 < int(text) <= LARGEST_KEY else None


def _chosen(history: "models.QuerySet[Any]", some: Sequence[Any], asked: Sequence[str | None]) -> tuple[Any, Any]:
    """Two versions, the older first; the one before it, where only one is asked for. Raises Http404 for a key that is
    no version of this record. No statement where both stand on this page."""
    keys = [_whole(one) for one in asked if one is not None]
    if not keys:
        return (some[1] if len(some) > 1 else None), (some[0] if some else None)
    known = {version.history_id: version for version in some}
    wanted = {key for key in keys if key is not None}
    if wanted - known.keys():
        known |= {version.history_id: version for version in history.filter(history_id__in=wanted)}
    if None in keys or wanted - known.keys():
        raise Http404
    found = sorted((known[key] for key in wanted), key=lambda one: (one.history_date, one.history_id))
    if len(found) > 1:
        return found[0], found[1]
    one = found[0]
    earlier = models.Q(history_date__lt=one.history_date) | models.Q(
        history_date=one.history_date, history_id__lt=one.history_id
    )
    return history.filter(earlier).first(), one


def _version(version: Any, before: Any, columns: Sequence[Column]) -> Version:
    shown = {column.attname for column in columns}
    tracked = {field.attname for field in version.tracked_fields if not field.primary_key}
    differs = {name for name in tracked if before is not None and getattr(version, name) != getattr(before, name)}
    return Version(
        key=version.history_id,
        at=version.history_date,
        by=version.history_user_id,
        made=version.history_type == "+",
        reason=version.history_change_reason or "",
        changed=[str(column.verbose_name) for column in columns if column.attname in differs],
        other=bool(differs - shown),
    )


def word(value: Any) -> str:
    """A column's value in people's words."""
    match value:
        case None | "" | []:
            return NONE
        case bool():
            return _("是") if value else _("否")
        case datetime():
            return spelt(timezone.localtime(value), chinese=_chinese())
        case date():
            return spelt(value, chinese=_chinese())
        case list():
            return "、".join(map(str, value))
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")
