"""A file that somebody hands in for a register: what it is by its content, and that opening it costs no more than it
may. Only then is it handed to a reader, which unpacks in memory and believes what the file says of itself.
"""

import codecs
import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.problem import Problem

MOST_MEMBERS = 200
UNPACKED = 40 << 20
"""Bytes of all parts of a spreadsheet together."""
MOST_COLUMNS = 100
LONGEST_TEXT = 100_000
"""Bytes of one shared text: a cell of Excel's holds 32,767 characters."""
TEXT_IN_CELLS = 256 << 20
"""Bytes of the texts of all cells together: a reader makes a copy for each cell that shares one."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FOREIGN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"<")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,9})["']""")
# Each looks no farther than to the next tag, so that a file of nothing but half tags is read once, not once for each.
_SHARED = re.compile(rb"<(/?)(?:\w+:)?si\b[^<>]*(>?)")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^<>]*(>?)(?:\s*([0-9]{1,9})\s*<)?")


class UploadRefused(Problem):
    """The file is not opened."""

    code, status, title = "upload-refused", 422, gettext_lazy("不能读取这个文件")


def suffix_of(content: bytes, *, most_bytes: int, most_lines: int) -> str:
    """`.xlsx` or `.csv`, whatever the file is called. Raises UploadRefused."""
    if not content.strip():
        raise UploadRefused(_("文件是空的"))
    if len(content) > most_bytes:
        raise UploadRefused(_("文件不能超过 %(limit)s MB，更大的请分成几个文件") % {"limit": f"{most_bytes / 2**20:g}"})
    if content.startswith(_ZIP):
        _look_into(content, most_lines)
        return ".xlsx"
    if content.startswith(_OLE):
        raise UploadRefused(_("这是旧式 .xls 或加密的文件：请另存为不加密的 .xlsx 或 CSV"))
    if content.lstrip().startswith(_FOREIGN) or (b"\x00" in content and not content.startswith(_WIDE)):
        raise UploadRefused(_("只接收 CSV 或 XLSX 文件"))
    return ".csv"


def _look_into(content: bytes, most_lines: int) -> None:
    """Unpack every part once, within bounds. Raises UploadRefused for what would cost the reader more."""
    sizes: list[int] = []
    sheets: list[bytes] = []
    found = set()
    for name, data in _parts(content):
        found.add(name)
        if name.lower().endswith("sharedstrings.xml"):
            _plain(data)
            sizes = list(_sizes(data))
        elif b"sheetData" in data:
            _plain(data)
            _near(data, most_lines)
            sheets.append(data)
    if "[Content_Types].xml" not in found or not any(name.lower().endswith("workbook.xml") for name in found):
        raise UploadRefused(_("只接收 CSV 或 XLSX 文件"))
    shared = sum(sizes[number] for sheet in sheets for number in _numbers(sheet) if number < len(sizes))
    if max(sizes, default=0) > LONGEST_TEXT or shared > TEXT_IN_CELLS:
        raise UploadRefused(_("表格里的文字太多，展开后过大"))


def _sizes(data: bytes) -> Iterator[int]:
    """Bytes of each shared text, in their order. Raises UploadRefused for one that does not end before the next."""
    begun: int | None = None
    for tag in _SHARED.finditer(data):
        closes = bool(tag[1])
        if not tag[2] or closes != (begun is not None):
            raise _odd()
        if begun is not None:
            yield tag.start() - begun
            begun = None
        elif tag[0].endswith(b"/>"):
            yield 0
        else:
            begun = tag.end()
    if begun is not None:
        raise _odd()


def _numbers(data: bytes) -> Iterator[int]:
    """The numbers that cells hold: each may be that of a shared text."""
    for cell in _VALUE.finditer(data):
        if not cell[1]:
            raise _odd()
        if cell[2]:
            yield int(cell[2])


def _plain(data: bytes) -> None:
    """No comment, CDATA or document type: no spreadsheet program writes them, and they would hide what is counted."""
    if b"<!" in data:
        raise _odd()


def _odd() -> UploadRefused:
    return UploadRefused(_("表格文件的内部结构不正常，请用表格软件另存后再上传"))


def _near(data: bytes, most_lines: int) -> None:
    """No cell lies far out: a reader makes room for all before it. Raises UploadRefused."""
    for place in _PLACE.finditer(data):
        if int(place[2]) > most_lines:
            sentence = _("表格超过 %(limit)s 行（空白但设过格式的行也算）：请删除多余的行，或分成几个文件")
            raise UploadRefused(sentence % {"limit": most_lines})
        if _column(place[1]) > MOST_COLUMNS:
            raise UploadRefused(_("表格超过 %(limit)s 列：请删除多余的列") % {"limit": MOST_COLUMNS})


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        infos = ZipFile(BytesIO(content)).infolist()
        if len(infos) > MOST_MEMBERS:
            raise _odd()
        left = UNPACKED
        for info in infos:
            data = _unpacked(content, info, left)
            left -= len(data)
            yield info.filename, data
    except (BadZipFile, zlib.error, struct.error, ValueError, NotImplementedError) as error:
        raise UploadRefused(_("文件已损坏，打不开")) from error


def _unpacked(content: bytes, info: ZipInfo, most: int) -> bytes:
    """What the part really holds, not what the archive says of its size. Raises UploadRefused past `most`."""
    if info.flag_bits & 1 or info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise UploadRefused(_("这是旧式 .xls 或加密的文件：请另存为不加密的 .xlsx 或 CSV"))
    name, extra = struct.unpack("<HH", content[info.header_offset + 26 : info.header_offset + 30])
    start = info.header_offset + 30 + name + extra
    packed = content[start : start + info.compress_size]
    if info.compress_type == ZIP_DEFLATED:
        packed = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most + 1)
    if len(packed) > most:
        raise UploadRefused(_("表格里的文字太多，展开后过大"))
    return packed
