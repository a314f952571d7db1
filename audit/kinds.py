"""The kinds of rules of the law of frequency: what each asks, its parameters, its source. Pure.

One table (`KINDS`), from which docs/reference/frequency.md is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from audit.facts import ExemptReason


class Kind(StrEnum):
    ANNUAL_CAP = "annual_cap"
    TIER_SUM = "tier_sum"
    ROLLING_WINDOW = "rolling_window"
    REPEAT_ITEM = "repeat_item"
    MANY_AGENCIES = "many_agencies"
    REASONABLE_FREQUENCY = "reasonable_frequency"
    QUIET_DAYS = "quiet_days"
    SINGLE_OFFICER = "single_officer"
    VOID_SHARE = "void_share"
    EXEMPT_SHARE = "exempt_share"
    SCAN_RATE = "scan_rate"


class Level(StrEnum):
    """提示, 预警, 严重."""

    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"


class Per(StrEnum):
    """Whose flag it is: one agency's at one enterprise, the enterprise's as a whole, or an agency's as a whole."""

    AGENCY_AND_ENTERPRISE = "agency_and_enterprise"
    ENTERPRISE = "enterprise"
    AGENCY = "agency"


class Period(StrEnum):
    """The stretch of time that one flag is about, in Asia/Shanghai."""

    YEAR = "year"
    MONTH = "month"


LONGEST_WINDOW_DAYS = 366
"""No rule may look further back than this: it is what a scan gathers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One number of a rule: what it may be, what it is when left out (None: it must be said), and what it means."""

    fits: Callable[[Any], bool]
    meaning: str
    default: Any = None
    required: bool = False

    @property
    def optional(self) -> bool:
        """May it be null, which says the same as leaving it out?"""
        return self.default is None and not self.required


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort:
    """A kind of rule, as people read it."""

    title: str
    asks: str
    per: Per
    period: Period
    level: Level
    source: str
    parameters: Mapping[str, Parameter]
    example: str


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: value in choices


def _bool(value: Any) -> bool:
    return isinstance(value, bool)


def _reasons(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each in EVERY_REASON for each in value)


def _days_of_month(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_whole(1, 31)(each) for each in value)


def _dates(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and _is_date(each) for each in value)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _percentiles(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(key, str) and key.count("/") == 1 and _whole(1, 10_000)(each) for key, each in value.items()
    )


EVERY_REASON = [str(reason) for reason in ExemptReason]
_COUNTING = {
    "count_case": Parameter(
        fits=_bool, default=True, meaning="个案检查是否计入（问题解答与中卫市口径不一，由规则决定）"
    ),
    "exempt": Parameter(
        fits=_reasons, default=EVERY_REASON, meaning="哪些豁免事由（须有来源文号）使一次检查不计入"
    ),
    "joint": Parameter(
        fits=_one_of("each", "host"), default="each", meaning="联合检查：each 各单位各计一次；host 只计牵头单位"
    ),
}  # fmt: skip
_WINDOW = Parameter(fits=_whole(1, LONGEST_WINDOW_DAYS), required=True, meaning="时间窗，自然日，首尾都算")
_SERIOUS = Parameter(fits=_whole(1, 10_000), default=None, meaning="超过此数为严重；不填则不升级")

