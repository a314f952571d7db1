"""The law of frequency as tables: kinds of rules with parameters, sources and examples, what counts, what ships."""

from datetime import date

from django.utils import translation

from audit.counting import LeftOut
from audit.draft import LISTS, Draft
from audit.explained import LEVELS, REASONS, WHY_LEFT_OUT
from audit.facts import ExemptReason
from audit.kinds import KINDS, Kind, Level, Parameter, Per, Period, Sort
from audit.rule_file import DEFAULT, FIELDS, LOCAL, read_toml
from project.reference.page import code, table

PER = {
    Per.AGENCY_AND_ENTERPRISE: "一个单位在一家企业",
    Per.ENTERPRISE: "一家企业，不论谁来",
    Per.AGENCY: "一个单位整体",
}
PERIOD = {Period.YEAR: "自然年", Period.MONTH: "自然月"}
MEANS = {
    "code": "规则代码；同一代码的新写法是新版本",
    "title": "名称",
    "kind": "种类，见下",
    "region_prefix": "企业所在地区代码的前缀；不写即不限",
    "scope": f"适用范围，各为列表，不写即不限：{'、'.join(LISTS)}",
    "parameters": "参数，见各种类",
    "effective_from": "施行日期，以入企时间为准",
    "effective_to": "废止日期（当日起不再适用）",
    "repeals": "true：自施行日起没有这条规则",
    "source": "依据；P 表示本地口径",
}


def page() -> str:
    """docs/reference/frequency.md."""
    with translation.override("zh-hans"):
        return "\n\n".join(_parts()) + "\n"


def _parts() -> list[str]:
    parts = [
        "# The law of frequency",
        "Rules are data (`FrequencyRule`, or TOML files for `manage.py enact` and `manage.py sandbox`): each names its "
        "kind, parameters, scope and source, and applies to the visits whose on-site start (Asia/Shanghai) lies in its "
        "days. Of several annual caps the narrowest applies; every other rule in scope looks at the visit. How to "
        "change one: [docs/guides/frequency.md](../guides/frequency.md).",
        "## A rule",
        table(["field", "meaning"], [[code(name), MEANS[name]] for name in FIELDS]),
        "## Kinds",
        table(
            ["kind", "", "whose flag", "period", "level"],
            [
                [f"[{kind}](#{kind})", sort.title, PER[sort.per], PERIOD[sort.period], code(str(sort.level))]
                for kind, sort in KINDS.items()
            ],
        ),
    ]
    shipped = [*_drafts(DEFAULT.read_text(encoding="utf-8")), *_drafts(LOCAL.read_text(encoding="utf-8"))]
    for kind, sort in KINDS.items():
        parts += _kind(kind, sort, [draft for draft in shipped if draft.kind == kind])
    parts += [
        "## Levels",
        table(["level", ""], [[code(str(level)), str(LEVELS[level])] for level in Level]),
        "## Why a visit is left out",
        "Asked in this order: is it there, what was it, what for.",
        table(["code", ""], [[code(str(why)), str(WHY_LEFT_OUT[why])] for why in LeftOut]),
        "## Exempt reasons",
        "R 中卫. Each only with a source number; a rule's `exempt` says which of them it accepts.",
        table(["code", ""], [[code(str(reason)), str(REASONS[reason])] for reason in ExemptReason]),
        "## What ships",
        "`manage.py enact --default` enacts the first table (`audit/rule_sets/default.toml`); the second "
        "(`audit/rule_sets/local.toml`) are examples of local policy.",
        _shipped(_drafts(DEFAULT.read_text(encoding="utf-8"))),
        _shipped(_drafts(LOCAL.read_text(encoding="utf-8"))),
    ]
    return parts


def _drafts(text: str) -> list[Draft]:
    return read_toml(text, since=date.min)


def _kind(kind: Kind, sort: Sort, shipped: list[Draft]) -> list[str]:
    rows = [[code(name), parameter.meaning, _default(parameter)] for name, parameter in sort.parameters.items()]
    example = f"例：{sort.example}。" + (f"写法：{code(_toml(shipped[0].parameters))}" if shipped else "")
    return [
        f'<a id="{kind}"></a>\n\n### {sort.title} `{kind}`',
        sort.asks,
        f"依据：{sort.source}。",
        table(["parameter", "meaning", "left out"], rows),
        example,
    ]


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "必填"
    if parameter.default == [str(reason) for reason in ExemptReason]:
        return "全部"
    return "—" if parameter.default is None else code(_word(parameter.default))


def _shipped(drafts: list[Draft]) -> str:
    rows = [
        [
            code(draft.code),
            draft.title,
            code(draft.kind),
            code(_toml(draft.parameters)),
            code(_toml({**({"region_prefix": draft.region_prefix} if draft.region_prefix else {}), **draft.scope})),
            draft.source,
        ]
        for draft in drafts
    ]
    return table(["code", "", "kind", "parameters", "scope", "source"], rows)


def _toml(values: object) -> str:
    """An inline table; nothing stays nothing."""
    if not isinstance(values, dict) or not values:
        return ""
    return "{ " + ", ".join(f"{name} = {_word(value)}" for name, value in values.items()) + " }"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(_word(each) for each in value) + "]"
    if isinstance(value, dict):
        return _toml(value) or "{}"
    return str(value)
