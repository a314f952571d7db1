"""Which papers does a scan answer, and which inspections were made without one (应扫未扫)? Pure.

国办发〔2024〕54号 wants every inspection scanned; a paper (document, penalty case, plan) says that there was one.
A paper is answered by a visit of its agency, or of one below it, at its enterprise, on its day or a few days before
(P): papers are dated when they are written, which is never before the visit. Only scans answer: what was imported from
papers is no proof of a scan, and what was taken back or voided was no visit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class PaperKind(StrEnum):
    """检查文书, 处罚案件, 检查计划."""

    INSPECTION = "inspection"
    PENALTY = "penalty"
    PLAN = "plan"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchPolicy:
    """How many calendar days before a paper's day may its visit have begun (P)? 0: the same day.

    `plan_days`: a plan carries only its last day; a visit so many days earlier still keeps it.
    """

    paper_days: int = 1
    plan_days: int = 7

    def __post_init__(self) -> None:
        if not (0 <= self.paper_days <= 60 and 0 <= self.plan_days <= 60):
            raise ValueError("a paper is looked for on 0 to 60 days")

    def days(self, kind: str) -> int:
        return self.plan_days if kind == PaperKind.PLAN else self.paper_days

    @property
    def longest(self) -> int:
        return max(self.paper_days, self.plan_days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """The present version of a paper. `key`: whatever names it to the caller; `on`: an Asia/Shanghai day."""

    key: int
    kind: str
    agency_code: str
    credit_code: str
    on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Scanned:
    """A scanned visit that stands. `on`: the Asia/Shanghai day of its on-site start."""

    visit: str
    agency_code: str
    agency_path: str
    credit_code: str
    on: date


def match(papers: Iterable[Paper], visits: Iterable[Scanned], *, policy: MatchPolicy) -> dict[int, str | None]:
    """Each paper's visit by the paper's key; None: 应扫未扫. The order of either side changes nothing.

    Papers of different kinds may speak of one inspection (a document and the penalty that came of it), as may several
    of one kind on one day; papers of one kind on different days are different inspections, and each needs a visit of
    its own: one scan must not cover for a week. As many are matched as can be, in the agency's favour.
    """
    at_door: defaultdict[str, list[Scanned]] = defaultdict(list)
    for visit in sorted(visits, key=lambda visit: (visit.on, visit.visit)):
        at_door[visit.credit_code].append(visit)
    found: dict[int, str | None] = {}
    for (agency, credit_code, kind), same in _alike(papers).items():
        own = [visit for visit in at_door.get(credit_code, ()) if _is_of(visit, agency)]
        answers = _by_day({paper.on for paper in same}, own, reach=policy.days(kind))
        found.update((paper.key, answers.get(paper.on)) for paper in same)
    return found


def _alike(papers: Iterable[Paper]) -> Mapping[tuple[str, str, str], list[Paper]]:
    found: defaultdict[tuple[str, str, str], list[Paper]] = defaultdict(list)
    for paper in papers:
        found[paper.agency_code, paper.credit_code, paper.kind].append(paper)
    return found


def _is_of(visit: Scanned, agency: str) -> bool:
    return visit.agency_code == agency or f"/{agency}/" in visit.agency_path


def _by_day(days: Iterable[date], visits: Sequence[Scanned], *, reach: int) -> dict[date, str]:
    """Days in their order take the earliest visit left to them; with windows of one length nobody does better."""
    found: dict[date, str] = {}
    at = 0
    for day in sorted(days):
        earliest = day - timedelta(days=reach)
        while at < len(visits) and visits[at].on < earliest:
            at += 1
        if at < len(visits) and visits[at].on <= day:
            found[day] = visits[at].visit
            at += 1
    return found


def rate_percent(matched: int, papers: int) -> int | None:
    """The scan rate (扫码率) in whole percent, rounded down; None where there is no paper."""
    return matched * 100 // papers if papers else None
