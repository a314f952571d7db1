"""The columns of a file of the hotline's work orders (12345 工单): what they are called where, and what they take.

Each city's hotline exports other headings: `HOTLINE_HEADINGS` adds its own to these.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy

from audit import cells
from audit.complaints import MOST_CHARACTERS
from audit.models import Complaint
from audit.register import Column

_KINDS = {
    **{str(kind.label): kind.value for kind in Complaint.Kind},
    "未扫码": Complaint.Kind.UNSCANNED.value,
    "频繁检查": Complaint.Kind.TOO_OFTEN.value,
}


def kind(cell: cells.Cell) -> str | None:
    """One of our kinds by its name; anything else is `other`."""
    said = cells.plain(cell)
    return _KINDS.get(said, Complaint.Kind.OTHER.value) if said else None


SOURCE_NO = Column(
    name="source_no",
    heading=gettext_lazy("工单号"),
    aliases=("工单编号", "工单流水号", "受理编号", "诉求编号"),
    read=cells.text(40),
    required=True,
    note="同一工单号只收一次",
)
ORDER: tuple[Column, ...] = (
    SOURCE_NO,
    Column(
        name="received_at",
        heading=gettext_lazy("来电时间"),
        aliases=("受理时间", "登记时间", "诉求时间"),
        read=cells.moment,
        required=True,
        note="交办期限从这一时间起算",
    ),
    Column(
        name="text",
        heading=gettext_lazy("诉求内容"),
        aliases=("诉求描述", "反映内容", "事项内容", "内容"),
        read=cells.text(MOST_CHARACTERS),
        required=True,
    ),
    Column(
        name="complainant", heading=gettext_lazy("来电人"), aliases=("诉求人", "投诉人", "姓名"), read=cells.text(40)
    ),
    Column(
        name="phone", heading=gettext_lazy("联系电话"), aliases=("来电号码", "联系方式", "电话"), read=cells.text(40)
    ),
    Column(
        name="enterprise",
        heading=gettext_lazy("企业名称"),
        aliases=("企业", "反映企业", "市场主体名称"),
        read=cells.text(200),
    ),
    Column(name="credit_code", heading=gettext_lazy("统一社会信用代码"), aliases=("信用代码",), read=cells.text(40)),
    Column(
        name="agency",
        heading=gettext_lazy("被反映单位"),
        aliases=("被反映单位/企业", "被投诉单位", "被诉单位", "被反映对象"),
        read=cells.text(100),
        note="执法单位的代码或全称；登记中没有的，写进内容",
    ),
    Column(
        name="kind",
        heading=gettext_lazy("诉求类型"),
        aliases=("事项类别", "问题类型"),
        read=kind,
        note="认不出的为“其他问题”",
    ),
)


def with_headings(further: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns with a house's own headings, `name=heading+heading`. Raises KeyError for a name that is none."""
    names = {column.name for column in ORDER}
    for name in further:
        if name not in names:
            raise KeyError(name)
    return tuple(
        replace(column, aliases=(*column.aliases, *filter(None, further.get(column.name, "").split("+"))))
        for column in ORDER
    )


def identity(values: Mapping[str, Any]) -> str:
    """A work order stands once in a file."""
    return str(values.get("source_no", ""))
