"""Posters of doors as one PDF, A4, one a page, as large as they hang; the codes are drawn, not pictures."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO, Any

import zxingcpp
from django.http import FileResponse
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from audit.actor import Actor
from audit.handed_out import hand_over
from audit.typeface import chinese_font
from enterprises.poster import BORDER, Poster, posters
from enterprises.services.open_door import Opened

WIDE, HIGH = A4
DEEP, LINE = HexColor("#1d3b64"), HexColor("#9aa5b1")
NEVER_FIRST = "，。、；：？！）”"
"""On a line; it goes a little over the edge instead (标点悬挂)."""
LARGE, SMALL, MARGIN = 112 * mm, 24 * mm, 14 * mm


MOST = 500
"""In one file: more is the command's (`manage.py posters`)."""


def poster_file(
    opened: Sequence[Opened], *, base_url: str, page: str, subject: str, actor: Actor, at: datetime
) -> FileResponse:
    """The posters of these doors, of which there is at least one, as a file; who took it is written down."""
    return hand_over(
        partial(_write, posters(opened, base_url=base_url)),
        name=f"{_('门牌海报')}-{opened[0].door.enterprise.credit_code}-{len(opened)}.pdf",
        kind="application/pdf",
        page=page,
        subject=subject,
        shown=len(opened),
        actor=actor,
        at=at,
    )


def _write(found: list[Poster], file: IO[bytes]) -> None:
    write_posters(found, file=file)


def write_posters(found: Iterable[Poster], *, file: IO[bytes]) -> int:
    """Into a file that can be written; how many. A page is compressed when it is full, so five hundred take some MB."""
    canvas, many = Canvas(io.BytesIO(), pagesize=A4, pageCompression=1, invariant=1), 0
    canvas.setTitle(_("门牌海报"))
    font = chinese_font()
    for poster in found:
        _page(canvas, poster, font)
        canvas.showPage()
        many += 1
    file.write(canvas.getpdfdata())
    return many


def _page(canvas: Any, poster: Poster, font: str) -> None:
    """From top to bottom, as the page for the browser has it."""
    canvas.setFillColor(DEEP)
    canvas.rect(0, HIGH - 27 * mm, WIDE, 27 * mm, stroke=0, fill=1)
    _line(canvas, _("入企扫码"), font, 9 * mm, HIGH - 17 * mm, white)
    _line(canvas, _("有人来检查？"), font, 24 * mm, HIGH - 58 * mm, black)
    _line(canvas, _("扫一扫，看来的是谁"), font, 15 * mm, HIGH - 79 * mm, DEEP)
    _code(canvas, poster.address, x=(WIDE - LARGE) / 2, y=HIGH - 199 * mm, side=LARGE)
    said = _("用微信或手机相机扫上面的码：对方扫过您的营业执照，这里就显示他的照片、姓名和单位。")
    y = _lines(canvas, said, font, 7 * mm, HIGH - 212 * mm, wide=172 * mm, most=2)
    _lines(canvas, poster.name, font, 9 * mm, y - 7 * mm, wide=182 * mm, most=2)
    _foot(canvas, poster, font)


def _foot(canvas: Any, poster: Poster, font: str) -> None:
    canvas.setStrokeColor(LINE)
    canvas.line(MARGIN, 40 * mm, WIDE - MARGIN, 40 * mm)
    canvas.setFillColor(black)
    size, right = 4.6 * mm, WIDE - MARGIN
    said = _("打开的网址应是 %(host)s，不是的不要相信。") % {"host": poster.host}
    whose = f"{poster.credit_code} · {_('第 %(generation)s 版') % {'generation': poster.generation}}"
    if poster.offline_address:
        _code(canvas, poster.offline_address, x=MARGIN + 118 * mm, y=12 * mm, side=SMALL)
        beside = simpleSplit(_("没有网络时扫这个"), font, size, right - MARGIN - 144 * mm)
        _written(canvas, beside, font, size, MARGIN + 144 * mm, 28 * mm)
    _written(canvas, [*simpleSplit(said, font, size, 114 * mm), whose], font, size, MARGIN, 32 * mm)


def _written(canvas: Any, lines: list[str], font: str, size: float, x: float, y: float) -> None:
    canvas.setFont(font, size)
    for place, line in enumerate(lines):
        canvas.drawString(x, y - place * size * 1.5, line)


def _line(canvas: Any, text: str, font: str, size: float, y: float, colour: Any) -> None:
    """In the middle, smaller if it is too long."""
    wide = canvas.stringWidth(text, font, size)
    canvas.setFont(font, size * min(1, (WIDE - 2 * MARGIN) / wide))
    canvas.setFillColor(colour)
    canvas.drawCentredString(WIDE / 2, y, text)


def _lines(canvas: Any, text: str, font: str, size: float, y: float, *, wide: float, most: int) -> float:
    """In at most so many lines, smaller until it fits; the height of the next line."""
    canvas.setFillColor(black)
    while len(lines := _split(text, font, size, wide)) > most:
        size *= 0.9
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawCentredString(WIDE / 2, y, line)
        y -= size * 1.35
    return y


def _split(text: str, font: str, size: float, wide: float) -> list[str]:
    """At blanks where there are any, between any two characters where a word is too long, as Chinese is written."""
    parts = simpleSplit(text, font, size, wide) if " " in text else [text]
    return [line for part in parts for line in _cut(part, font, size, wide)]


def _cut(text: str, font: str, size: float, wide: float) -> Iterator[str]:
    line = ""
    for mark in text:
        if line and mark not in NEVER_FIRST and stringWidth(line + mark, font, size) > wide:
            yield line
            line = ""
        line += mark
    yield line


def _code(canvas: Any, text: str, *, x: float, y: float, side: float) -> None:
    """Each row's runs of dark modules as rectangles of one path. (zxing-cpp makes a code in a twentieth of segno's
    time, which is felt with five hundred.)"""
    made: Any = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    rows: Any = memoryview(made.to_image(scale=1, add_quiet_zones=False)).tolist()
    module = side / (len(rows) + 2 * BORDER)
    path = canvas.beginPath()
    for down, row in enumerate(rows):
        for start, end in _runs(row):
            top = y + side - (BORDER + down + 1) * module
            path.rect(x + (BORDER + start) * module, top, (end - start) * module, module)
    canvas.setFillColor(black)
    canvas.drawPath(path, stroke=0, fill=1)


def _runs(row: list[int]) -> Iterator[tuple[int, int]]:
    """Where black begins and ends, of a row of 0 (black) and 255."""
    start = None
    for place, light in enumerate([*row, 255]):
        dark = not light
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place
            start = None
