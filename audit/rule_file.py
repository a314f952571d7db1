"""Rules as a file: TOML with one `[[rule]]` each, or the same words as JSON objects, read into drafts. Pure.

[[rule]]
code = "annual_cap"
title = "年度检查上限"
kind = "annual_cap"            # audit/kinds.py; docs/reference/frequency.md
region_prefix = "1305"         # optional, as are all that follow, but for source
scope = { levels = ["city", "district"] }
parameters = { cap = 2 }
effective_from = 2026-07-01
effective_to = 2027-01-01      # exclusive
repeals = false
source = "国办发〔2024〕54号"
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from audit.draft import Draft, faults

SETS = Path(__file__).with_name("rule_sets")
DEFAULT = SETS / "default.toml"
"""What ships: the rules with a source that any city can enact as they are."""
LOCAL = SETS / "local.toml"
"""What ships as examples: rules that are local policy, or that flood who is not ready for them."""
MOST = 200

_TEXTS = ("code", "title", "kind", "region_prefix", "source")
_TABLES = ("scope", "parameters")
_DAYS = ("effective_from", "effective_to")
FIELDS = ("code", "title", "kind", "region_prefix", "scope", "parameters", *_DAYS, "repeals", "source")
_MUST = ("code", "kind", "source")


class FileUnfit(ValueError):
    """Rules that cannot be read; the text names the rule and the field, in Chinese."""


def read_toml(text: str, *, since: date | None) -> list[Draft]:
    """The rules of a TOML file. `since`: from when a rule counts that does not say it; None: each must say it.

    Raises FileUnfit.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileUnfit(f"不是有效的 TOML：{error}") from error
    for name in found:
        if name != "rule":
            raise FileUnfit(f"{name}：文件里只有 [[rule]]")
    return read_rules(found.get("rule", []), since=since)


def read_rules(rules: Any, *, since: date | None) -> list[Draft]:
    """The same from objects, as JSON brings them (days as text). Raises FileUnfit."""
    if not isinstance(rules, list) or not rules or len(rules) > MOST:
        raise FileUnfit(f"应有 1 至 {MOST} 条 [[rule]]")
    drafts: list[Draft] = []
    for place, told in enumerate(rules, start=1):
        draft = _draft(told, place=place, since=since)
        if any((one.code, one.effective_from) == (draft.code, draft.effective_from) for one in drafts):
            raise FileUnfit(f"{_name(told, place)}，code：同一代码、同一施行日期写了两次")
        drafts.append(draft)
    return drafts


def _draft(told: Any, *, place: int, since: date | None) -> Draft:
    if not isinstance(told, Mapping):
        raise FileUnfit(f"第 {place} 条规则：应为一个表")
    name = _name(told, place)

    def refuse(field: str, why: str) -> FileUnfit:
        return FileUnfit(f"{name}，{field}：{why}")

    for field in told:
        if field not in FIELDS:
            raise refuse(str(field), f"没有这个字段，可用：{'、'.join(FIELDS)}")
    for field in _MUST:
        if field not in told:
            raise refuse(field, "缺少")
    for field in _TEXTS:
        if not isinstance(told.get(field, ""), str):
            raise refuse(field, "应为文字")
    for field in _TABLES:
        if not isinstance(told.get(field, {}), Mapping):
            raise refuse(field, "应为一个表")
    for field, codes in told.get("scope", {}).items():
        if not isinstance(codes, Sequence) or isinstance(codes, str):
            raise refuse(f"scope.{field}", "应为列表")
    if not isinstance(told.get("repeals", False), bool):
        raise refuse("repeals", "应为 true 或 false")
    days = {field: _day(told[field]) for field in _DAYS if told.get(field) is not None}
    for field, day in days.items():
        if day is None:
            raise refuse(field, "应为日期，例如 2026-07-01")
    first = days.get("effective_from") or since
    if first is None:
        raise refuse("effective_from", "缺少")
    draft = Draft(
        code=told["code"],
        kind=told["kind"],
        parameters=dict(told.get("parameters", {})),
        effective_from=first,
        source=told["source"],
        title=told.get("title", ""),
        region_prefix=told.get("region_prefix", ""),
        scope={field: list(codes) for field, codes in told.get("scope", {}).items()},
        effective_to=days.get("effective_to"),
        repeals=told.get("repeals", False),
    )
    for field, why in faults(draft):
        raise refuse(field, why)
    return draft


def _name(told: Any, place: int) -> str:
    code = told.get("code") if isinstance(told, Mapping) else None
    return f"第 {place} 条规则（{code}）" if isinstance(code, str) and code else f"第 {place} 条规则"


def _day(value: Any) -> date | None:
    """A TOML date, or text that is one; None: neither."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.isoformat() == value else None
