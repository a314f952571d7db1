"""How often are enterprises of one industry and risk grade inspected? The 95th percentile, for 合理频次. Pure.

Computed over a closed year and enacted as a parameter of a rule's version, so that one enterprise's count never moves
with another's uploads (P).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEAST_PEERS = 30
"""Fewer say nothing of what is usual (P)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One agency at one enterprise in the year: how often it inspected, exempt visits too, and what the enterprise was
    at the last of them."""

    industry: str
    risk_grade: str
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What is usual among so many peers: 95 of 100 of them were inspected `p95` times or less."""

    peers: int
    p95: int


def usual(pairs: Iterable[Pair], *, least: int = LEAST_PEERS) -> dict[str, Usual]:
    """By "industry/grade", where there are enough peers and the enterprise's industry and grade are known.

    The percentile is that of the nearest rank: a number of visits that somebody really had.
    """
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for pair in pairs:
        if pair.industry and pair.risk_grade and pair.times and "/" not in pair.industry + pair.risk_grade:
            groups[f"{pair.industry}/{pair.risk_grade}"].append(pair.times)
    return {
        group: Usual(peers=len(times), p95=sorted(times)[-(-95 * len(times) // 100) - 1])
        for group, times in sorted(groups.items())
        if len(times) >= least
    }


def draft(found: Mapping[str, Usual], *, year: int, code: str) -> str:
    """A rule file that enacts these percentiles (audit/rule_file.py), from the day on which it is enacted."""
    table = ", ".join(f"{json.dumps(group, ensure_ascii=False)} = {one.p95}" for group, one in found.items())
    notes = [f"# {group}：{one.peers} 对单位与企业，95 分位 {one.p95} 次" for group, one in found.items()]
    return "\n".join(
        [
            f"# {year} 年（已结清）同行业同风险等级的 95 分位，计入和豁免的检查合计；不足 {LEAST_PEERS} 对的不列。",
            *notes,
            "",
            "[[rule]]",
            f'code = "{code}"',
            'title = "明显超过合理频次"',
            'kind = "reasonable_frequency"',
            f"parameters = {{ factor = 2, p95 = {{ {table} }} }}",
            'source = "国办发〔2024〕54号：检查频次明显超过合理频次的跟踪监督；'
            f'2 倍上限与 {year} 年 95 分位的大者（P）"',
            "",
        ]
    )
