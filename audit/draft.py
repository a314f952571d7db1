"""A rule as somebody would enact it, and what is wrong with it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from audit.duties import is_region_prefix
from audit.kinds import Kind, Unfit, fit
from audit.law import Rule, Scope

LISTS = ("industries", "risk_grades", "levels", "agencies", "enterprises")
LENGTHS = {"code": 40, "title": 100, "source": 200}
"""As many characters as the register keeps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A rule as somebody would enact it: what audit/law.py (`Rule`) says, not yet a version.

    `scope`: lists by name (`LISTS`). `repeals`: the version says that from its day on there is no such rule.
    """

    code: str
    kind: str
    parameters: Mapping[str, Any]
    effective_from: date
    source: str
    title: str = ""
    region_prefix: str = ""
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    effective_to: date | None = None
    repeals: bool = False

    def columns(self) -> dict[str, Any]:
        """As the registers of rules and of drafts keep it."""
        return {
            "code": self.code,
            "title": self.title,
            "kind": self.kind,
            "parameters": dict(self.parameters),
            "region_prefix": self.region_prefix,
            "scope": {name: list(codes) for name, codes in self.scope.items() if codes},
            "effective_from": self.effective_from,
            "effective_to": self.effective_to,
            "repeals": self.repeals,
            "source": self.source,
        }

    def as_rule(self, version: int) -> Rule:
        """The version that this would be."""
        return Rule(
            code=self.code,
            version=version,
            kind=Kind(self.kind),
            parameters=self.parameters,
            scope=Scope(
                region_prefix=self.region_prefix, **{name: tuple(codes) for name, codes in self.scope.items() if codes}
            ),
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            repeals=self.repeals,
            source=self.source,
            title=self.title,
        )


def faults(draft: Draft) -> Iterator[tuple[str, str]]:
    """Why can this be no rule, whenever it is enacted? Each fault: the field, and a Chinese sentence."""
    try:
        fit(draft.kind, draft.parameters)
    except Unfit as error:
        yield "parameters" if draft.kind in set(Kind) else "kind", str(error)
    for name, longest in LENGTHS.items():
        text = getattr(draft, name)
        if name != "title" and not text.strip():
            yield name, "规则代码和依据不能为空"
        if len(text) > longest or not text.isprintable():
            yield name, f"至多 {longest} 个字符，不含换行和控制字符"
    if draft.region_prefix and not is_region_prefix(draft.region_prefix):
        yield "region_prefix", "地区前缀应为 2、4、6 或 9 位数字"
    if draft.effective_to is not None and draft.effective_to <= draft.effective_from:
        yield "effective_to", "废止日期应晚于施行日期"
    for name, codes in draft.scope.items():
        if name not in LISTS:
            yield f"scope.{name}", f"适用范围只有这些列表：{'、'.join(LISTS)}"
        elif not all(isinstance(code, str) and code for code in codes):
            yield f"scope.{name}", "应为非空文字的列表"
    for text in _texts([draft.parameters, draft.scope]):
        if not text.isprintable():
            yield "parameters", "含有换行或控制字符"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)
