"""A table that somebody sends by a form: let through only at a size that cannot hurt, and read like any other file."""

import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.problem import Problem
from audit.sheet import Sheet

FORMS = frozenset({".csv", ".xlsx"})
UNPACKED = 64 << 20
"""Bytes that all parts of a spreadsheet may have together. They are counted while they are unpacked: what a part says
of its own size proves nothing."""
_MOST_PARTS, _BLOCK = 1_000, 1 << 16
_LOCAL_HEADER, _NAMES_AT = 30, 26


class NoTable(Problem):
    code, status, title = "upload-no-table", 422, gettext_lazy("只收 CSV 或 XLSX 文件")


class TableTooLarge(Problem):
    code, status, title = "upload-too-large", 413, gettext_lazy("文件过大，请分批导入")


class Uploaded(Protocol):
    """What Django makes of a file in a form."""

    name: Any
    size: Any

    def chunks(self) -> Iterator[bytes]: ...


@contextmanager
def table(file: Uploaded, *, largest: int) -> Iterator[Sheet]:
    """The table, for as long as it is read. Raises NoTable, TableTooLarge, UnreadableSheet."""
    form = Path(str(file.name)).suffix.lower()
    if form not in FORMS:
        raise NoTable
    if (file.size or 0) > largest:
        raise TableTooLarge(_("至多 %(limit)s KB") % {"limit": largest // 1024})
    with tempfile.NamedTemporaryFile(suffix=form) as kept:
        for block in file.chunks():
            kept.write(block)
        kept.flush()
        if form == ".xlsx":
            kept.seek(0)
            _weigh(kept)
        with Sheet(Path(kept.name)) as sheet:
            yield sheet


def _weigh(book: IO[bytes]) -> None:
    """Unpack every part once, keeping nothing, until it is too much."""
    try:
        with ZipFile(book) as parts:
            entries = parts.infolist()
            left = UNPACKED if len(entries) <= _MOST_PARTS else 0
            for entry in entries:
                left -= _unpacked(book, entry.header_offset, entry.compress_size, most=left)
                if left <= 0:
                    raise TableTooLarge(_("解压后过大"))
    except (BadZipFile, struct.error, zlib.error, OSError, ValueError, NotImplementedError) as error:
        raise NoTable(_("XLSX 文件已损坏")) from error


def _unpacked(book: IO[bytes], offset: int, packed: int, *, most: int) -> int:
    """How many bytes does this part unpack to? Stops a little after `most`."""
    book.seek(offset)
    header = book.read(_LOCAL_HEADER)
    stored = struct.unpack_from("<H", header, 8)[0] == 0
    book.seek(offset + _LOCAL_HEADER + sum(struct.unpack_from("<HH", header, _NAMES_AT)))
    if stored:
        return packed
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while size <= most and not inflate.eof:
        block = inflate.unconsumed_tail or book.read(_BLOCK)
        if not block:
            break
        size += len(inflate.decompress(block, _BLOCK))
    return size
