"""A table in a file: CSV (UTF-8 or GB18030) or a spreadsheet, line by line, never the whole of it in memory.

A line that cannot be read is handed on as broken, and the next one is read: one bad line never stops the rest.
"""

import codecs
import csv
import io
import itertools
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from python_calamine import CalamineError, CalamineSheet, WorksheetNotFound, load_workbook

from audit.cells import Cell
from audit.problem import Problem

SPREADSHEETS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
FIELD_LIMIT = 8_000
"""Characters in one CSV field. A quotation mark that is never closed swallows no more than this."""
_SPOOLED = 1_000
_BLOCK = 1 << 20


class UnreadableSheet(Problem):
    code, status, title = "unreadable-sheet", 422, gettext_lazy("文件无法读取")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number as an editor or Excel shows it, its cells, how far the file has been read (0 to 1)."""

    number: int
    cells: Sequence[Cell]
    progress: float
    broken: str = ""


class Sheet:
    """Lines that can be gone through more than once. A spreadsheet is unpacked once into an unlinked file."""

    def __init__(self, path: Path, *, encoding: str = "", worksheet: str = "") -> None:
        """Raises UnreadableSheet: no such file, no spreadsheet, no such worksheet, no such encoding."""
        self.path = path
        self.encoding = ""
        self._spool: IO[bytes] | None = None
        self._height = 0
        try:
            if path.suffix.lower() in SPREADSHEETS:
                self._unpack(worksheet)
            else:
                self.encoding = codecs.lookup(encoding).name if encoding else _encoding(path)
        except (OSError, CalamineError, LookupError, ValueError) as error:
            raise UnreadableSheet(str(_("文件无法读取：%(error)s") % {"error": error})) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._spool:
            self._spool.close()

    def lines(self) -> Iterator[Line]:
        """From the first line on, empty ones left out."""
        for line in self._spooled() if self._spool else self._read_csv():
            if line.broken or any(cell != "" for cell in line.cells):
                yield line

    def _unpack(self, worksheet: str) -> None:
        with load_workbook(self.path) as book:
            try:
                sheet: CalamineSheet = book.get_sheet_by_name(worksheet) if worksheet else book.get_sheet_by_index(0)
            except WorksheetNotFound as error:
                raise UnreadableSheet(
                    str(_("没有名为 %(name)s 的工作表，只有：%(all)s"))
                    % {"name": worksheet, "all": "、".join(book.sheet_names)}
                ) from error
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the sheet
            block: list[Sequence[Cell]] = []
            for cells in sheet.iter_rows():
                block.append(cells)
                self._height += 1
                if len(block) == _SPOOLED:
                    pickle.dump(block, self._spool, pickle.HIGHEST_PROTOCOL)
                    block = []
            pickle.dump(block, self._spool, pickle.HIGHEST_PROTOCOL)

    def _spooled(self) -> Iterator[Line]:
        assert self._spool is not None  # noqa: S101 - lines() asked
        self._spool.seek(0)
        number = 0
        while number < self._height:
            for cells in pickle.load(self._spool):  # noqa: S301 - we wrote it ourselves, into an unlinked file
                number += 1
                yield Line(number, cells, number / self._height)

    def _read_csv(self) -> Iterator[Line]:
        csv.field_size_limit(FIELD_LIMIT)
        size = max(self.path.stat().st_size, 1)
        with (
            self.path.open("rb") as raw,
            io.TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline="") as text,
        ):
            for number, cells, broken in _records(text):
                yield Line(number, cells, raw.tell() / size, broken)


def _encoding(path: Path) -> str:
    """UTF-8 when all of the file is, else GB18030; a byte order mark says it outright.

    A file that is neither throughout is taken for the one in which fewer characters of its beginning are lost.
    """
    with path.open("rb") as raw:
        head = raw.read(_BLOCK)
        for mark, name in (
            (codecs.BOM_UTF8, "utf-8-sig"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
        ):
            if head.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        block = head
        try:
            while block:
                decoder.decode(block)
                block = raw.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return min(("gb18030", "utf-8"), key=lambda name: head.decode(name, "replace").count("\ufffd"))
    return "utf-8"


def _records(text: Iterator[str]) -> Iterator[tuple[int, list[str], str]]:
    """CSV records with the number of their first line and, for an unreadable one, the reason.

    A quotation mark that is never closed makes one record of many lines. Such a record shows itself by its width, its
    length or its odd mark: then only its first line is given up, and the lines that it swallowed are read one by one.
    """
    first = next(text, "")
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    taken: list[str] = []
    number, width = 1, 0
    reader = csv.reader(_noted(itertools.chain([first], text), taken), delimiter=delimiter)
    while True:
        cells: list[str] | None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if cells is None or (len(taken) > 1 and (width not in {0, len(cells)} or _unclosed(taken))):
            yield number, [], _("引号没有闭合，或一格超过 %(limit)s 个字") % {"limit": FIELD_LIMIT}
            for offset, line in enumerate(taken[1:], start=1):
                for alone in csv.reader([line], delimiter=delimiter):
                    yield number + offset, alone, ""
        else:
            width = len(cells)
            yield number, cells, ""
        number += len(taken)
        taken.clear()


def _unclosed(taken: Iterable[str]) -> bool:
    return sum(line.count('"') for line in taken) % 2 == 1


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


@contextmanager
def sheet_of(content: bytes, *, suffix: str) -> Iterator[Sheet]:
    """A table that was handed in, for as long as it is read. What `suffix` is, audit/upload.py says.

    Raises UnreadableSheet.
    """
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        with Sheet(Path(file.name)) as sheet:
            yield sheet
