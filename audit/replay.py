"""Rules tried on the past (试算), enterprise by enterprise: who would be flagged, beside who was. Pure.

A draft takes the place of the enacted versions of its code from its own first day on. The other rules stay as they are,
but only those that the drafts can touch are compared: the drafts' codes and, where one of them is an annual cap, all
annual caps and the reasonable frequencies, which are multiples of caps.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from audit.draft import Draft
from audit.facts import SHANGHAI, Fact
from audit.finding import Finding
from audit.kinds import Kind, Per
from audit.law import Law, Rule
from audit.rules import judge

CAPS = frozenset({Kind.ANNUAL_CAP, Kind.REASONABLE_FREQUENCY})
Key = tuple[str, str, str]
"""Rule, agency (empty: whoever came), period."""


class Side(StrEnum):
    """Whose flag it is: the drafts' alone, the enacted rules' alone, or both."""

    DRAFT = "draft"
    ENACTED = "enacted"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The days that are replayed, both included, in Asia/Shanghai. A year's rule counts from January on, up to the
    last day; what is compared are flags whose period (a year, a month) touches these days."""

    first: date
    last: date

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), SHANGHAI)

    @property
    def years(self) -> range:
        return range(self.first.year, self.last.year + 1)

    def touches(self, period: str) -> bool:
        return _touches(self.first, self.last, period)


@lru_cache(maxsize=10_000)
def _touches(first: date, last: date, period: str) -> bool:
    if "-" in period:
        return f"{first:%Y-%m}" <= period <= f"{last:%Y-%m}"
    return first.year <= int(period) <= last.year


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An enacted flag as it stands now, beside whom it is about."""

    enterprise: str
    region_code: str
    agency: str
    supervised_by: str
    opened_by: str
    raised_at: datetime
    version: int
    state: str
    kind: str
    level: str
    counted: int
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One rule, enterprise, agency (empty: whoever came) and period: on which side it is flagged, and why.

    `version`, `level`, `counted`, `sentence`: the draft's, where it flags; else the flag's. `state`: how the enacted
    flag stands now (raised, grown, eased, lowered); empty where there is none.
    """

    rule: str
    version: int
    kind: str
    credit_code: str
    enterprise: str
    region_code: str
    agency_code: str
    agency: str
    supervised_by: str
    period: str
    side: Side
    level: str
    counted: int
    sentence: str
    state: str


