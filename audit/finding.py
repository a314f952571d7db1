"""What a rule found, explained: the rule and its version, each visit counted, each left out and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.counting import LeftOut
from audit.kinds import Kind, Level
from audit.law import Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`agency_code` is empty where the finding is about the enterprise, whoever came. `period`: `2026` or `2026-03`.

    `unconfirmed`: counted only until a supervisor confirms. `details`: further figures of the kind, for people and
    programs (the cap, the window, the items). `visit`: the last one counted.
    """

    rule: Rule
    agency_code: str
    agency_name: str
    supervised_by: str
    period: str
    level: Level
    counted: tuple[str, ...]
    unconfirmed: tuple[str, ...] = ()
    left_out: tuple[tuple[str, LeftOut], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    visit: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """One flag per rule, enterprise, agency and period."""
        return self.rule.code, self.agency_code, self.period

    @property
    def sentence(self) -> str:
        """The explanation in one Chinese sentence."""
        told = {
            "agency": self.agency_name,
            "period": _period(self.period),
            "count": len(self.counted),
            **self.details,
        }
        notes = [f"其中 {len(self.unconfirmed)} 次待监督机关确认"] if self.unconfirmed else []
        notes += [f"另有 {len(self.left_out)} 次不计入"] if self.left_out else []
        said = "，".join([SENTENCES[self.rule.kind].format_map(told), *notes])
        return f"{said}（{self.rule.cited}）。"

    def evidence(self) -> Mapping[str, Any]:
        """The explanation as data, for a Flag's state and the platform."""
        return {
            "sentence": self.sentence,
            "rule": self.rule.code,
            "version": self.rule.version,
            "kind": str(self.rule.kind),
            "source": self.rule.source,
            "period": self.period,
            "level": str(self.level),
            "counted": list(self.counted),
            "unconfirmed": list(self.unconfirmed),
            "left_out": [{"visit": visit, "why": str(why)} for visit, why in self.left_out],
            **self.details,
        }


SENTENCES: Mapping[Kind, str] = {
    Kind.ANNUAL_CAP: "{agency} {period}对该企业检查 {count} 次，超过年度上限 {cap} 次",
    Kind.TIER_SUM: "各单位 {period}对该企业合计检查 {times} 次，超过合计上限 {cap} 次",
    Kind.ROLLING_WINDOW: "该企业 {period}在连续 {days} 日内最多受检 {times} 次，超过 {limit} 次",
    Kind.REPEAT_ITEM: "{agency} {period}在 {days} 日内对该企业重复检查同一事项（{items}）",
    Kind.MANY_AGENCIES: "该企业 {period}在 {days} 日内有 {agencies} 个单位分别上门，没有联合检查",
    Kind.REASONABLE_FREQUENCY: "{agency} {period}对该企业检查 {count} 次（含豁免），明显超过合理频次 {limit} 次",
    Kind.QUIET_DAYS: "{agency} {period}在企业宁静日上门 {count} 次，没有可以例外的事由",
    Kind.SINGLE_OFFICER: "{agency} {period}有 {count} 次检查到场 {minutes} 分钟后持证人员不足 {officers} 人",
    Kind.VOID_SHARE: "{agency} {period}作废或撤回 {times} 次，占全部 {total} 次入企的 {percent}%，超过 {limit}%",
    Kind.EXEMPT_SHARE: "{agency} {period}以豁免事由检查 {times} 次，占全部 {total} 次检查的 {percent}%，超过 {limit}%",
    Kind.SCAN_RATE: "{agency} {period}应扫码 {total} 次，{times} 次没有扫码，扫码率 {percent}%，低于 {limit}%",
}


def _period(period: str) -> str:
    year, _dash, month = period.partition("-")
    return f"{year} 年 {int(month)} 月" if month else f"{year} 年"
