"""Where, in the digits of GB/T 2260 (county and above, six) and GB/T 10114 (towns, nine)."""

import re

from django.utils.translation import gettext as _

from audit.cells import BadCell, Cell, plain

PROVINCES = frozenset(re.findall("..", "11121314152122233132333435363741424344454650515253546162636465718182"))
_SHAPE = re.compile(r"[0-9]{6}([0-9]{3})?", re.ASCII)


def is_region_code(text: str) -> bool:
    """Has it six digits, or nine for a town, and does it begin with a province of GB/T 2260?

    Whether the county or town exists is not asked: the tables change every year.
    """
    return bool(_SHAPE.fullmatch(text)) and text[:2] in PROVINCES


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
