"""What would these rules have found in these days? Reads only: an audit/replay.py over the tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import F, JSONField, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast

from audit.draft import Draft
from audit.facts import Fact, latest
from audit.models import Flag, FlagState, VisitFact
from audit.queries import YEAR_MARGIN, rules
from audit.replay import Key, Outcome, Raised, Span, Totals, Trial, outcomes, trial

CHUNK = 5_000
ENTERPRISES_A_LAW = 500
"""As many enterprises one law remembers: a city's would fill the memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What the asker sees: the enterprises of a region, and the agencies that a code supervises."""

    region_prefix: str
    supervised_by: str

    @property
    def rows(self) -> Q:
        found = Q(pk__in=())
        if self.region_prefix:
            found |= Q(region_code__startswith=self.region_prefix)
        return found | Q(supervised_by=self.supervised_by) if self.supervised_by else found

    def holds(self, outcome: Outcome) -> bool:
        here = bool(self.region_prefix) and outcome.region_code.startswith(self.region_prefix)
        return here or (bool(self.supervised_by) and outcome.supervised_by == self.supervised_by)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """These rules, on these days. `region_prefix` narrows to the enterprises there; `reach` None: everything.

    `annual_cap`: where no rule says one (P).
    """

    drafts: Sequence[Draft]
    span: Span
    annual_cap: int | None
    region_prefix: str = ""
    reach: Reach | None = None

    def sees(self, outcome: Outcome) -> bool:
        here = outcome.region_code.startswith(self.region_prefix)
        return here and (self.reach is None or self.reach.holds(outcome))


def replay(question: Question, *, totals: Totals) -> Iterator[Outcome]:
    """The outcomes, enterprise by enterprise, and their `totals` as they come. Three statements, the visits streamed;
    to be consumed inside `one_moment()`."""
    tried = trial(question.drafts, enacted=rules(), annual_cap=question.annual_cap)
    flags = _flags(question, tried=tried)
    law = tried.law()
    for place, (credit_code, facts, enterprise) in enumerate(enterprises(question, tried=tried), start=1):
        if place % ENTERPRISES_A_LAW == 0:
            law = tried.law()
        totals.enterprises += 1
        totals.visits += len(facts)
        for outcome in outcomes(
            facts,
            credit_code=credit_code,
            enterprise=enterprise,
            flags=flags.pop(credit_code, {}),
            tried=tried,
            law=law,
            span=question.span,
        ):
            if question.sees(outcome):
                totals.add(outcome)
                yield outcome
    # Flags at enterprises that no visit of these days names any more.
    for credit_code, left in flags.items():
        for outcome in outcomes(
            [], credit_code=credit_code, enterprise="", flags=left, tried=tried, law=law, span=question.span
        ):
            if question.sees(outcome):
                totals.add(outcome)
                yield outcome


def versions(question: Question) -> int:
    """How many versions of visits a replay reads."""
    return int(_facts(question, tried=trial(question.drafts, enacted=rules(), annual_cap=None)).count())


def _facts(question: Question, *, tried: Trial) -> Any:
    """All visits of each enterprise that is asked about: of a part of them, too few would be counted."""
    since, end = tried.since(question.span), question.span.end
    found = VisitFact.objects.filter(started_at__gte=since - YEAR_MARGIN, started_at__lt=end + YEAR_MARGIN)
    whose = Q()
    if question.region_prefix:
        whose &= Q(region_code__startswith=question.region_prefix)
    if question.reach is not None:
        whose &= question.reach.rows
    return found.filter(credit_code__in=found.filter(whose).values("credit_code")) if whose else found


_TEXT = (
    "visit", "state", "origin", "credit_code", "region_code", "industry", "risk_grade", "agency_code", "agency_name",
    "agency_path", "agency_level", "supervised_by", "purpose", "category", "reason", "source_no",
)  # fmt: skip


