"""A paper as DOCX that can be edited: headings, tables, and charts with their numbers."""

from typing import IO, Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from audit.docx_chart import add_chart
from audit.written import Grid, Written

SONG, HEI = "宋体", "黑体"
DEEP = RGBColor(0x16, 0x3A, 0x69)


def write_docx(paper: Written, *, file: IO[bytes], language: str) -> None:
    """Into a file that can be written and sought."""
    document = Document()
    chinese = language.startswith("zh")
    _fonts(document, language="zh-CN" if chinese else "en-GB")
    document.core_properties.title, document.core_properties.author = paper.title, paper.number
    document.core_properties.comments = ""
    document.add_heading(paper.title, 0).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(paper.number).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("　".join(f"{name}：{value}" for name, value in paper.facts))
    charts = 0
    for section in paper.sections:
        document.add_heading(section.heading, 1)
        for sentence in section.sentences:
            document.add_paragraph(sentence)
        for chart in section.charts:
            charts += 1
            add_chart(document, chart, place=charts, chinese=chinese)
        for grid in section.grids:
            document.add_paragraph(grid.caption, style="Caption")
            _table(document, grid)
    document.sections[0].footer.paragraphs[0].text = paper.number
    document.save(file)


def _fonts(document: Any, *, language: str) -> None:
    """宋体 for what is read, 黑体 for headings, A4."""
    for name in ("Normal", "Title", "Heading 1", "Caption"):
        style = document.styles[name]
        song = name in {"Normal", "Caption"}
        style.font.name = "Times New Roman" if song else "Arial"
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), SONG if song else HEI)
        if not song:
            style.font.color.rgb = DEEP
    document.styles["Normal"].font.size = Pt(10.5)
    document.styles["Title"].font.size = Pt(20)
    for spoken in document.styles.element.iter(qn("w:lang")):
        spoken.set(qn("w:val"), language)
        spoken.set(qn("w:eastAsia"), "zh-CN")
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.2)


def _table(document: Any, grid: Grid) -> None:
    """python-docx looks for a cell among all of its table's each time: rows are asked for theirs once."""
    table = document.add_table(rows=1 + len(grid.rows), cols=len(grid.headings), style="Table Grid")
    for place, (row, texts) in enumerate(zip(table.rows, [grid.headings, *grid.rows], strict=True)):
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(9), place == 0
            if column >= grid.numbers_from:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    head: Any = table.rows[0]._tr.get_or_add_trPr()
    head.append(head.makeelement(qn("w:tblHeader"), {}))
