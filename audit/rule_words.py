"""A rule in plain words: what it demands, what it counts, whom it looks at; and each of its values by name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from audit.explained import REASONS, word
from audit.facts import ExemptReason
from audit.kinds import Kind
from audit.law import Rule
from audit.region import region_name

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KIND_NAMES: Mapping[Kind, "StrOrPromise"] = {
    Kind.ANNUAL_CAP: lazy("年度检查上限"),
    Kind.TIER_SUM: lazy("层级合计上限"),
    Kind.ROLLING_WINDOW: lazy("高频检查"),
    Kind.REPEAT_ITEM: lazy("重复检查"),
    Kind.MANY_AGENCIES: lazy("多头检查"),
    Kind.REASONABLE_FREQUENCY: lazy("明显超过合理频次"),
    Kind.QUIET_DAYS: lazy("企业宁静日"),
    Kind.SINGLE_OFFICER: lazy("单人执法"),
    Kind.VOID_SHARE: lazy("作废占比"),
    Kind.EXEMPT_SHARE: lazy("豁免占比"),
    Kind.SCAN_RATE: lazy("扫码率"),
}
DEMANDS: Mapping[Kind, "StrOrPromise"] = {
    Kind.ANNUAL_CAP: lazy("同一单位一个自然年内对同一企业至多检查 %(cap)s 次。"),
    Kind.TIER_SUM: lazy("各单位一个自然年内对同一企业合计至多检查 %(cap)s 次，联合检查合计一次。"),
    Kind.ROLLING_WINDOW: lazy("任意连续 %(days)s 日内，一家企业至多受检 %(limit)s 次，联合检查算一次。"),
    Kind.REPEAT_ITEM: lazy("同一单位 %(days)s 日内不对同一企业的同一事项再次检查。"),
    Kind.MANY_AGENCIES: lazy("%(days)s 日内有 %(agencies)s 个以上单位各自上门、没有联合检查，即提示。"),
    Kind.REASONABLE_FREQUENCY: lazy(
        "同一单位一年内对同一企业的检查（含豁免）不超过年度上限的 %(factor)s 倍，或同行 95 分位，取大者。"
    ),
    Kind.QUIET_DAYS: lazy("每月 %(days)s 日为宁静日，没有例外事由不上门。"),
    Kind.SINGLE_OFFICER: lazy("到场 %(minutes)s 分钟后，持证人员不少于 %(officers)s 人。"),
    Kind.VOID_SHARE: lazy("一个单位一个月里作废、撤回的入企不超过全部入企的 %(share)s。"),
    Kind.EXEMPT_SHARE: lazy("一个单位一个月里以豁免事由进行的检查不超过全部检查的 %(share)s。"),
    Kind.SCAN_RATE: lazy("一个单位一个月的扫码率不低于 %(rate)s。"),
}
NAMES: Mapping[str, "StrOrPromise"] = {
    "cap": lazy("至多几次"),
    "count_case": lazy("个案检查计入"),
    "exempt": lazy("有来源文号即不计入的豁免事由"),
    "joint": lazy("联合检查"),
    "serious_over": lazy("超过几次为严重"),
    "days": lazy("时间窗（自然日）"),
    "limit": lazy("时间窗内至多几次"),
    "agencies": lazy("几个单位起算"),
    "factor": lazy("年度上限的几倍"),
    "p95": lazy("同行 95 分位（行业/风险等级）"),
    "dates": lazy("另外的宁静日"),
    "officers": lazy("至少几名持证人员"),
    "minutes": lazy("到场后几分钟起判断"),
    "share": lazy("份额上限（%）"),
    "rate": lazy("扫码率下限（%）"),
    "least": lazy("至少多少次才判断"),
}
JOINT: Mapping[str, "StrOrPromise"] = {"each": lazy("各单位各计一次"), "host": lazy("只计牵头单位")}
SCOPES: Mapping[str, "StrOrPromise"] = {
    "industries": lazy("行业"),
    "risk_grades": lazy("风险等级"),
    "levels": lazy("单位层级"),
    "agencies": lazy("执法单位（含下级）"),
    "enterprises": lazy("指名企业"),
}
LEVELS: Mapping[str, "StrOrPromise"] = {"city": lazy("市级"), "district": lazy("县级"), "town": lazy("乡级")}
SHARES = frozenset({"share", "rate"})


def name_of(kind: Kind, parameter: str) -> str:
    """What a parameter of this kind is called."""
    if kind is Kind.QUIET_DAYS and parameter == "days":
        return _("每月哪几日是宁静日")
    return str(NAMES[parameter])


def told_value(parameter: str, value: Any) -> str:
    """A parameter's value as people write it."""
    if value is None:
        return "—"
    if parameter in SHARES:
        return f"{percent(value)}%"
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if parameter == "exempt":
        return _("全部") if set(value) == set(ExemptReason) else "、".join(word(REASONS, one) for one in value) or "—"
    if parameter == "joint":
        return str(JOINT[value])
    if isinstance(value, list):
        return runs(value) if parameter == "days" else "、".join(map(str, value)) or "—"
    if isinstance(value, dict):
        return "、".join(f"{key} {number}" for key, number in sorted(value.items())) or "—"
    return str(value)


