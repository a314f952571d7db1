"""A paper as PDF, A4, with its Chinese font inside and its charts drawn."""

import re
from collections.abc import Sequence
from typing import IO, Any
from xml.sax.saxutils import escape

from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from audit.typeface import chinese_font
from audit.written import Chart, Grid, Section, Written

INK, QUIET, DEEP, LINE, GROUND = (HexColor(code) for code in ("#16202c", "#4a5767", "#163a69", "#d5dce4", "#eef1f4"))
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
WIDEST, NARROWEST = 26, 7
"""Of a column, in half-width characters."""


def write_pdf(paper: Written, *, file: IO[bytes], language: str) -> None:
    """Into a file that can be written. The same paper gives the same bytes."""
    font = chinese_font()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=paper.title, author=paper.number, lang=language, invariant=1, pageCompression=1,
    )  # fmt: skip
    story: list[Flowable] = [
        _text(paper.title, font, 18, leading=26, alignment=TA_CENTER, colour=DEEP),
        _text(paper.number, font, 11, leading=18, alignment=TA_CENTER),
        Spacer(1, 3 * mm),
        _text("　".join(f"{name}：{value}" for name, value in paper.facts), font, 9, colour=QUIET),
    ]
    for section in paper.sections:
        story += _section(section, font)

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(font, 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 10 * mm, paper.number)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(page.page))

    document.build(story, onFirstPage=foot, onLaterPages=foot)


def _section(section: Section, font: str) -> list[Flowable]:
    heading = _text(section.heading, font, 13, leading=20, before=5 * mm, colour=DEEP)
    told: list[Flowable] = [_text(sentence, font, 10, leading=16) for sentence in section.sentences]
    told += [_chart(chart, font) for chart in section.charts]
    for grid in section.grids:
        told += [_text(grid.caption, font, 9, leading=15, colour=QUIET), _table(grid, font)]
    if not told:
        return [heading]
    return [KeepTogether([heading, told[0]]), *told[1:]]


def _text(
    text: str, font: str, size: float, *, leading: float = 0, alignment: int = 0, before: float = 0, colour: Any = INK
) -> Paragraph:
    style = ParagraphStyle(
        "text", fontName=font, fontSize=size, leading=leading or size * 1.4, alignment=alignment, spaceBefore=before,
        textColor=colour, wordWrap="CJK" if CHINESE.search(text) else None, splitLongWords=1,
    )  # fmt: skip
    return Paragraph(escape(text), style)


def _table(grid: Grid, font: str) -> LongTable:
    def line(cells: Sequence[str], colour: Any) -> list[Paragraph]:
        return [
            _text(cell, font, 8, alignment=TA_RIGHT if place >= grid.numbers_from else 0, colour=colour)
            for place, cell in enumerate(cells)
        ]

    rows = [line(grid.headings, QUIET), *(line(row, INK) for row in grid.rows)]
    style = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("BACKGROUND", (0, 0), (-1, 0), GROUND),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return LongTable(rows, colWidths=_widths(grid), repeatRows=1, style=style)


def _widths(grid: Grid) -> list[float]:
    """By what stands in the columns, the whole width."""
    columns = zip(grid.headings, *grid.rows, strict=True)
    wanted = [min(max(max(map(_long, column)), NARROWEST), WIDEST) for column in columns]
    return [WIDTH * one / sum(wanted) for one in wanted]


def _long(text: str) -> int:
    return sum(2 if CHINESE.match(mark) else 1 for mark in text)


def _chart(chart: Chart, font: str) -> Drawing:
    """Bars beside their names, or standing over days."""
    if chart.is_line:
        return _days(chart, font)
    high = 16 + 18 * len(chart.names)
    drawing, bars = Drawing(WIDTH, high), HorizontalBarChart()
    bars.x, bars.y, bars.width, bars.height = 150, 14, WIDTH - 180, high - 16
    bars.data = [list(reversed(chart.values))]
    bars.categoryAxis.categoryNames = [_short(name) for name in reversed(chart.names)]
    bars.categoryAxis.labels.boxAnchor = "e"
    _drawn(bars, font, chart)
    drawing.add(bars)
    return drawing


def _days(chart: Chart, font: str) -> Drawing:
    drawing, bars = Drawing(WIDTH, 120), VerticalBarChart()
    bars.x, bars.y, bars.width, bars.height = 30, 20, WIDTH - 40, 92
    bars.data = [list(chart.values)]
    bars.categoryAxis.categoryNames = list(chart.names)
    _drawn(bars, font, chart)
    drawing.add(bars)
    return drawing


def _drawn(bars: Any, font: str, chart: Chart) -> None:
    for axis in (bars.categoryAxis, bars.valueAxis):
        axis.labels.fontName, axis.labels.fontSize = font, 7
        axis.strokeColor = LINE
    greatest = max(chart.values, default=0)
    bars.valueAxis.valueMin, bars.valueAxis.valueMax = 0, max(greatest, 1)
    bars.valueAxis.valueStep = max(1, -(-greatest // 5))
    bars.valueAxis.labelTextFormat = "%d"
    bars.bars[0].fillColor, bars.bars[0].strokeColor = DEEP, None


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"
