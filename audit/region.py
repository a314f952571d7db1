"""Where, in the digits of GB/T 2260 (county and above, six) and GB/T 10114 (towns, nine)."""

import re
from types import MappingProxyType

from django.utils.translation import gettext as _

from audit.cells import BadCell, Cell, plain

PROVINCES = frozenset(re.findall("..", "11121314152122233132333435363741424344454650515253546162636465718182"))
_NAMES = """
13:河北省 1305:邢台市 130502:襄都区 130503:信都区 130505:任泽区 130506:南和区 130522:临城县 130523:内丘县
130524:柏乡县 130525:隆尧县 130528:宁晋县 130529:巨鹿县 130530:新河县 130531:广宗县 130532:平乡县
130533:威县 130534:清河县 130535:临西县 130571:经济开发区 130581:南宫市 130582:沙河市"""
NAMES = MappingProxyType({code: name for code, _colon, name in (pair.partition(":") for pair in _NAMES.split())})
"""GB/T 2260 (130571: of the statistics alone)."""
_SHAPE = re.compile(r"[0-9]{6}([0-9]{3})?", re.ASCII)


def is_region_code(text: str) -> bool:
    """Has it six digits, or nine for a town, and does it begin with a province of GB/T 2260?

    Whether the county or town exists is not asked: the tables change every year.
    """
    return bool(_SHAPE.fullmatch(text)) and text[:2] in PROVINCES


def region_name(code: str) -> str:
    """What a region is called: its own name, its county's with the town's digits, or the code."""
    county = NAMES.get(code[:6], "")
    return NAMES.get(code) or (f"{county} {code}" if county else code)


def region(cell: Cell) -> str | None:
    """Six digits of GB/T 2260, nine for a town; zeros that pad to nine or twelve are taken off. Raises BadCell."""
    value = plain(cell)
    if not value:
        return None
    if len(value) in {9, 12} and value.endswith("000"):
        value = value[:6] if value[6:9] == "000" else value[:9]
    if not is_region_code(value):
        raise BadCell(_("应为六位地区代码（GB/T 2260），乡镇为九位"))
    return value