def percent(share: float) -> str:
    """0.125 → 12.5"""
    return f"{round(share * 100, 4):g}"


def runs(days: list[int]) -> str:
    """[1, 2, 3, 20] → 1–3、20"""
    parts: list[list[int]] = []
    for day in sorted(set(days)):
        if parts and parts[-1][-1] == day - 1:
            parts[-1].append(day)
        else:
            parts.append([day])
    return "、".join(f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def values(rule: Rule) -> list[tuple[str, str]]:
    """Each parameter, by name, with its value (what was left out is as usual)."""
    return [
        (name_of(rule.kind, parameter), told_value(parameter, rule.value(parameter)))
        for parameter in rule.sort.parameters
    ]


def sentences(rule: Rule) -> list[str]:
    """What the rule demands, what it counts and when it is grave, one sentence each."""
    if rule.repeals:
        return [_("自施行之日起废止本规则。")]
    told = {parameter: told_value(parameter, rule.value(parameter)) for parameter in rule.sort.parameters}
    said = [str(DEMANDS[rule.kind]) % told]
    if told.get("dates", "—") != "—":
        said.append(_("另有宁静日：%(dates)s。") % told)
    if "least" in told:
        said.append(_("当月不少于 %(least)s 次才判断。") % told)
    if "exempt" in told:
        said.append(_exempt(rule))
    if rule.sort.parameters.get("count_case") and not rule.value("count_case"):
        said.append(_("个案检查不计入。"))
    if "joint" in told and rule.value("joint") == "host":
        said.append(_("联合检查只计牵头单位。"))
    if told.get("serious_over", "—") != "—":
        said.append(_("超过 %(serious_over)s 次为严重。") % told)
    return said


def in_full(rule: Rule) -> str:
    """All of that in one piece."""
    return ("" if (get_language() or "zh").startswith("zh") else " ").join(sentences(rule))


def _exempt(rule: Rule) -> str:
    reasons = rule.value("exempt")
    if not reasons:
        return _("有豁免事由的检查也计入。")
    if set(reasons) == set(ExemptReason):
        return _("有豁免事由和来源文号的检查不计入。")
    named = "、".join(word(REASONS, one) for one in reasons)
    return _("以下事由有来源文号的不计入：%(reasons)s。") % {"reasons": named}


def whom(rule: Rule) -> list[tuple[str, str]]:
    """Which visits it looks at: each narrowing by name; none: all."""
    scope, prefix = rule.scope, rule.scope.region_prefix
    said = [(_("地区"), f"{region_name(prefix)}（{prefix}）" if prefix else _("全部"))]
    for name, title in SCOPES.items():
        codes = getattr(scope, name)
        if codes:
            words = [word(LEVELS, code) for code in codes] if name == "levels" else codes
            said.append((str(title), "、".join(words)))
    return said
