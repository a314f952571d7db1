"""The law of frequency: visits in, counts and findings out. Pure: no clock, no database.

Sources: 国办发〔2024〕54号 and its 问题解答 (annual cap per organ and enterprise; kinds of inspection), 中卫市 (exempt
reasons), 深府规〔2025〕6号 (a joint visit counts once for the enterprise).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Purpose(StrEnum):
    INSPECTION = "inspection"
    SERVICE = "service"


class Category(StrEnum):
    """日常, 个案, 专项."""

    ROUTINE = "routine"
    CASE = "case"
    SPECIAL = "special"


class State(StrEnum):
    OPEN = "open"
    WITHDRAWN = "withdrawn"
    ABSORBED = "absorbed"


class ExemptReason(StrEnum):
    """Reasons that take a visit out of the cap, each with a source number (R 中卫)."""

    COMPLAINT = "complaint"
    ASSIGNED = "assigned"
    ASSIST_SUPERIOR = "assist_superior"
    AUDIT = "audit"
    OFFSITE_LEAD = "offsite_lead"
    MEDIA = "media"
    RECTIFICATION = "rectification"
    REQUESTED = "requested"
    LICENSING = "licensing"
    STATUTORY_EMERGENCY = "statutory_emergency"


class LeftOut(StrEnum):
    """Why a visit does not count against an agency's annual cap."""

    OTHER_YEAR = "other_year"
    OTHER_AGENCY = "other_agency"
    ABSORBED = "absorbed"
    WITHDRAWN = "withdrawn"
    SERVICE = "service"
    EXEMPT = "exempt"
    SUPERIOR_ORDERED = "superior_ordered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One visit as it is known now, by value. `started_at`: the on-site start, which decides the year.

    `known_from`: since when this version was known; None for one that is not written yet.
    """

    visit: str
    version: int
    state: str
    origin: str
    agency_code: str
    agency_name: str
    purpose: str
    category: str
    reason: str
    source_no: str
    superior_ordered: bool
    joint_id: str
    started_at: datetime
    officers: tuple[tuple[str, str], ...]
    known_from: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CapRule:
    """One enacted version of an annual cap. `effective_to` is exclusive."""

    code: str
    version: int
    cap: int
    region_prefix: str
    effective_from: date
    effective_to: date | None
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One agency at one enterprise in one year: each visit counted, each left out and why."""

    year: int
    counted: tuple[str, ...]
    left_out: tuple[tuple[str, LeftOut], ...]

    @property
    def with_unconfirmed(self) -> int:
        """The count as if no withdrawal had been made: both stand until a supervisor confirms one."""
        return len(self.counted) + sum(1 for _visit, why in self.left_out if why is LeftOut.WITHDRAWN)


def year_of(moment: datetime) -> int:
    """The calendar year in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).year


def latest(facts: Iterable[Fact]) -> list[Fact]:
    """The present of each visit: its highest version, in order of on-site start."""
    newest: dict[str, Fact] = {}
    for fact in facts:
        known = newest.get(fact.visit)
        if known is None or fact.version > known.version:
            newest[fact.visit] = fact
    return sorted(newest.values(), key=lambda fact: (fact.started_at, fact.visit))


def why_left_out(fact: Fact, *, agency_code: str, year: int) -> LeftOut | None:
    """Why does this visit not count against the agency's cap of the year? None: it counts.

    The order is the order of the reasons a person would give: whose and when first, then what it was.
    """
    if fact.agency_code != agency_code:
        return LeftOut.OTHER_AGENCY
    if year_of(fact.started_at) != year:
        return LeftOut.OTHER_YEAR
    if fact.state == State.ABSORBED:
        return LeftOut.ABSORBED
    if fact.state == State.WITHDRAWN:
        return LeftOut.WITHDRAWN
    if fact.purpose == Purpose.SERVICE:
        return LeftOut.SERVICE
    if fact.category == Category.SPECIAL and fact.superior_ordered:
        return LeftOut.SUPERIOR_ORDERED
    if fact.reason in set(ExemptReason) and fact.source_no:
        return LeftOut.EXEMPT
    return None


def count(facts: Iterable[Fact], *, agency_code: str, year: int) -> Count:
    """How often did this agency inspect the enterprise in the year? Other agencies' visits are left unsaid."""
    counted: list[str] = []
    left_out: list[tuple[str, LeftOut]] = []
    for fact in latest(facts):
        why = why_left_out(fact, agency_code=agency_code, year=year)
        if why is None:
            counted.append(fact.visit)
        elif why is not LeftOut.OTHER_AGENCY:
            left_out.append((fact.visit, why))
    return Count(year=year, counted=tuple(counted), left_out=tuple(left_out))