KINDS: Mapping[Kind, Sort] = {
    Kind.ANNUAL_CAP: Sort(
        title="年度检查上限",
        asks="同一单位一个自然年内对同一企业检查超过上限了吗？",
        per=Per.AGENCY_AND_ENTERPRISE,
        period=Period.YEAR,
        level=Level.WARNING,
        source="国办发〔2024〕54号：公布同一行政机关对同一企业实施行政检查的年度频次上限",
        parameters={
            "cap": Parameter(fits=_whole(0, 366), required=True, meaning="一年至多几次"),
            **_COUNTING,
            "serious_over": _SERIOUS,
        },
        example="上限 2 次，第 3 次入企起预警",
    ),
    Kind.TIER_SUM: Sort(
        title="层级合计上限",
        asks="所列层级的各单位一个自然年内对同一企业合计检查超过上限了吗？联合检查合计一次。",
        per=Per.ENTERPRISE,
        period=Period.YEAR,
        level=Level.WARNING,
        source="中卫市：每级不超过 2 次，市、县（区）合计不超过 4 次",
        parameters={
            "cap": Parameter(fits=_whole(0, 1_000), required=True, meaning="合计一年至多几次；层级写在适用范围里"),
            **{name: _COUNTING[name] for name in ("count_case", "exempt")},
            "serious_over": _SERIOUS,
        },
        example="市、县两级合计 4 次，第 5 次起预警",
    ),
    Kind.ROLLING_WINDOW: Sort(
        title="高频检查",
        asks="任意连续若干日内的检查超过次数了吗？",
        per=Per.ENTERPRISE,
        period=Period.YEAR,
        level=Level.WARNING,
        source="江门亮码：高频检查预警；天数和次数为本地口径（P）",
        parameters={
            "days": _WINDOW,
            "limit": Parameter(fits=_whole(1, 1_000), required=True, meaning="窗内至多几次；联合检查算一次"),
            **{name: _COUNTING[name] for name in ("count_case", "exempt")},
            "serious_over": _SERIOUS,
        },
        example="30 日内超过 4 次",
    ),
    Kind.REPEAT_ITEM: Sort(
        title="重复检查",
        asks="同一单位若干日内对同一企业的同一事项又检查了吗？",
        per=Per.AGENCY_AND_ENTERPRISE,
        period=Period.YEAR,
        level=Level.WARNING,
        source="江门亮码：重复检查预警；国办发〔2024〕54号：不得重复检查；天数为本地口径（P）",
        parameters={"days": _WINDOW, **{name: _COUNTING[name] for name in ("count_case", "exempt")}},
        example="同一事项 90 日内查了两次",
    ),
    Kind.MANY_AGENCIES: Sort(
        title="多头检查",
        asks="若干日内不同单位各自上门、没有联合检查号吗？",
        per=Per.ENTERPRISE,
        period=Period.YEAR,
        level=Level.NOTICE,
        source="江门亮码：多头检查预警；国办发〔2024〕54号：能合并、能联合的不分别上门；天数为本地口径（P）",
        parameters={
            "days": _WINDOW,
            "agencies": Parameter(fits=_whole(2, 100), default=2, meaning="几个不同单位起算"),
            **{name: _COUNTING[name] for name in ("count_case", "exempt")},
        },
        example="15 日内三个单位分别上门",
    ),
    Kind.REASONABLE_FREQUENCY: Sort(
        title="明显超过合理频次",
        asks="计入和豁免的检查合计，明显多于合理频次吗？",
        per=Per.AGENCY_AND_ENTERPRISE,
        period=Period.YEAR,
        level=Level.SERIOUS,
        source="国办发〔2024〕54号：检查频次明显超过合理频次的，上级应当跟踪监督；阈值为本地口径（P）",
        parameters={
            "factor": Parameter(fits=_whole(1, 20), default=2, meaning="上限的几倍"),
            "p95": Parameter(
                fits=_percentiles,
                default={},
                meaning="同行业同风险等级的 95 分位，按“行业/等级”；由结清的期间算出、随版本颁布",
            ),
        },
        example="上限 2、系数 2：第 5 次（含豁免）起",
    ),
    Kind.QUIET_DAYS: Sort(
        title="企业宁静日",
        asks="在宁静日里上门、又没有可以例外的事由吗？",
        per=Per.AGENCY_AND_ENTERPRISE,
        period=Period.MONTH,
        level=Level.NOTICE,
        source="交口、商丘、安庆、晋宁：每月 1–15、1–20、1–25 日等为宁静日，例外须有事由",
        parameters={
            "days": Parameter(fits=_days_of_month, default=list(range(1, 16)), meaning="每月哪几日是宁静日"),
            "dates": Parameter(fits=_dates, default=[], meaning="另外哪些日期是宁静日（如高考、节庆）"),
            "exempt": _COUNTING["exempt"],
        },
        example="每月 1–15 日，日常检查不上门",
    ),
    Kind.SINGLE_OFFICER: Sort(
        title="单人执法",
        asks="到场若干分钟后，持证人员仍不足吗？",
        per=Per.AGENCY_AND_ENTERPRISE,
        period=Period.MONTH,
        level=Level.NOTICE,
        source="行政处罚法第四十二条：执法人员不得少于两人；在扫码上的口径为本地口径（P）",
        parameters={
            "officers": Parameter(fits=_whole(2, 10), default=2, meaning="至少几名持证人员"),
            "minutes": Parameter(fits=_whole(0, 1_440), default=15, meaning="到场后几分钟起判断"),
        },
        example="15 分钟后只有一人扫码",
    ),
    Kind.VOID_SHARE: Sort(
        title="作废占比",
        asks="一个单位一个月里作废、撤回的入企占比过高吗？",
        per=Per.AGENCY,
        period=Period.MONTH,
        level=Level.NOTICE,
        source="防止以作废规避上限（P）",
        parameters={
            "share": Parameter(fits=_share, required=True, meaning="占全部入企的份额，0 至 1"),
            "least": Parameter(fits=_whole(1, 10_000), default=10, meaning="至少多少次入企才判断"),
        },
        example="超过 10%，且当月不少于 10 次",
    ),
    Kind.EXEMPT_SHARE: Sort(
        title="豁免占比",
        asks="一个单位一个月里以豁免事由入企的占比过高吗？按单位自报计，未确认的也算；统计的豁免份额只计按现状的",
        per=Per.AGENCY,
        period=Period.MONTH,
        level=Level.NOTICE,
        source="防止以豁免事由规避上限（P）",
        parameters={
            "share": Parameter(fits=_share, required=True, meaning="占全部检查的份额，0 至 1"),
            "least": Parameter(fits=_whole(1, 10_000), default=10, meaning="至少多少次检查才判断"),
        },
        example="超过 50%，且当月不少于 10 次",
    ),
    Kind.SCAN_RATE: Sort(
        title="扫码率",
        asks="一个单位一个月里有文书、案件或计划而没有扫码的检查太多吗？",
        per=Per.AGENCY,
        period=Period.MONTH,
        level=Level.WARNING,
        source="国办发〔2024〕54号：扫码入企，全程可追溯；应扫未扫为标准指标",
        parameters={
            "rate": Parameter(fits=_share, required=True, meaning="扫码率低于此数即预警，0 至 1"),
            "least": Parameter(fits=_whole(1, 10_000), default=5, meaning="至少多少份文书才判断"),
        },
        example="扫码率低于 90%",
    ),
}


class Unfit(ValueError):
    """A rule that says nothing that can be judged; the text says which part."""


def fit(kind: str, parameters: Mapping[str, Any]) -> Kind:
    """Does this kind exist, and are these its parameters? Raises Unfit."""
    if kind not in set(Kind):
        raise Unfit(f"规则种类 {kind} 不存在，可用：{'、'.join(Kind)}")
    known = KINDS[Kind(kind)].parameters
    for name in parameters:
        if name not in known:
            raise Unfit(f"参数 {name} 不属于 {kind}，可用：{'、'.join(known)}")
    for name, parameter in known.items():
        if name not in parameters:
            if parameter.required:
                raise Unfit(f"缺少参数 {name}：{parameter.meaning}")
        elif not (parameter.optional and parameters[name] is None) and not parameter.fits(parameters[name]):
            raise Unfit(f"参数 {name} 的值 {parameters[name]!r} 不合适：{parameter.meaning}")
    return Kind(kind)
