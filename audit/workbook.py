"""An XLSX workbook (ECMA-376), written sheet by sheet and row by row into one file, in constant memory. Pure.

Only what lists need: texts, numbers, days, moments and shares. Texts are inline and in the number format of text; there
is no way to write a formula.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import IO, Self
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

LONGEST = 32_767
"""Characters that a cell holds."""
QUICK = 1
"""Deflate's level: a third larger than the usual, in a third of the time."""
ZERO, EARLIEST = date(1899, 12, 30), 1901
"""A spreadsheet's calendar counts from here, wrongly before March 1900."""
TEXT, BOLD, DAY, MOMENT, PERCENT = 1, 2, 3, 4, 5
EMPTY = ""
SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def text(value: str) -> str:
    """A cell of these characters; one too long is cut with a mark, what XML cannot hold is left out."""
    if len(value) > LONGEST:
        value = f"{value[: LONGEST - 1]}…"
    return f' s="{TEXT}" t="inlineStr"><is><t xml:space="preserve">{_written(value)}</t></is></c>' if value else EMPTY


def number(value: float) -> str:
    return f"><v>{value!r}</v></c>"


def percent(value: float) -> str:
    """A share of 1."""
    return f' s="{PERCENT}"><v>{value!r}</v></c>'


def day(value: date) -> str | None:
    """None: a day that a spreadsheet does not know."""
    return f' s="{DAY}"><v>{(value - ZERO).days}</v></c>' if value.year >= EARLIEST else None


def moment(value: datetime) -> str | None:
    """Of a clock without a zone. None: a day that a spreadsheet does not know."""
    if value.year < EARLIEST:
        return None
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return f' s="{MOMENT}"><v>{(value.date() - ZERO).days + seconds / 86_400:.10f}</v></c>'


class Workbook:
    """Into a file that can be written and sought. Use as a context: at its end the file is whole."""

    def __init__(self, file: IO[bytes], *, chinese: bool) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=QUICK)
        self._chinese = chinese
        self._sheets: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        self._zip.close()

    def add_sheet(
        self, name: str, rows: Iterable[Sequence[str]], *, headings: Sequence[str] = (), widths: Sequence[int] = ()
    ) -> None:
        """Cells as the functions above write them; under headings that stay in sight, if there are any."""
        self._sheets.append(_sheet_name(name))
        widths = widths or [max(12, 2 * len(heading) + 4) for heading in headings]
        letters = [_letters(place) for place in range(len(widths))]
        with self._zip.open(f"xl/worksheets/sheet{len(self._sheets)}.xml", "w") as part:
            part.write(_before(widths, frozen=bool(headings)).encode())
            if headings:
                bold = [text(heading).replace(f's="{TEXT}"', f's="{BOLD}"', 1) for heading in headings]
                part.write(_row(1, letters, bold))
            last = 1 if headings else 0
            for cells in rows:
                last += 1
                part.write(_row(last, letters, cells))
            part.write(b"</sheetData>")
            if headings:
                part.write(f'<autoFilter ref="A1:{letters[-1]}{last}"/>'.encode())
            part.write(b"</worksheet>")

    def _finish(self) -> None:
        numbers = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name="{escape(name, QUOTES)}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(numbers, self._sheets, strict=True)
        )
        related = "".join(_related(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
        related += _related(len(self._sheets) + 1, "styles", "styles.xml")
        parts = "".join(_part(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in numbers)
        for path, content in (
            ("xl/styles.xml", _styles(chinese=self._chinese)),
            ("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>'),
            ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>'),
            (
                "_rels/.rels",
                f'<Relationships xmlns="{PACKAGE}/relationships">'
                f"{_related(1, 'officeDocument', 'xl/workbook.xml')}</Relationships>",
            ),
            (
                "[Content_Types].xml",
                f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Default Extension="xml" ContentType="application/xml"/>'
                f"{_part('/xl/workbook.xml', 'sheet.main')}{_part('/xl/styles.xml', 'styles')}{parts}</Types>",
            ),
        ):
            self._zip.writestr(path, HEAD + content)


QUOTES = {'"': "&quot;"}


def _row(place: int, letters: Sequence[str], cells: Sequence[str]) -> bytes:
    told = "".join(
        [f'<c r="{letter}{place}"{cell}' for letter, cell in zip(letters, cells, strict=True) if cell is not EMPTY]
    )
    return f'<row r="{place}">{told}</row>'.encode()


def _written(value: str) -> str:
    if not SPECIAL.search(value):
        return value
    return escape(UNWRITABLE.sub("", value)).replace("\r", "&#13;")


def _before(widths: Sequence[int], *, frozen: bool) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if frozen else ""
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )


def _styles(*, chinese: bool) -> str:
    shown = 'yyyy"年"m"月"d"日"' if chinese else "yyyy-mm-dd"
    formats = {164: shown, 165: f"{shown} hh:mm", 166: "0.0%"}
    numbers = "".join(f'<numFmt numFmtId="{n}" formatCode="{escape(code, QUOTES)}"/>' for n, code in formats.items())
    cells = [(0, 0), (49, 0), (49, 1), (164, 0), (165, 0), (166, 0)]  # in the order of TEXT, BOLD, …
    kinds = "".join(
        f'<xf numFmtId="{n}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
        for n, font in cells
    )
    name = '<sz val="11"/><name val="宋体"/>'
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(formats)}">{numbers}</numFmts>'
        f'<fonts count="2"><font>{name}</font><font><b/>{name}</font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(cells)}">{kinds}</cellXfs></styleSheet>'
    )


def _related(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _part(path: str, kind: str) -> str:
    return f'<Override PartName="{path}" ContentType="{TYPES}.{kind}+xml"/>'


def _letters(place: int) -> str:
    """The name of a column: A, …, Z, AA, …"""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def _sheet_name(name: str) -> str:
    """As spreadsheets allow it: 31 characters, none of []:*?/\\, no apostrophe at an end."""
    return "".join(mark for mark in name if mark not in "[]:*?/\\")[:31].strip("'") or "1"
