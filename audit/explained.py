"""A flag's evidence in words: each visit that counts, each that does not and why."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.counting import LeftOut
from audit.facts import Category, ExemptReason, Purpose, State
from audit.kinds import Kind, Level

WHY_LEFT_OUT = {
    LeftOut.OTHER_YEAR: _("入企时间不在该年度"),
    LeftOut.ABSORBED: _("已并入另一次入企"),
    LeftOut.WITHDRAWN: _("扫码人已撤回，待监督机关确认"),
    LeftOut.VOIDED: _("经监督机关确认作废"),
    LeftOut.CASE: _("个案检查，本规则不计"),
    LeftOut.JOINT_GUEST: _("联合检查，只计牵头单位"),
    LeftOut.SERVICE: _("服务走访，不是检查"),
    LeftOut.EXEMPT: _("有豁免事由和来源文号"),
    LeftOut.SUPERIOR_ORDERED: _("上级部署的专项检查"),
}
PURPOSES = {Purpose.INSPECTION: _("检查"), Purpose.SERVICE: _("服务走访")}
CATEGORIES = {Category.ROUTINE: _("日常"), Category.CASE: _("个案"), Category.SPECIAL: _("专项")}
STATES = {
    State.OPEN: _("有效"),
    State.WITHDRAWN: _("已撤回"),
    State.VOIDED: _("已作废"),
    State.ABSORBED: _("已并入"),
}
LEVELS = {Level.NOTICE: _("提示"), Level.WARNING: _("提醒"), Level.SERIOUS: _("严重")}
FLAG_STATES = {
    "raised": _("预警"),
    "grown": _("次数增加"),
    "eased": _("次数减少"),
    "doubted": _("依据减少，待监督机关复核"),
    "lowered": _("解除"),
}
ORIGINS = {"scanned": _("扫码"), "imported": _("导入")}
REASONS = {
    ExemptReason.COMPLAINT: _("投诉举报"),
    ExemptReason.ASSIGNED: _("交办转办"),
    ExemptReason.ASSIST_SUPERIOR: _("配合上级"),
    ExemptReason.AUDIT: _("稽查"),
    ExemptReason.OFFSITE_LEAD: _("非现场线索"),
    ExemptReason.MEDIA: _("媒体曝光"),
    ExemptReason.RECTIFICATION: _("整改复查"),
    ExemptReason.REQUESTED: _("企业申请"),
    ExemptReason.LICENSING: _("许可核查"),
    ExemptReason.STATUTORY_EMERGENCY: _("法定紧急"),
}


def word(table: Mapping[Any, Any], code: str) -> str:
    """The Chinese word of a code; a code that the table does not know stands for itself."""
    return str(table.get(code, code))


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One visit of the explanation. `started_at` None: its facts are not at hand. `why` empty: counted."""

    visit: str
    started_at: datetime | None
    what: str
    officers: str
    why: str


def lines(
    evidence: Mapping[str, Any], facts: Mapping[str, Any], *, reached: Container[str]
) -> tuple[list[Line], list[Line]]:
    """The counted visits and those left out, in the evidence's order. `facts`: the latest VisitFact by visit.

    Of a visit that is not `reached`, another agency's, the line says when and what kind, but not who.
    """
    counted = [_line(visit, facts.get(visit), "", named=visit in reached) for visit in evidence.get("counted", [])]
    left_out = [
        _line(
            item["visit"],
            facts.get(item["visit"]),
            word(WHY_LEFT_OUT, item["why"]),
            named=item["visit"] in reached,
        )
        for item in evidence.get("left_out", [])
    ]
    return counted, left_out


def _line(visit: str, fact: Any, why: str, *, named: bool) -> Line:
    if fact is None:
        return Line(visit=visit, started_at=None, what="", officers="", why=why)
    what = [word(PURPOSES, fact.purpose), word(CATEGORIES, fact.category)]
    if fact.reason:
        what.append(word(REASONS, fact.reason))
    if named and fact.source_no:
        what.append(fact.source_no)
    officers = "、".join(f"{item['name']}（{item['certificate_no']}）" for item in fact.officers) if named else ""
    return Line(visit=visit, started_at=fact.started_at, what="，".join(what), officers=officers, why=why)


OF_AGENCIES = {
    Kind.VOID_SHARE: (_("作废或撤回"), _("全部入企"), _("占比"), _("限值")),
    Kind.EXEMPT_SHARE: (_("以豁免事由检查"), _("全部检查"), _("占比"), _("限值")),
    Kind.SCAN_RATE: (_("没有扫码"), _("应扫码"), _("扫码率"), _("限值")),
}


def figures(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a flag about an agency as a whole stands on, in words; of other flags the visits say it."""
    words = OF_AGENCIES.get(evidence.get("kind", ""))
    if words is None or "times" not in evidence:
        return []
    values = (
        evidence["times"], evidence["total"], f"{evidence['percent']}%", f"{evidence['limit']}%",
    )  # fmt: skip
    return [(str(word), str(value)) for word, value in zip(words, values, strict=True)]
