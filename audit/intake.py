"""From a sheet's lines to a register's rows: which column is where, what a row says, why a line is refused."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize

from django.utils.translation import gettext as _

from audit.cells import Cell
from audit.register import Column, Refusal, read_row
from audit.sheet import Line, Sheet, UnreadableSheet

HEADING_LINES = 10
"""A title, a unit and a date may stand above the headings, no more."""


@dataclass(frozen=True, slots=True)
class Row:
    """A readable line: what it says, by column name. `again`: its key stood in an earlier line of this file."""

    line: int
    values: dict[str, Any]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    line: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that was taken: what its line is called (`key`), whether it is new, and what changed: column, old, new."""

    line: int
    key: str
    new: bool
    changes: Sequence[tuple[str, Any, Any]] = ()


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What became of rows: how many were new, changed, as they were, and which were refused; what the new and changed
    ones say (`taken`)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.taken += other.taken


@dataclass(slots=True)
class Chunk:
    """Some lines in the order of the file: the rows that could be read, and the refusals of the others."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    lines: int = 0
    progress: float = 0.0


class Intake:
    """The rows of a sheet. `key` names the column that no row may lack; `identity` is what one line only may have.

    `repeats` says of which rows several may have the same (another place of the same enterprise).
    """

    def __init__(
        self,
        sheet: Sheet,
        columns: Sequence[Column],
        *,
        key: str,
        identity: Callable[[dict[str, Any]], str],
        repeats: Callable[[dict[str, Any]], bool] = lambda _values: False,
    ) -> None:
        """Raises UnreadableSheet when the headings are not found, or one stands twice."""
        self._sheet = sheet
        self._key = next(column for column in columns if column.name == key)
        self._identity, self._repeats = identity, repeats
        self.bound, self.unknown, self._heading_line, self._width = self._headings(columns)

    def _headings(self, columns: Sequence[Column]) -> tuple[list[tuple[int, Column]], list[str], int, int]:
        known = {
            _spelled(heading): column
            for column in columns
            for heading in (column.name, *column.headings, *column.aliases)
        }
        for count, line in enumerate(self._sheet.lines()):
            if count == HEADING_LINES:
                break
            found = [(at, known.get(_spelled(str(cell)))) for at, cell in enumerate(line.cells)]
            bound = [(at, column) for at, column in found if column is not None]
            if self._key not in [column for _at, column in bound]:
                continue
            names = [str(column.heading) for _at, column in bound]
            if twice := {name for name in names if names.count(name) > 1}:
                raise UnreadableSheet(str(_("表头重复：%(names)s")) % {"names": "、".join(sorted(twice))})
            unknown = [str(line.cells[at]) for at, column in found if column is None and line.cells[at] != ""]
            width = max(at for at, cell in enumerate(line.cells) if cell != "") + 1
            return bound, unknown, line.number, width
        raise UnreadableSheet(
            str(_("前 %(lines)s 行内找不到表头“%(key)s”")) % {"lines": HEADING_LINES, "key": self._key.heading}
        )

    def body(self) -> Iterator[Line]:
        """The lines under the headings."""
        return (line for line in self._sheet.lines() if line.number > self._heading_line)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """All lines, read, `size` at a time."""
        seen: dict[str, int] = {}
        chunk = Chunk()
        for line in self.body():
            self._read_into(chunk, line, seen)
            chunk.lines += 1
            if chunk.lines == size:
                chunk.progress = line.progress
                yield chunk
                chunk = Chunk()
        chunk.progress = 1.0
        yield chunk

    def peek(self, names: set[str]) -> Iterator[tuple[dict[str, Any], Callable[[], dict[str, Any] | None]]]:
        """What do these columns alone say, line by line? The call gives all values, or None for a refused line."""
        some = [(at, column) for at, column in self.bound if column.name in names]
        if not some:
            return
        for line in self.body():
            values, _refusals = read_row(_cells(line, some))
            yield values, lambda line=line: self._whole(line)  # type: ignore[misc]

    def _whole(self, line: Line) -> dict[str, Any] | None:
        values, refusals = read_row(_cells(line, self.bound))
        return None if refusals or line.broken or self._key.name not in values else values

    def _read_into(self, chunk: Chunk, line: Line, seen: dict[str, int]) -> None:
        values, refusals = read_row(_cells(line, self.bound))
        key = self._identity(values) if values.get(self._key.name) and not refusals else ""
        if line.broken:
            refusals = [Refusal(column="", value="", sentence=line.broken)]
        elif len(line.cells) > self._width and any(cell != "" for cell in line.cells[self._width :]):
            refusals = [Refusal(column="", value=str(line.cells[-1])[:100], sentence=_("列数多于表头"))]
        elif not key and not refusals:
            refusals.append(Refusal(column=str(self._key.heading), value="", sentence=_("不能为空")))
        elif key in seen and not self._repeats(values):
            sentence = _("第 %(line)s 行已有，一个文件里只能出现一次") % {"line": seen[key]}
            refusals.append(Refusal(column=str(self._key.heading), value=values[self._key.name], sentence=sentence))
        if refusals:
            chunk.refused += [Refused(line.number, refusal) for refusal in refusals]
            return
        chunk.rows.append(Row(line.number, values, again=key in seen))
        seen.setdefault(key, line.number)


def _cells(line: Line, bound: Sequence[tuple[int, Column]]) -> Iterator[tuple[Column, Cell]]:
    cells = line.cells
    width = len(cells)
    return ((column, cells[at]) for at, column in bound if at < width)


def _spelled(heading: str) -> str:
    return "".join(normalize("NFKC", heading).split()).strip("*:").lower()
