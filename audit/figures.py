"""What may be asked of the statistics, and what an answer says. Reading them: audit/board.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from audit.facts import Purpose
from audit.models import Span
from audit.tally import Contribution


class Group(StrEnum):
    """One line for each of these; `all`: one line for everything. A `region` is a county."""

    ALL = "all"
    AGENCY = "agency"
    OFFICER = "officer"
    ENTERPRISE = "enterprise"
    CITY = "city"
    REGION = "region"
    TOWN = "town"
    CATEGORY = "category"


class Definition(StrEnum):
    SCANS = "scans"
    ANNUAL_REPORT = "annual_report"


DEFINITIONS = {
    Definition.SCANS: _(
        "扫码口径：系统所知的全部入企（扫码的和补录的），撤回、作废和并入其他入企的除外；"
        "一次联合检查在各单位各计一次，对企业只计一次（once）；计入次数（counted）按通用口径：全部豁免事由除外，"
        "个案计入，联合检查各单位各计，不随各地规则的参数变化；豁免份额（exempt_share）＝按现状有豁免事由的检查÷全部入企，"
        "与按单位自报判断的预警规则“豁免占比”不同"
    ),
    Definition.ANNUAL_REPORT: _(
        "统计年报口径：扫码口径中的检查（不含服务走访），扣除同一单位同日对同一企业有处罚案件的检查；"
        "没有具体对象的巡查不扫码，不在其中"
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sees:
    """Whose rows an account reaches: any of these. Empty: none by it."""

    everything: bool = False
    region_prefix: str = ""
    branch: str = ""
    supervised_by: str = ""

    def reaches(self, one: Contribution) -> bool:
        return (
            self.everything
            or bool(self.region_prefix and one.region_code.startswith(self.region_prefix))
            or bool(self.branch and f"/{self.branch}/" in one.organ.path)
            or bool(self.supervised_by and one.organ.supervised_by == self.supervised_by)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which figure? `first` to `last` are days in Asia/Shanghai, both inside; any days.

    `span` breaks each line down into days, months or years. `region_prefix`: of the enterprises; `agency_code`: this
    agency and those below it. At most `limit` groups, the greatest first.
    """

    group: Group
    first: date
    last: date
    span: Span | None = None
    definition: Definition = Definition.SCANS
    purpose: Purpose = Purpose.INSPECTION
    region_prefix: str = ""
    agency_code: str = ""
    sees: Sees = field(default_factory=lambda: Sees(everything=True))
    limit: int = 100

    @property
    def by_agency_only(self) -> bool:
        """At enterprises: is it one agency's (or branch's) visits that are asked for, not everybody's?"""
        return bool(self.agency_code) or not (self.sees.everything or self.sees.region_prefix)

    @property
    def measure(self) -> str:
        """By which measure do lines rank? An enterprise was disturbed `once` by a joint visit."""
        if self.definition is Definition.ANNUAL_REPORT:
            return "reported"
        return "once" if self.group is Group.ENTERPRISE and not self.by_agency_only else "visits"

    @property
    def seen(self) -> Sees:
        """The reach as this group can go by it: the sums by enterprise know no agency, those by officer no region."""
        if self.group is Group.ENTERPRISE and not self.by_agency_only:
            return replace(self.sees, branch="", supervised_by="")
        return replace(self.sees, region_prefix="") if self.group is Group.OFFICER else self.sees

    def matches(self, one: Contribution) -> bool:
        """Is this visit in the question?"""
        return (
            self.first <= one.day <= self.last
            and one.purpose == self.purpose
            and (self.group is Group.OFFICER or one.region_code.startswith(self.region_prefix))
            and (not self.agency_code or f"/{self.agency_code}/" in one.organ.path)
            and self.seen.reaches(one)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One group, in one stretch if the question breaks down: its measures, and who it is."""

    key: tuple[str, ...]
    start: date | None
    measures: Mapping[str, int]
    name: str = ""

    @property
    def joint_share(self) -> float | None:
        """Of the visits, the share made jointly by several agencies; None without visits."""
        return self._share("joint")

    @property
    def exempt_share(self) -> float | None:
        """Of the visits as they stand; the rule of that kind judges what the agency itself says (audit/shares.py)."""
        return self._share("exempt")

    def _share(self, measure: str) -> float | None:
        visits = self.measures["visits"]
        return self.measures[measure] / visits if visits else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`waiting`: versions that are queued and not in these figures yet; 0 but after a large import."""

    question: Question
    lines: list[Line]
    waiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Consecutive sums of one span, from the first one's first day to the day after the last one's last."""

    span: Span
    first: date
    end: date

    @property
    def is_one_sum(self) -> bool:
        return day_after(self.first, self.span) == self.end

    @property
    def is_kept_sum(self) -> bool:
        """Of single days no sums are kept (audit/models/figure.py, KEPT)."""
        return self.span is not Span.DAY and self.is_one_sum


def cover(first: date, last: date, largest: Span) -> list[Piece]:
    """The fewest sums that make up these days: years where they are whole, then months, then days."""
    return _cover(first, last + timedelta(days=1), largest)


def _cover(first: date, end: date, span: Span) -> list[Piece]:
    if first >= end:
        return []
    if span is Span.DAY:
        return [Piece(span=span, first=first, end=end)]
    inner = first if span.first_day(first) == first else day_after(first, span)
    outer = span.first_day(end)
    if inner >= outer:
        return _cover(first, end, span.next_smaller)
    return [
        *_cover(first, inner, span.next_smaller),
        Piece(span=span, first=inner, end=outer),
        *_cover(outer, end, span.next_smaller),
    ]


def day_after(day: date, span: Span) -> date:
    """The first day after the stretch in which this day lies."""
    longest = {Span.DAY: 1, Span.MONTH: 31, Span.YEAR: 366}[span]
    return span.first_day(span.first_day(day) + timedelta(days=longest))
