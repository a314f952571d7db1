"""The columns of inspection documents, cases and plans; agency and enterprise are filled in from the registers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import cells
from audit.intake import Refused, Row
from audit.matching import PaperKind
from audit.region import region
from audit.register import Column, Refusal, lacking, refuse
from audit.services.documents import Paper
from enterprises.queries import EnterpriseFacts, facts_of
from enterprises.register import CREDIT_CODE
from officers.models import Agency

KINDS = {
    "检查文书": PaperKind.INSPECTION.value,
    "检查": PaperKind.INSPECTION.value,
    "文书": PaperKind.INSPECTION.value,
    "处罚案件": PaperKind.PENALTY.value,
    "处罚": PaperKind.PENALTY.value,
    "案件": PaperKind.PENALTY.value,
    "检查计划": PaperKind.PLAN.value,
    "计划": PaperKind.PLAN.value,
}
ACTIONS = {"新增": "new", "变更": "change", "撤销": "withdraw"}

SOURCE_REF = Column(
    name="source_ref",
    heading=gettext_lazy("文书编号"),
    aliases=("来源编号", "案件编号", "计划编号", "文号"),
    read=cells.text(80),
    required=True,
    note="来源系统中的编号，同一来源内唯一；再次导入以它认出同一份文书",
)
AGENCY_CODE = Column(
    name="agency_code",
    heading=gettext_lazy("单位代码"),
    aliases=("执法单位代码",),
    read=cells.identifier(40),
    required=True,
)
NAME = Column(name="enterprise_name", heading=gettext_lazy("企业名称"), read=cells.text(200), note="企业未登记时必填")
REGION = Column(name="region_code", heading=gettext_lazy("地区代码"), read=region, note="企业未登记时必填")
DOCUMENT: tuple[Column, ...] = (
    SOURCE_REF,
    Column(
        name="kind",
        heading=gettext_lazy("种类"),
        aliases=("文书种类",),
        read=cells.choice(KINDS),
        note="空着：检查文书",
    ),
    AGENCY_CODE,
    CREDIT_CODE,
    Column(
        name="on",
        heading=gettext_lazy("日期"),
        aliases=("检查日期", "文书日期", "计划日期"),
        read=cells.day,
        required=True,
        note="检查的日期；计划为计划检查的最后一日",
    ),
    NAME,
    REGION,
    Column(
        name="action", heading=gettext_lazy("动作"), read=cells.choice(ACTIONS), note="撤销：此份文书作废或计划取消"
    ),
)


def gather(rows: Sequence[Row], *, agencies: Mapping[str, Agency]) -> tuple[list[Paper], list[Refused]]:
    """The rows as papers, and why others are none. `agencies`: those that may be spoken of. One statement."""
    enterprises = facts_of({row.values.get("credit_code", "") for row in rows})
    papers: list[Paper] = []
    refused: list[Refused] = []
    for row in rows:
        read = document(row, agencies=agencies, enterprises=enterprises)
        if isinstance(read, Paper):
            papers.append(read)
        else:
            refused += [Refused(row.line, refusal) for refusal in read]
    return papers, refused


def codes(rows: Sequence[Row]) -> set[str]:
    """The agencies that rows speak of."""
    return {row.values.get("agency_code", "") for row in rows}


def document(
    row: Row, *, agencies: Mapping[str, Agency], enterprises: Mapping[str, EnterpriseFacts]
) -> Paper | list[Refusal]:
    """The row with what the registers know of its agency and enterprise today; or why it cannot be taken."""
    values = row.values
    if missing := lacking(DOCUMENT, values):
        return missing
    agency = agencies.get(values["agency_code"])
    if agency is None:
        return [refuse(AGENCY_CODE, values["agency_code"], _("没有登记过这个单位，请先导入单位"))]
    enterprise = enterprises.get(values["credit_code"])
    if enterprise is None and (blank := [column for column in (NAME, REGION) if column.name not in values]):
        return [refuse(column, "", _("企业未登记，须填写此列")) for column in blank]
    return Paper(
        line=row.line,
        source_ref=values["source_ref"],
        kind=values.get("kind", PaperKind.INSPECTION.value),
        credit_code=values["credit_code"],
        on=values["on"],
        withdrawn=values.get("action") == "withdraw",
        agency_code=agency.code,
        agency_path=agency.path,
        agency_name=agency.name,
        supervised_by=agency.supervised_by,
        given=frozenset({"enterprise_name", "region_code"} & values.keys()),
        **_enterprise(values, enterprise),
    )


def _enterprise(values: Mapping[str, Any], enterprise: EnterpriseFacts | None) -> dict[str, str]:
    """The name and region that the source says; the register's stand in where it is silent."""
    return {
        "enterprise_name": values.get("enterprise_name") or (enterprise.name if enterprise else ""),
        "region_code": values.get("region_code") or (enterprise.region_code if enterprise else ""),
    }
