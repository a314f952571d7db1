"""How one cell of a register's file, or one field of a form, becomes a value; why it does not.

Every reader takes what CSV (text), a spreadsheet (text, number, date) or a form (the value itself) holds, and
returns the value, or None for an empty cell. It raises `BadCell` with a sentence for the person who keeps the file.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

Cell = str | float | bool | date | time | timedelta | list[Any] | None
Reader = Callable[[Any], Any]

SHANGHAI = ZoneInfo("Asia/Shanghai")
EXACT_DIGITS = 10**15
"""Below this a spreadsheet's number (an IEEE 754 double, shown with 15 digits) still is the number that was typed."""

_BREAKS = re.compile(r"\s+")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffd]")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{1,2}", re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?")
_MOMENT = re.compile(r"(?P<day>\S+?)(?:[T ]\s*(?P<time>[0-9]{1,2}[:：][0-9]{2}(?:[:：][0-9]{2}(?:\.[0-9]+)?)?))?")
_NAMES = re.compile(r"[、,，;；|]")
_SPREADSHEET_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


class BadCell(ValueError):
    """Why a cell cannot be taken, as a sentence."""


def plain(cell: Cell) -> str:
    """The cell's text, trimmed, without line breaks; a whole number without its `.0`. Raises BadCell."""
    if type(cell) is str:
        if cell.isascii() and cell.isprintable():
            value = cell.strip()
        else:
            value = _BREAKS.sub(" ", cell).strip()
            if _UNPRINTABLE.search(value):
                raise BadCell(_("含有无法识别的字符，请检查文件编码"))
        if value[:1] == "#" and value in _SPREADSHEET_ERRORS:
            raise BadCell(_("表格公式出错，没有取到值"))
        return value
    if cell is None:
        return ""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            raise BadCell(_("不是数"))
        if cell != int(cell):
            return repr(cell)
        if abs(cell) >= EXACT_DIGITS:
            raise BadCell(_("被表格存成了数字，末几位已经失真；请把该列设为“文本”格式并重新填写"))
        return str(int(cell))
    return plain(str(cell))


def text(limit: int) -> Reader:
    """Up to `limit` characters."""

    def read(cell: Cell) -> str | None:
        value = plain(cell)
        if len(value) > limit:
            raise BadCell(_("超过 %(limit)s 个字") % {"limit": limit})
        return value or None

    read.__doc__ = f"Text, up to {limit} characters"
    return read


def identifier(limit: int) -> Reader:
    """A number that is a name: letters, digits and a few marks, never one that a spreadsheet has rounded.

    A numeric cell is refused: the spreadsheet has dropped leading zeros, and nobody could tell.
    """

    def read(cell: Cell) -> str | None:
        if isinstance(cell, float | int):
            raise BadCell(_("编号被表格存成了数字，前导零或末几位可能已丢失；请把该列设为“文本”格式并重新填写"))
        value = plain(cell)
        if not value:
            return None
        if len(value) > limit:
            raise BadCell(_("超过 %(limit)s 个字") % {"limit": limit})
        if _SCIENTIFIC.fullmatch(value):
            raise BadCell(_("编号被表格改成了科学计数法，原值已丢失；请把该列设为“文本”格式并重新填写"))
        if any(mark in value for mark in " /?#%\\"):
            raise BadCell(_("编号不能含空格和 / ? # %% \\ 等符号") % {})
        return value

    read.__doc__ = f"An identifier, up to {limit} characters, in a text cell"
    return read


def choice(words: Mapping[str, str]) -> Reader:
    """One of the values of `words`, written as a key (what people write) or as the value itself."""
    known = {**{value: value for value in words.values()}, **words}

    def read(cell: Cell) -> str | None:
        value = plain(cell)
        if not value:
            return None
        found = known.get(value) or known.get(value.lower())
        if found is None:
            raise BadCell(_("应为：%(words)s") % {"words": "、".join(words)})
        return found

    said: dict[str, list[str]] = {}
    for word, value in words.items():
        said.setdefault(value, []).append(word)
    read.__doc__ = "; ".join(f"`{value}`: {'、'.join(written)}" for value, written in said.items())
    return read


YEARS = range(1900, 2200)
"""Beyond these it is a slip, and arithmetic with offsets would soon overflow."""


def _plausible(found: date) -> None:
    if found.year not in YEARS:
        raise ValueError(found)


def day(cell: Cell) -> date | None:
    """A date: a date cell, `2026-01-31`, `2026/1/31`, `2026年1月31日` or `20260131`."""
    try:
        if isinstance(cell, date):
            found = cell.date() if isinstance(cell, datetime) else cell
        else:
            written = plain(cell).removesuffix(" 00:00:00")
            if not written:
                return None
            parts = _DAY.fullmatch(written)
            if parts is None:
                raise ValueError(written)
            found = date(int(parts[1]), int(parts[2]), int(parts[3]))
        _plausible(found)
    except BadCell:
        raise
    except ValueError:
        raise BadCell(_("应为日期，例如 2026-01-31")) from None
    return found


def moment(cell: Cell) -> datetime | None:
    """A date and time; without an offset it is Asia/Shanghai's clock, a date alone its first second."""
    try:
        if isinstance(cell, datetime):
            found = cell
        elif isinstance(cell, date):
            found = datetime.combine(cell, time())
        else:
            written = plain(cell)
            if not written:
                return None
            found = _moment(written)
        _plausible(found)
    except BadCell:
        raise
    except ValueError:
        raise BadCell(_("应为日期和时间，例如 2026-01-31 09:30")) from None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _moment(written: str) -> datetime:
    parts = _MOMENT.fullmatch(written)
    if parts is None:
        raise ValueError(written)
    calendar = _DAY.fullmatch(parts["day"])
    if calendar is None:
        return datetime.fromisoformat(written)
    clock = (parts["time"] or "00:00").replace("：", ":")
    hour, _colon, rest = clock.partition(":")
    return datetime.combine(
        date(int(calendar[1]), int(calendar[2]), int(calendar[3])), time.fromisoformat(f"{hour:0>2}:{rest}")
    )


def degrees(limit: float) -> Reader:
    """Decimal degrees between -limit and limit."""

    def read(cell: Cell) -> float | None:
        if isinstance(cell, float | int) and not isinstance(cell, bool):
            value = float(cell)
        else:
            written = plain(cell)
            if not written:
                return None
            try:
                value = float(written)
            except ValueError:
                raise BadCell(_("应为十进制度数，例如 114.5043")) from None
        if not -limit <= value <= limit:
            raise BadCell(_("应在 -%(limit)s 与 %(limit)s 之间") % {"limit": f"{limit:g}"})
        return value

    read.__doc__ = f"Decimal degrees, -{limit:g} to {limit:g}"
    return read


def names(limit: int) -> Reader:
    """Several words of up to `limit` characters, separated by `、` `，` `；` or `|`."""

    def read(cell: Cell) -> list[str] | None:
        words = [plain(word) for word in cell] if isinstance(cell, list) else _NAMES.split(plain(cell))
        found = [word.strip() for word in words if word.strip()]
        if any(len(word) > limit for word in found):
            raise BadCell(_("其中一项超过 %(limit)s 个字") % {"limit": limit})
        return list(dict.fromkeys(found)) or None

    read.__doc__ = f"Several texts of up to {limit} characters, separated by `、` `，` `；` or a vertical bar"
    return read
