"""The columns of a file of published items (检查事项清单), and what one line only may have."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from audit import cells
from audit.region import region
from audit.register import Column

CODE = Column(
    name="code",
    heading=gettext_lazy("事项编码"),
    aliases=("检查事项编码", "权力编码"),
    read=cells.identifier(80),
    required=True,
)
AGENCY_CODE = Column(
    name="agency_code",
    heading=gettext_lazy("单位代码"),
    aliases=("执法单位代码",),
    read=cells.identifier(40),
    note="空着：该地区的所有单位",
)
VALID_UNTIL = Column(
    name="valid_until",
    heading=gettext_lazy("失效日"),
    aliases=("截止日期",),
    read=cells.day,
    note="当日仍有效；空着：一直有效",
)
ITEM: tuple[Column, ...] = (
    CODE,
    Column(
        name="name",
        heading=gettext_lazy("事项名称"),
        aliases=("检查事项", "检查事项名称"),
        read=cells.text(200),
        required=True,
    ),
    AGENCY_CODE,
    Column(
        name="region_code",
        heading=gettext_lazy("地区代码"),
        aliases=("行政区划代码",),
        read=region,
        required=True,
        note="公布该清单的政府所在地区",
    ),
    Column(name="basis", heading=gettext_lazy("检查依据"), aliases=("设定依据", "法律依据"), read=cells.text(500)),
    Column(
        name="valid_from",
        heading=gettext_lazy("生效日"),
        aliases=("公布日期",),
        read=cells.day,
        required=True,
        note="当日有效",
    ),
    VALID_UNTIL,
)


def identity(values: Mapping[str, Any]) -> str:
    """An item stands once in the list of its agency and region."""
    return "\x1f".join(values.get(name) or "" for name in ("agency_code", "region_code", "code"))