def enterprises(question: Question, *, tried: Trial) -> Iterator[tuple[str, list[Fact], str]]:
    """Each enterprise's visits in their latest versions, with its last name."""
    rows = (
        _facts(question, tried=tried)
        .order_by("credit_code")
        .values_list(
            "credit_code", "enterprise_name", "version", *_TEXT, "superior_ordered", "joint_id", "started_at",
            *(Cast(F(name), TextField()) for name in ("officers", "items", "claim")),
        )
        .iterator(chunk_size=CHUNK)
    )  # fmt: skip
    since = tried.since(question.span)
    for credit_code, found in groupby(rows, key=itemgetter(0)):
        row: Any = ()
        facts = []
        for row in found:
            facts.append(_fact(row))
        present = [fact for fact in latest(facts) if fact.started_at >= since]
        if present:
            yield credit_code, present, row[1]


def _fact(row: Sequence[Any]) -> Fact:
    """One version out of its columns, without the detour through a JSON object: half of a replay's time is this."""
    (
        _credit_code, _name, version, visit, state, origin, credit_code, region_code, industry, risk_grade, agency_code,
        agency_name, agency_path, agency_level, supervised_by, purpose, category, reason, source_no, superior_ordered,
        joint_id, started_at, officers, items, claim,
    ) = row  # fmt: skip
    return Fact(
        visit=visit,
        version=version,
        state=state,
        origin=origin,
        agency_code=agency_code,
        agency_name=agency_name,
        purpose=purpose,
        category=category,
        reason=reason,
        source_no=source_no,
        superior_ordered=superior_ordered,
        joint_id=joint_id,
        started_at=started_at,
        officers=_officers(officers),
        uncertified=_uncertified(officers),
        credit_code=credit_code,
        region_code=region_code,
        industry=industry,
        risk_grade=risk_grade,
        agency_path=agency_path,
        agency_level=agency_level or "",
        supervised_by=supervised_by,
        items=_items(items),
        claim=_claim(claim),
    )


@lru_cache(maxsize=100_000)
def _officers(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((each["certificate_no"], each["name"]) for each in json.loads(text))


@lru_cache(maxsize=100_000)
def _uncertified(text: str) -> tuple[str, ...]:
    return tuple(each["certificate_no"] for each in json.loads(text) if not each.get("certified", True))


@lru_cache(maxsize=10_000)
def _items(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text) or ()) if text else ()


@lru_cache(maxsize=1_000)
def _claim(text: str | None) -> Any:
    return json.loads(text) if text else None


def _flags(question: Question, *, tried: Trial) -> dict[str, dict[Key, Raised]]:
    """The enacted flags of the compared rules, by enterprise. Agencies as a whole have none here."""
    years = question.span.years
    state = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk")
    rows = (
        Flag.objects.filter(
            rule__in=tried.codes, period__gte=str(years[0]), period__lt=str(years[-1] + 1),
            region_code__startswith=question.region_prefix,
        )
        .filter(question.reach.rows if question.reach else Q())
        .exclude(credit_code="")
        .values_list(
            "credit_code", "rule", "agency_code", "period", "enterprise_name", "region_code", "agency_name",
            "supervised_by", "opened_by_visit", "raised_at", "rule_version", "level",
            Subquery(state.values("state")[:1]), Subquery(state.values("evidence")[:1], output_field=JSONField()),
        )
    )  # fmt: skip
    found: dict[str, dict[Key, Raised]] = {}
    for credit_code, rule, agency_code, period, *told, evidence in rows.iterator(chunk_size=CHUNK):
        enterprise, region_code, agency, supervised_by, opened_by, raised_at, version, level, standing = told
        evidence = evidence or {}
        found.setdefault(credit_code, {})[rule, agency_code, period] = Raised(
            enterprise=enterprise,
            region_code=region_code,
            agency=agency,
            supervised_by=supervised_by,
            opened_by=opened_by,
            raised_at=raised_at,
            version=version,
            state=standing or "raised",
            kind=evidence.get("kind", ""),
            level=evidence.get("level", level),
            counted=len(evidence.get("counted", ())),
            sentence=evidence.get("sentence", ""),
        )
    return found