def enterprise_total(facts: Iterable[Fact], *, year: int) -> int:
    """How many inspections did the enterprise bear in the year, whoever came?

    A joint visit counts once (R 深圳). Visits that no cap counts (exempt, ordered by a superior) are inspections too:
    they are always inside the statistics (R 中卫).
    """
    return len(
        {
            fact.joint_id or fact.visit
            for fact in latest(facts)
            if fact.purpose == Purpose.INSPECTION and fact.state == State.OPEN and year_of(fact.started_at) == year
        }
    )


def service_total(facts: Iterable[Fact], *, year: int) -> int:
    """Service visits have a counter of their own, outside every cap."""
    return len(
        {
            fact.joint_id or fact.visit
            for fact in latest(facts)
            if fact.purpose == Purpose.SERVICE and fact.state == State.OPEN and year_of(fact.started_at) == year
        }
    )


def rule_in_force(rules: Iterable[CapRule], *, on: date, region_code: str) -> CapRule | None:
    """Which cap applies on this day in this region? The longest region prefix wins, then the highest version."""
    fitting = [
        rule
        for rule in rules
        if rule.effective_from <= on
        and (rule.effective_to is None or on < rule.effective_to)
        and region_code.startswith(rule.region_prefix)
    ]
    return max(fitting, key=lambda rule: (len(rule.region_prefix), rule.effective_from, rule.version), default=None)


def cap_in_force(rules: Iterable[CapRule], *, at: datetime, region_code: str, default_cap: int) -> CapRule:
    """The cap that counts for a visit begun at `at`; where no row says one, the operator's default (P)."""
    on = at.astimezone(SHANGHAI).date()
    return rule_in_force(rules, on=on, region_code=region_code) or CapRule(
        code="annual_cap",
        version=0,
        cap=default_cap,
        region_prefix="",
        effective_from=on,
        effective_to=None,
        source="P: ANNUAL_CAP",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """An over-cap year, explained: the rule and its version, the visits counted, the visits left out and why."""

    rule: CapRule
    count: Count
    agency_name: str

    @property
    def sentence(self) -> str:
        left = f"，另有 {len(self.count.left_out)} 次不计入" if self.count.left_out else ""
        return (
            f"{self.agency_name} {self.count.year} 年对该企业检查 {len(self.count.counted)} 次，"
            f"超过年度上限 {self.rule.cap} 次{left}"
            f"（规则 {self.rule.code} 第 {self.rule.version} 版，{self.rule.source}）。"
        )

    def evidence(self) -> Mapping[str, object]:
        """The explanation as data, for a Flag's state and the platform."""
        return {
            "sentence": self.sentence,
            "rule": self.rule.code,
            "version": self.rule.version,
            "cap": self.rule.cap,
            "year": self.count.year,
            "counted": list(self.count.counted),
            "left_out": [{"visit": visit, "why": str(why)} for visit, why in self.count.left_out],
        }


def over_cap(counted: Count, *, rule: CapRule | None, agency_name: str) -> Finding | None:
    """Is the year over its cap? It warns and tells the supervisor, it never blocks (public safety)."""
    if rule is None or len(counted.counted) <= rule.cap:
        return None
    return Finding(rule=rule, count=counted, agency_name=agency_name)