@dataclass(slots=True)
class Totals:
    """How many outcomes of each side: over all, per rule, per agency (code and name; empty: the enterprise as a whole).
    `lowered`: of the enacted flags, those that stand no more."""

    visits: int = 0
    enterprises: int = 0
    lowered: int = 0
    all: Counter[Side] = field(default_factory=Counter)
    rules: dict[str, Counter[Side]] = field(default_factory=dict)
    agencies: dict[tuple[str, str], Counter[Side]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.all[outcome.side] += 1
        self.rules.setdefault(outcome.rule, Counter())[outcome.side] += 1
        self.agencies.setdefault((outcome.agency_code, outcome.agency), Counter())[outcome.side] += 1
        self.lowered += outcome.state == "lowered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """The law with the drafts in it. `codes`: the rules that are compared. `reach`: how many days before the first of
    January windows look."""

    rules: tuple[Rule, ...]
    annual_cap: int | None
    codes: frozenset[str]
    reach: int

    def law(self) -> Law:
        """A law that has read nothing yet: it remembers every enterprise and agency that it is asked about."""
        return Law(self.rules, default_cap=self.annual_cap)

    def since(self, span: Span) -> datetime:
        """From when on visits matter."""
        return datetime(span.first.year, 1, 1, tzinfo=SHANGHAI) - timedelta(days=self.reach)


def unjudged(drafts: Iterable[Draft]) -> list[str]:
    """The codes of the drafts that no enterprise's visits decide: rules about an agency as a whole are not replayed."""
    return sorted({draft.code for draft in drafts if draft.as_rule(0).sort.per is Per.AGENCY})


def trial(drafts: Sequence[Draft], *, enacted: Sequence[Rule], annual_cap: int | None) -> Trial:
    """Put the drafts into the law. `annual_cap`: where no rule says one (P)."""
    newest = Counter[str]()
    for rule in enacted:
        newest[rule.code] = max(newest[rule.code], rule.version)
    tried: list[Rule] = []
    for draft in sorted(drafts, key=lambda draft: draft.effective_from):
        newest[draft.code] += 1
        tried.append(draft.as_rule(newest[draft.code]))
    starts: dict[str, date] = {}
    for rule in tried:
        starts.setdefault(rule.code, rule.effective_from)
    kept = [rule for rule in enacted if rule.effective_from < starts.get(rule.code, date.max)]
    capped = any(rule.kind is Kind.ANNUAL_CAP for rule in tried)
    touched = [
        rule
        for rule in (*kept, *tried)
        if rule.sort.per is not Per.AGENCY and (rule.code in starts or (capped and rule.kind in CAPS))
    ]
    codes = {rule.code for rule in touched}
    if capped:
        codes.add(Kind.ANNUAL_CAP.value)  # the flag of the operator's default
    caps = [rule for rule in kept if rule.kind is Kind.ANNUAL_CAP and rule not in touched]
    windows = [int(rule.parameters["days"]) for rule in touched if isinstance(rule.parameters.get("days"), int)]
    law = (*caps, *touched)
    return Trial(rules=law, annual_cap=annual_cap, codes=frozenset(codes), reach=max(windows, default=0))


def outcomes(
    facts: Sequence[Fact],
    *,
    credit_code: str,
    enterprise: str,
    flags: Mapping[Key, Raised],
    tried: Trial,
    law: Law,
    span: Span,
) -> Iterator[Outcome]:
    """One enterprise. `facts`: the latest of each of its visits, some later than the span too. `flags`: its own.
    `law`: the trial's."""
    present = [fact for fact in facts if fact.started_at < span.end]
    found: dict[Key, Finding] = {}
    if present:
        for finding in judge(present, law=law, as_of=span.end, years=span.years):
            if finding.rule.code in tried.codes and span.touches(finding.period):
                found[finding.key] = finding
    began = {fact.visit: fact.started_at for fact in facts} if flags else {}
    raised = {
        key: flag
        for key, flag in flags.items()
        if span.touches(key[2]) and began.get(flag.opened_by, flag.raised_at) < span.end
    }
    region = present[-1].region_code if present else ""
    for key, finding in found.items():
        yield drafted(finding, credit_code=credit_code, enterprise=enterprise, region=region, flag=raised.get(key))
    for key, flag in raised.items():
        if key not in found:
            yield _enacted(key, flag, credit_code=credit_code)


def drafted(finding: Finding, *, credit_code: str, enterprise: str, region: str, flag: Raised | None) -> Outcome:
    """What the draft finds, beside the flag that was raised, if there is one."""
    return Outcome(
        rule=finding.rule.code,
        version=finding.rule.version,
        kind=str(finding.rule.kind),
        credit_code=credit_code,
        enterprise=enterprise,
        region_code=region,
        agency_code=finding.agency_code,
        agency=finding.agency_name,
        supervised_by=finding.supervised_by,
        period=finding.period,
        side=Side.BOTH if flag else Side.DRAFT,
        level=str(finding.level),
        counted=len(finding.counted),
        sentence=finding.sentence,
        state=flag.state if flag else "",
    )


def _enacted(key: Key, flag: Raised, *, credit_code: str) -> Outcome:
    rule, agency_code, period = key
    return Outcome(
        rule=rule,
        version=flag.version,
        kind=flag.kind,
        credit_code=credit_code,
        enterprise=flag.enterprise,
        region_code=flag.region_code,
        agency_code=agency_code,
        agency=flag.agency,
        supervised_by=flag.supervised_by,
        period=period,
        side=Side.ENACTED,
        level=flag.level,
        counted=flag.counted,
        sentence=flag.sentence,
        state=flag.state,
    )
