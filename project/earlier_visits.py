"""The columns of a file of earlier visits, and how agency and enterprise are filled in from the registers."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import cells
from audit.intake import Row
from audit.region import region
from audit.register import Column, Refusal, lacking, refuse
from audit.services.imported_visits import EarlierVisit
from enterprises.queries import EnterpriseFacts
from enterprises.register import CREDIT_CODE
from officers.models import Agency

PURPOSES = {"检查": "inspection", "服务": "service", "行政检查": "inspection", "走访": "service", "服务走访": "service"}
CATEGORIES = {"日常": "routine", "专项": "special", "个案": "case", "日常检查": "routine"}
CATEGORIES |= {"专项检查": "special", "个案检查": "case"}
REASONS = {
    "投诉举报": "complaint",
    "交办转办": "assigned",
    "配合上级": "assist_superior",
    "稽查": "audit",
    "非现场线索": "offsite_lead",
    "媒体曝光": "media",
    "整改复查": "rectification",
    "企业申请": "requested",
    "许可核查": "licensing",
    "法定紧急": "statutory_emergency",
}
YES_NO = {"是": "yes", "否": "no"}
ACTIONS = {"新增": "new", "变更": "change", "撤销": "withdraw"}

SOURCE_REF = Column(
    name="source_ref",
    heading=gettext_lazy("来源编号"),
    aliases=("检查编号", "文书编号"),
    read=cells.identifier(60),
    required=True,
    note="原台账中这次检查的编号，同一单位内唯一；再次导入以它认出同一次检查",
)
AGENCY_CODE = Column(
    name="agency_code",
    heading=gettext_lazy("单位代码"),
    aliases=("执法单位代码",),
    read=cells.identifier(40),
    required=True,
)
STARTED_AT = Column(
    name="started_at",
    heading=gettext_lazy("检查时间"),
    aliases=("入企时间", "检查日期"),
    read=cells.moment,
    required=True,
    note="北京时间；只有日期时按当日零时",
)
NAME = Column(name="enterprise_name", heading=gettext_lazy("企业名称"), read=cells.text(200), note="企业未登记时必填")
REGION = Column(name="region_code", heading=gettext_lazy("地区代码"), read=region, note="企业未登记时必填")
NAMES = Column(
    name="officer_names",
    heading=gettext_lazy("执法人员"),
    aliases=("检查人员",),
    read=cells.names(40),
    note="多人以顿号分开",
)
CERTIFICATES = Column(
    name="certificate_nos",
    heading=gettext_lazy("执法证号"),
    read=cells.names(32),
    note="多人以顿号分开，次序与执法人员一致",
)
VISIT: tuple[Column, ...] = (
    SOURCE_REF,
    AGENCY_CODE,
    CREDIT_CODE,
    STARTED_AT,
    NAME,
    REGION,
    Column(name="purpose", heading=gettext_lazy("目的"), read=cells.choice(PURPOSES), note="空着：检查"),
    Column(
        name="category",
        heading=gettext_lazy("类别"),
        aliases=("检查类别",),
        read=cells.choice(CATEGORIES),
        note="空着：日常",
    ),
    Column(name="reason", heading=gettext_lazy("事由"), read=cells.choice(REASONS), note="不计入上限的事由"),
    Column(
        name="source_no", heading=gettext_lazy("来源文号"), read=cells.text(80), note="事由的依据；空着时取来源编号"
    ),
    Column(name="superior_ordered", heading=gettext_lazy("上级部署"), read=cells.choice(YES_NO)),
    Column(name="joint_id", heading=gettext_lazy("联合检查编号"), read=cells.identifier(64)),
    NAMES,
    CERTIFICATES,
    Column(name="action", heading=gettext_lazy("动作"), read=cells.choice(ACTIONS), note="撤销：此行曾误导入"),
)


def earlier_visit(
    row: Row, *, agencies: Mapping[str, Agency], enterprises: Mapping[str, EnterpriseFacts]
) -> EarlierVisit | list[Refusal]:
    """The row with what the registers know of its agency and enterprise today; or why it cannot be taken."""
    values = row.values
    if missing := lacking(VISIT, values):
        return missing
    agency = agencies.get(values["agency_code"])
    if agency is None:
        return [refuse(AGENCY_CODE, values["agency_code"], _("没有登记过这个单位，请先导入单位"))]
    enterprise = enterprises.get(values["credit_code"])
    if enterprise is None and (blank := [column for column in (NAME, REGION) if column.name not in values]):
        return [refuse(column, "", _("企业未登记，须填写此列")) for column in blank]
    names, numbers = values.get("officer_names", []), values.get("certificate_nos", [])
    if names and numbers and len(names) != len(numbers):
        return [refuse(CERTIFICATES, "、".join(numbers), _("人数与执法人员不一致"))]
    return EarlierVisit(
        line=row.line,
        source_ref=values["source_ref"],
        withdrawn=values.get("action") == "withdraw",
        credit_code=values["credit_code"],
        started_at=values["started_at"],
        purpose=values.get("purpose", "inspection"),
        category=values.get("category", "routine"),
        reason=values.get("reason", ""),
        source_no=values.get("source_no", ""),
        superior_ordered=values.get("superior_ordered") == "yes",
        joint_id=values.get("joint_id", ""),
        officers=tuple(zip(numbers or [""] * len(names), names or [""] * len(numbers), strict=True)),
        given=frozenset({"enterprise_name", "region_code"} & values.keys()),
        agency_code=agency.code,
        agency_path=agency.path,
        agency_level=agency.level,
        agency_name=agency.name,
        supervised_by=agency.supervised_by,
        **_enterprise(values, enterprise),
    )


def _enterprise(values: Mapping[str, Any], enterprise: EnterpriseFacts | None) -> dict[str, str]:
    """The name and region in the file are those of that day; the register's stand in where the file is silent."""
    return {
        "enterprise_name": values.get("enterprise_name") or (enterprise.name if enterprise else ""),
        "region_code": values.get("region_code") or (enterprise.region_code if enterprise else ""),
        "industry": enterprise.industry if enterprise else "",
        "risk_grade": enterprise.risk_grade if enterprise else "",
    }
