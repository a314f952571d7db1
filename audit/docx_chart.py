"""A chart that can be edited in a DOCX file: DrawingML (ECMA-376), with the workbook of its numbers inside it."""

import io
from typing import Any
from xml.sax.saxutils import escape

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from audit import workbook
from audit.workbook import Workbook
from audit.written import Chart

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PLACED = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CENTIMETRE = 360_000
"""In English Metric Units."""
SHEET = "Sheet1"


def add_chart(document: Document, chart: Chart, *, place: int, chinese: bool) -> None:
    """A paragraph with the chart; `place`: its number in the document, from 1 on."""
    package = document.part.package
    book = Part(
        PackURI(f"/word/embeddings/Microsoft_Excel_Sheet{place}.xlsx"), BOOK_TYPE, _book(chart, chinese), package
    )
    part = Part(PackURI(f"/word/charts/chart{place}.xml"), CHART_TYPE, b"", package)
    part._blob = _chart(chart, book=part.relate_to(book, RT.PACKAGE)).encode()
    wide, high = 16 * CENTIMETRE, (6 if chart.is_line else max(4, len(chart.names))) * CENTIMETRE
    drawing = (
        f'<w:drawing xmlns:w="{WORD}" xmlns:wp="{PLACED}" xmlns:a="{MAIN}"><wp:inline distT="0" distB="0" distL="0" '
        f'distR="0"><wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{1000 + place}" name="Chart {place}" '
        f'descr="{escape(chart.title, QUOTES)}"/><wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{CHART}">'
        f'<c:chart xmlns:c="{CHART}" xmlns:r="{RELATED}" r:id="{document.part.relate_to(part, RT.CHART)}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    run: Any = document.add_paragraph().add_run()
    run._r.append(parse_xml(drawing))


QUOTES = {'"': "&quot;"}


def _book(chart: Chart, chinese: bool) -> bytes:
    file = io.BytesIO()
    with Workbook(file, chinese=chinese) as book:
        rows = [[workbook.text(name), workbook.number(value)] for name, value in chart.points]
        book.add_sheet(SHEET, rows, headings=[chart.title, chart.series])
    return file.getvalue()


def _chart(chart: Chart, *, book: str) -> str:
    many = len(chart.names)
    names = "".join(f'<c:pt idx="{n}"><c:v>{escape(name)}</c:v></c:pt>' for n, name in enumerate(chart.names))
    values = "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(chart.values))
    series = (
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:strRef><c:f>{SHEET}!$B$1</c:f><c:strCache>'
        f'<c:ptCount val="1"/><c:pt idx="0"><c:v>{escape(chart.series)}</c:v></c:pt></c:strCache></c:strRef></c:tx>'
        '<c:spPr><a:solidFill><a:srgbClr val="163A69"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/>'
        f'<c:cat><c:strRef><c:f>{SHEET}!$A$2:$A${many + 1}</c:f><c:strCache><c:ptCount val="{many}"/>{names}'
        f"</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:f>{SHEET}!$B$2:$B${many + 1}</c:f><c:numCache>"
        f'<c:formatCode>General</c:formatCode><c:ptCount val="{many}"/>{values}</c:numCache></c:numRef></c:val></c:ser>'
    )
    lying = "col" if chart.is_line else "bar"
    across, up = ("b", "l") if chart.is_line else ("l", "b")
    order = "minMax" if chart.is_line else "maxMin"  # the greatest on top
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<c:chartSpace xmlns:c="{CHART}" xmlns:a="{MAIN}" '
        f'xmlns:r="{RELATED}"><c:roundedCorners val="0"/><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr>'
        f'<a:defRPr sz="1100" b="0"/></a:pPr><a:r><a:rPr sz="1100" b="0"/><a:t>{escape(chart.title)}</a:t></a:r></a:p>'
        '</c:rich></c:tx><c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        f'<c:barChart><c:barDir val="{lying}"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}'
        '<c:gapWidth val="60"/><c:axId val="1"/><c:axId val="2"/></c:barChart>'
        f'<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="{order}"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="{across}"/><c:tickLblPos val="nextTo"/><c:crossAx val="2"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="{up}"/><c:majorGridlines/><c:numFmt formatCode="General" sourceLinked="1"/>'
        f'<c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="{"autoZero" if chart.is_line else "max"}"/>'
        "</c:valAx></c:plotArea>"
        '<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        f'<c:externalData r:id="{book}"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    )
