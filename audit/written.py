"""A paper as people read it (行文): headings, sentences, tables and charts, before it is a page or a file. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A table of texts; all columns from `numbers_from` on are numbers. `links`: where each row's first cell leads."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers_from: int = 1
    links: Sequence[str] = ()

    @property
    def lines(self) -> list[tuple[str, Sequence[tuple[str, bool]], str]]:
        """Each row: its name, its other cells and whether they are numbers, where it leads."""
        links = self.links or [""] * len(self.rows)
        return [
            (row[0], [(cell, place >= self.numbers_from) for place, cell in enumerate(row[1:], start=1)], link)
            for row, link in zip(self.rows, links, strict=True)
        ]

    @property
    def columns(self) -> list[tuple[str, bool]]:
        return [(heading, place >= self.numbers_from) for place, heading in enumerate(self.headings)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """One series of whole numbers: bars that lie beside their names, or a line over days."""

    title: str
    names: Sequence[str]
    series: str
    values: Sequence[int]
    is_line: bool = False

    @property
    def points(self) -> list[tuple[str, int]]:
        return list(zip(self.names, self.values, strict=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    key: str
    heading: str
    sentences: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    grids: Sequence[Grid] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """`facts`: what stands under the title, name and value."""

    title: str
    number: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]

    @property
    def lines(self) -> int:
        """How many rows of tables it shows."""
        return sum(len(grid.rows) for section in self.sections for grid in section.grids)
