"""A list as a file for a spreadsheet (CSV or XLSX), written row by row in constant memory. Pure.

No cell is ever a formula. XLSX: texts are written as text, in the number format of text, so that editing one does not
turn it into a formula. CSV has no types, so what a spreadsheet would take for a formula gets an apostrophe before it
(OWASP, CSV Injection), after blanks and in full width too. Numbers and dates are numbers and dates.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Any

from audit import workbook
from audit.facts import SHANGHAI
from audit.workbook import Workbook

DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
_DANGEROUS = frozenset(DANGEROUS)
BOM = "\ufeff"
"""Without it Excel reads UTF-8 as GBK."""


class Form(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @classmethod
    def named(cls, text: str) -> "Form | None":
        return cls._value2member_map_.get(text)  # type: ignore[return-value]


class TooLong(ValueError):
    """The list has more rows than a file may."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of 1; None: of nothing."""

    of_one: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """`notes`: what is said of the list on a sheet of its own (XLSX): filters, definition, by whom, when;
    `notes_title`: what that sheet is called. `chinese`: dates as officials write them (2026年7月1日), else
    2026-07-01."""

    title: str
    headings: Sequence[str]
    notes_title: str
    notes: Sequence[tuple[str, Any]]
    chinese: bool = True


def write(form: Form, sheet: Sheet, rows: Iterable[Sequence[Any]], *, file: IO[bytes], most: int) -> int:
    """How many rows were written. Raises TooLong after `most`; what is in the file then is of no use."""
    counted = _Counted(rows, most)
    if form is Form.CSV:
        _csv(sheet, counted, file)
    else:
        _xlsx(sheet, counted, file)
    return counted.rows


class _Counted:
    def __init__(self, rows: Iterable[Sequence[Any]], most: int) -> None:
        self._all, self._most, self.rows = rows, most, 0

    def __iter__(self) -> Any:
        for row in self._all:
            self.rows += 1
            if self.rows > self._most:
                raise TooLong(self._most)
            yield row


def harmless(text: str) -> str:
    """The text, which no spreadsheet will compute."""
    first = text[:1]
    # Of millions of cells nearly all begin with neither, and one look is enough.
    if first not in _DANGEROUS and not first.isspace():
        return text
    return f"'{text}" if first in _DANGEROUS or text.lstrip().startswith(DANGEROUS) else text


def spelt(value: date, *, chinese: bool) -> str:
    """A day, or a moment in Asia/Shanghai to the minute: 2026年7月1日 09:05."""
    if not isinstance(value, datetime):
        return f"{value.year}年{value.month}月{value.day}日" if chinese else value.isoformat()
    here = _here(value)
    if chinese:
        return f"{here.year}年{here.month}月{here.day}日 {here.hour:02}:{here.minute:02}"
    return here.isoformat(sep=" ", timespec="minutes")


def _here(value: datetime) -> datetime:
    return value.astimezone(SHANGHAI).replace(tzinfo=None) if value.tzinfo else value


def _csv(sheet: Sheet, rows: Iterable[Sequence[Any]], file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", errors="replace")
    text.write(BOM)
    lines = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    lines.writerow([harmless(heading) for heading in sheet.headings])
    for row in rows:
        lines.writerow([_plain(value, chinese=sheet.chinese) for value in row])
    text.flush()
    text.detach()


def _plain(value: Any, *, chinese: bool) -> Any:
    match value:
        case str():
            return harmless(value)
        case None:
            return ""
        case int() | float():
            return value
        case date():
            return spelt(value, chinese=chinese)
        case Percent():
            return "" if value.of_one is None else f"{value.of_one * 100:.1f}%"
        case _:
            return harmless(str(value))


def _xlsx(sheet: Sheet, rows: Iterable[Sequence[Any]], file: IO[bytes]) -> None:
    with Workbook(file, chinese=sheet.chinese) as book:
        book.add_sheet(sheet.title, _cells(rows, chinese=sheet.chinese), headings=sheet.headings)
        notes = _cells([(sheet.title, ""), *sheet.notes], chinese=sheet.chinese)
        book.add_sheet(sheet.notes_title, notes, widths=(16, 90))


def _cells(rows: Iterable[Sequence[Any]], *, chinese: bool) -> Iterator[list[str]]:
    for row in rows:
        yield [_cell(value, chinese=chinese) for value in row]


def _cell(value: Any, *, chinese: bool) -> str:
    match value:
        case str():
            return workbook.text(value)
        case None:
            return workbook.EMPTY
        case bool():
            return workbook.text(str(value))
        case int() | float():
            return workbook.number(value)
        case datetime():
            here = _here(value).replace(second=0, microsecond=0)
            told = workbook.moment(here)
            return workbook.text(spelt(value, chinese=chinese)) if told is None else told
        case date():
            told = workbook.day(value)
            return workbook.text(spelt(value, chinese=chinese)) if told is None else told
        case Percent():
            return workbook.EMPTY if value.of_one is None else workbook.percent(value.of_one)
        case _:
            return workbook.text(str(value))
