"""Who does not scan: papers beside scans, as figures by agency and month, and as the list behind them (reads)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.facts import SHANGHAI, State, day_of
from audit.matching import MatchPolicy, Paper, PaperKind, Scanned, match, rate_percent
from audit.models import Document, VisitFact

DEFINITION = (
    "应扫：日期在所问期间、未撤销的检查文书、处罚案件，以及日期已过的检查计划，每份计一次；"
    "已扫：同一单位（或其下级）在同一企业有扫码入企，入企日为文书日期当日或之前{paper_days}日内"
    "（计划为之前{plan_days}日内），撤回、作废和导入的入企不算；同一种文书不同日期各需一次入企；"
    "应扫未扫为其余各份；扫码率＝已扫÷应扫，百分数舍去小数。按现在所知计算，补录到达后随之改变"
)
"""What every figure here says of itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One paper that should have been scanned, and the visit that answers it (None: 应扫未扫)."""

    paper: Mapping[str, Any]
    visit: str | None
    looked_from: date

    @property
    def month(self) -> str:
        return f"{self.paper['on']:%Y-%m}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AgencyMonth:
    """An agency's month: papers that should have been scanned, and how many were."""

    agency_code: str
    agency_name: str
    supervised_by: str
    month: str
    papers: int
    matched: int

    @property
    def unscanned(self) -> int:
        return self.papers - self.matched

    @property
    def percent(self) -> int | None:
        return rate_percent(self.matched, self.papers)


COLUMNS = (
    "id", "kind", "source", "source_ref", "credit_code", "enterprise_name", "region_code", "agency_code",
    "agency_name", "agency_path", "supervised_by", "on",
)  # fmt: skip


def definition(policy: MatchPolicy) -> str:
    """In words, with the numbers of this house."""
    return DEFINITION.format(paper_days=policy.paper_days, plan_days=policy.plan_days)


def present_documents(*, known_by: datetime | None = None) -> QuerySet[Document]:
    """The latest version of each paper (known by then), unless it says that the paper is withdrawn."""
    known = Q() if known_by is None else Q(known_from__lte=known_by)
    later = Document.objects.filter(
        known, source=OuterRef("source"), source_ref=OuterRef("source_ref"), version__gt=OuterRef("version")
    )
    return Document.objects.filter(known, ~Exists(later), withdrawn=False)


def present_facts(*, known_by: datetime | None = None) -> QuerySet[VisitFact]:
    """The latest version of each visit (known by then)."""
    known = Q() if known_by is None else Q(known_from__lte=known_by)
    later = VisitFact.objects.filter(known, visit=OuterRef("visit"), version__gt=OuterRef("version"))
    return VisitFact.objects.filter(known, ~Exists(later))


def hold_papers(
    *, first: date, last: date, today: date, policy: MatchPolicy, within: Q, known_by: datetime | None = None
) -> list[Held]:
    """The papers of these days (both included) beside the scans. Two statements, however many there are.

    `within`: which rows, by the columns of Document (sight, agency, region). Papers a few days outside the days are
    looked at too, so that a visit that answers one of them is not taken for another's: a paper has the same answer
    whatever stretch is asked for, as long as neither chain of visits is longer than that margin. `known_by`: papers
    and scans as they were known at that moment.
    """
    margin = timedelta(days=2 * policy.longest)
    due = Q(kind=PaperKind.PLAN.value, on__lt=today) | Q(~Q(kind=PaperKind.PLAN.value), on__lte=today)
    asked = present_documents(known_by=known_by).filter(due, within, on__gte=first - margin, on__lte=last + margin)
    papers = list(asked.order_by("on", "id").values(*COLUMNS))
    answers = match(
        (_paper(row) for row in papers),
        _scanned(asked, first=first - margin - timedelta(days=policy.longest), last=last + margin, known_by=known_by)
        if papers
        else (),
        policy=policy,
    )
    return [
        Held(paper=row, visit=answers[row["id"]], looked_from=row["on"] - timedelta(days=policy.days(row["kind"])))
        for row in papers
        if first <= row["on"] <= last
    ]


def _paper(row: Mapping[str, Any]) -> Paper:
    return Paper(
        key=row["id"],
        kind=row["kind"],
        agency_code=row["agency_code"],
        credit_code=row["credit_code"],
        on=row["on"],
    )


def _scanned(papers: QuerySet[Document], *, first: date, last: date, known_by: datetime | None) -> list[Scanned]:
    """The scans at the enterprises of these papers that stand, by their agency's own word too."""
    rows = (
        present_facts(known_by=known_by)
        .filter(
            credit_code__in=papers.order_by().values("credit_code"),
            started_at__gte=start_of(first),
            started_at__lt=start_of(last + timedelta(days=1)),
            state=State.OPEN.value,
            origin="scanned",
        )
        .values_list("visit", "agency_code", "agency_path", "credit_code", "started_at", "claim")
    )
    return [
        Scanned(visit=visit, agency_code=agency, agency_path=path, credit_code=code, on=day_of(started_at))
        for visit, agency, path, code, started_at, claim in rows
        if not claim or claim.get("state", State.OPEN) == State.OPEN
    ]


def start_of(day: date) -> datetime:
    """The first moment of a day in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def by_agency_and_month(held: Iterable[Held]) -> list[AgencyMonth]:
    """The figure of each agency's month, in the order of months and agencies."""
    groups: defaultdict[tuple[str, str], list[Held]] = defaultdict(list)
    for one in held:
        groups[one.month, one.paper["agency_code"]].append(one)
    return [_figure(month, same) for (month, _agency), same in sorted(groups.items())]


def _figure(month: str, same: Sequence[Held]) -> AgencyMonth:
    paper = same[-1].paper  # the latest name stands for all
    return AgencyMonth(
        agency_code=paper["agency_code"],
        agency_name=paper["agency_name"],
        supervised_by=paper["supervised_by"],
        month=month,
        papers=len(same),
        matched=sum(one.visit is not None for one in same),
    )
