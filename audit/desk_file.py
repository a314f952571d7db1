"""A desk's list as a file: the columns that the screen shows, of all rows that its filters leave, in its order."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import unescape
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit.handed_out import Listing

if TYPE_CHECKING:
    from audit.desk import Desk

AT_ONCE = 2_000
"""Rows that are held at a time."""


def listing_of(desk: "Desk", request: HttpRequest) -> Listing:
    """What this address of the desk lists. Raises IncorrectLookupParameters as the screen does."""
    shown = desk.get_changelist_instance(request)
    names: Sequence[Any] = [name for name in desk.get_list_display(request) if name != "action_checkbox"]
    title = str(desk.opts.verbose_name_plural)
    return Listing(
        page=f"{desk.opts.app_label}_{desk.opts.model_name}",
        subject=request.GET.urlencode(),
        title=title,
        headings=[str(label_for_field(name, desk.model, model_admin=desk)) for name in names],
        rows=_rows(desk, shown.queryset, names),
    )


def _rows(desk: "Desk", found: Any, names: Sequence[Any]) -> Iterator[list[Any]]:
    choices = {field.name: dict(field.flatchoices) for field in desk.opts.fields if field.choices}
    for row in found.iterator(chunk_size=AT_ONCE):
        yield [_cell(desk, row, name, choices) for name in names]


def _cell(desk: "Desk", row: Any, name: Any, choices: Mapping[str, Mapping[Any, Any]]) -> Any:
    try:
        field, _attribute, value = lookup_field(name, row, desk)
    except ObjectDoesNotExist:
        return None
    if field is not None and name in choices:
        value = choices[name].get(value, value)
    match value:
        case None:
            return None
        case bool():
            return _("是") if value else _("否")
        case int() | float() | date():
            return value
        case SafeString():
            return " ".join(unescape(strip_tags(value)).split())
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
