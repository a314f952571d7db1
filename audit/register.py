"""What a register demands of a row, whether it comes from a form or as one line of a file.

A register's columns are a table (`Column`), so that the admin, the import and the reference document agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from audit.cells import BadCell, Cell, Reader
from audit.problem import Problem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LANGUAGES = ("zh-hans", "en")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: its English name (the model's field), its heading in Chinese and English, others seen in the field.

    `required`: a new row must have it. In a change an empty cell says nothing: the present value stays.
    `stored`: whether it is a field of the row itself, and not a word about it (such as what to do).
    """

    name: str
    heading: "StrOrPromise"
    read: Reader
    required: bool = False
    aliases: tuple[str, ...] = ()
    note: str = ""
    stored: bool = True

    @property
    def headings(self) -> tuple[str, ...]:
        """What it is called in each language, whatever is spoken now: a template may be filled in by somebody else."""
        found = []
        for language in LANGUAGES:
            with override(language):
                found.append(str(self.heading))
        return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a row was not taken: which column, what stood there, and a sentence."""

    column: str
    value: str
    sentence: str


class NotRegistrable(Problem):
    """A row that the register does not take; `errors` names each field, as in an invalid body."""

    code, status, title = "not-registrable", 422, gettext_lazy("登记内容不符合要求")

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(
            "；".join(f"{refusal.column}：{refusal.sentence}" for refusal in refusals),
            errors=[
                {"field": refusal.column, "code": "not-registrable", "message": refusal.sentence}
                for refusal in refusals
            ],
        )


def refuse(column: Column, value: object, sentence: str) -> Refusal:
    """A refusal that quotes the value, cut to a readable length."""
    return Refusal(column=str(column.heading), value=str("" if value is None else value)[:100], sentence=sentence)


def read_row(cells: Iterable[tuple[Column, Cell]]) -> tuple[dict[str, Any], list[Refusal]]:
    """What do these cells say? Values by column name, only where something stands; and what cannot be read."""
    values: dict[str, Any] = {}
    refusals: list[Refusal] = []
    for column, cell in cells:
        if cell == "" or cell is None:
            continue
        try:
            value = column.read(cell)
        except BadCell as error:
            refusals.append(refuse(column, cell, str(error)))
        else:
            if value is not None:
                values[column.name] = value
    return values, refusals


def lacking(columns: Iterable[Column], values: Mapping[str, Any]) -> list[Refusal]:
    """Which columns does a new row lack?"""
    return [
        refuse(column, "", _("新登记时不能为空"))
        for column in columns
        if column.required and not values.get(column.name)
    ]


def put_in_order(row: Any, columns: Iterable[Column]) -> list[Refusal]:
    """Clean the fields of a row in place, as the import would have read them; what is wrong with them?"""
    refusals: list[Refusal] = []
    for column in columns:
        if not column.stored:
            continue
        given = getattr(row, column.name)
        try:
            value = column.read(given)
        except BadCell as error:
            refusals.append(refuse(column, given, str(error)))
            continue
        if value is not None:
            setattr(row, column.name, value)
        elif column.required:
            refusals.append(refuse(column, given, _("不能为空")))
        elif isinstance(given, str):
            setattr(row, column.name, "")
    return refusals


def describe(columns: Iterable[Column]) -> str:
    """The columns as a Markdown table, for docs/reference/registry.md."""
    lines = ["| heading | English | also | name | new row | takes | note |", "|---|---|---|---|---|---|---|"]
    for column in columns:
        takes = (column.read.__doc__ or "").splitlines()[0].replace(" Raises BadCell.", "").rstrip(".")
        needed = "required" if column.required else ""
        also = "、".join(column.aliases)
        chinese, english = column.headings
        lines.append(f"| {chinese} | {english} | {also} | `{column.name}` | {needed} | {takes} | {column.note} |")
    return "\n".join(lines) + "\n"


def recordable(value: object) -> Any:
    """A field's value in a form that canonical bytes admit: floats and dates as text (the same on both databases)."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value
