"""The columns of a file of plans, and how the agency is filled in from the register."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import cells
from audit.intake import Row
from audit.register import Column, Refusal, lacking, refuse
from checkins.plan import Announced, Host
from checkins.services.plans_import import PlanLine
from enterprises.register import CREDIT_CODE
from officers.models import Agency
from project.earlier_visits import CATEGORIES, YES_NO

ACTIONS = {"新增": "new", "变更": "change", "撤销": "withdraw"}
MOST_ITEMS = 50


def reference(cell: cells.Cell) -> str | None:
    """Text, up to 80 characters, in a text cell"""
    read = cells.identifier if isinstance(cell, float | int) else cells.text
    found: str | None = read(80)(cell)
    return found


AGENCY_CODE = Column(
    name="agency_code",
    heading=gettext_lazy("单位代码"),
    aliases=("执法单位代码",),
    read=cells.identifier(40),
    required=True,
)
ITEMS = Column(
    name="items", heading=gettext_lazy("检查事项"), aliases=("事项",), read=cells.names(80), note="多项以顿号分开"
)
PLAN: tuple[Column, ...] = (
    Column(
        name="source_ref",
        heading=gettext_lazy("来源编号"),
        aliases=("计划编号", "计划文号"),
        read=reference,
        required=True,
        note="单位自己的计划编号，同一单位内唯一；再次导入以它认出同一计划",
    ),
    AGENCY_CODE,
    CREDIT_CODE,
    Column(name="first_day", heading=gettext_lazy("起始日"), aliases=("开始日期",), read=cells.day, required=True),
    Column(
        name="last_day",
        heading=gettext_lazy("截止日"),
        aliases=("结束日期",),
        read=cells.day,
        required=True,
        note="当日仍在计划内；至多一年",
    ),
    Column(
        name="category",
        heading=gettext_lazy("类别"),
        aliases=("检查类别",),
        read=cells.choice(CATEGORIES),
        note="空着：日常",
    ),
    ITEMS,
    Column(name="title", heading=gettext_lazy("计划名称"), aliases=("名称",), read=cells.text(200)),
    Column(name="joint_open", heading=gettext_lazy("愿意联合"), read=cells.choice(YES_NO), note="空着：是"),
    Column(name="action", heading=gettext_lazy("动作"), read=cells.choice(ACTIONS), note="撤销：收回此计划"),
)


def plan_line(row: Row, *, agencies: Mapping[str, Agency]) -> PlanLine | list[Refusal]:
    """The row with the agency that the register knows; or why it cannot be taken."""
    values = row.values
    if missing := lacking(PLAN, values):
        return missing
    agency = agencies.get(values["agency_code"])
    if agency is None:
        return [refuse(AGENCY_CODE, values["agency_code"], _("没有登记过这个单位，请先导入单位"))]
    items = tuple(values.get("items", ()))
    if len(items) > MOST_ITEMS:
        return [refuse(ITEMS, "、".join(items), _("超过 %(limit)s 项") % {"limit": MOST_ITEMS})]
    return PlanLine(
        line=row.line,
        agency_id=agency.pk,
        host=Host(
            code=agency.code,
            name=agency.name,
            path=agency.path,
            level=agency.level,
            supervised_by=agency.supervised_by,
        ),
        announced=Announced(
            source_ref=values["source_ref"],
            credit_code=values["credit_code"],
            first_day=values["first_day"],
            last_day=values["last_day"],
            category=values.get("category", "routine"),
            items=items,
            title=values.get("title", ""),
            joint_open=values.get("joint_open", "yes") == "yes",
            withdrawn=values.get("action") == "withdraw",
        ),
    )
