"""Counts and flags as they were known at a past moment, within the caller's reach."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, BeforeValidator, Field

from audit.as_of import Told, explain, facts_known, flags_known, in_branch, is_settled, rules_known
from audit.auth import Sight, seen
from audit.duties import Matter, May, Reach
from audit.explained import WHY_LEFT_OUT, word
from audit.facts import Fact
from audit.models import VisitFact
from audit.problem import Problem

router = Router()
REGION = r"^([0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3})?)?)?)?$"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
NAMES = r"^[^\x00-\x1f/]*$"


class AsOfAhead(Problem):
    code, status, title = "as-of-ahead", 422, _("所问时刻尚未到来")


def _written_out(value: Any) -> Any:
    """A day and a time, not a number of seconds: pydantic would take `0.5` for half a second of 1970."""
    if isinstance(value, str) and not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", value):
        raise ValueError("not RFC 3339")
    return value


class AsOf(Schema):
    """`as_of`: the moment, with an offset, at the latest now (which it is when left out)."""

    as_of: Annotated[AwareDatetime | None, BeforeValidator(_written_out), Field(ge=EPOCH)] = None


class AskedForCount(AsOf):
    credit_code: Annotated[str, Field(min_length=1, max_length=18, pattern=NAMES)]
    agency: Annotated[str, Field(min_length=1, max_length=40, pattern=NAMES)]
    year: Annotated[int, Field(ge=1993, le=2099)]


class CountedVisit(Schema):
    """`why`: why it does not count, empty if it does, with its words in `because`. `unconfirmed`: it counts until a
    supervisor confirms. `version`: of the visit's facts, `rule` and `rule_version`: of the cap at its start."""

    visit: str
    version: int
    started_at: datetime
    category: str
    joint_id: str
    why: str
    because: str
    unconfirmed: bool
    rule: str
    rule_version: int | None


class CapRule(Schema):
    """The rule that the last visit of the year stands under. `enacted` false (and `version` 0): no rule said a cap; it
    is the one in the operator's settings now, whatever it was at `as_of`."""

    rule: str
    version: int
    enacted: bool
    cap: int
    source: str


class CountOut(Schema):
    """`count`: what flags go by; `own`: as the agency itself says. `settled`: what was known then has arrived, and
    asked again the answer is the same, but for a cap that is not `enacted`.

    `enterprise_inspections`: all that the enterprise bore in the year, whoever came, exempt ones and a joint one once;
    `enterprise_unconfirmed`: of these, those that count only until a supervisor confirms that they were none, as in
    `count`. `enterprise_services`: service visits that stand.
    """

    as_of: datetime
    settled: bool
    credit_code: str
    agency_code: str
    agency: str
    year: int
    count: int
    own: int
    cap: CapRule | None
    sentence: str
    counted: list[CountedVisit]
    left_out: list[CountedVisit]
    enterprise_inspections: int
    enterprise_unconfirmed: int
    enterprise_services: int


class AskedForFlags(AsOf):
    """`state` `open`: all but lowered ones. `before`: the `next` of the page before."""

    state: Literal["open", "raised", "grown", "eased", "doubted", "lowered"] | None = None
    region: Annotated[str, Field(pattern=REGION)] = ""
    agency: Annotated[str, Field(max_length=40, pattern=NAMES)] = ""
    credit_code: Annotated[str, Field(max_length=18, pattern=NAMES)] = ""
    rule: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")] = ""
    before: Annotated[int | None, Field(ge=1, le=2**62)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class FlagOut(Schema):
    """A flag as it stood. `level` and `evidence`: of that state; `state_at`: since when it stood so."""

    id: int
    rule: str
    rule_version: int
    level: str
    credit_code: str
    enterprise: str
    region_code: str
    agency_code: str
    agency: str
    supervised_by: str
    period: str
    raised_at: datetime
    state: str
    state_at: datetime
    sentence: str
    evidence: dict[str, Any]


class FlagsOut(Schema):
    """The newest first. `next`: `before` of the next page; null on the last one."""

    as_of: datetime
    settled: bool
    items: list[FlagOut]
    next: int | None


@router.get(
    "/counts",
    response=CountOut,
    summary="How often an agency inspected an enterprise in a year, as known at a past moment, explained",
    openapi_extra={"x-problems": ["not-found", "as-of-ahead"]},
)
def counts(request: HttpRequest, asked: Query[AskedForCount]) -> dict[str, Any]:
    """Three statements. An enterprise or agency out of reach is not found (404)."""
    sight = seen(request, May.VIEW, Matter.FACTS)
    as_of, settled = _moment(asked)
    facts = facts_known(credit_code=asked.credit_code, year=asked.year, as_of=as_of)
    if not _reaches(sight, facts, asked=asked, as_of=as_of):
        raise Http404
    found = explain(
        facts,
        rules=rules_known(as_of),
        annual_cap=settings.AUDIT_POLICY.annual_cap,
        agency_code=asked.agency,
        year=asked.year,
    )
    cap = found.cap
    return {
        "as_of": as_of,
        "settled": settled,
        "credit_code": asked.credit_code,
        "agency_code": asked.agency,
        "agency": found.agency_name,
        "year": asked.year,
        "count": len(found.counted),
        "own": len(found.counted) - len(found.unconfirmed),
        "cap": cap
        and {
            "rule": cap.code,
            "version": cap.version,
            "enacted": cap.is_enacted,
            "cap": cap.parameters["cap"],
            "source": cap.source,
        },
        "sentence": found.sentence,
        "counted": [_visit(told) for told in found.counted],
        "left_out": [_visit(told) for told in found.left_out],
        "enterprise_inspections": found.inspections,
        "enterprise_unconfirmed": found.inspections_unconfirmed,
        "enterprise_services": found.services,
    }


@router.get(
    "/flags",
    response=FlagsOut,
    summary="Flags as they stood at a past moment",
    openapi_extra={"x-problems": ["as-of-ahead"]},
)
def flags(request: HttpRequest, asked: Query[AskedForFlags]) -> dict[str, Any]:
    """Those in reach, the newest first. One statement a page."""
    sight = seen(request, May.VIEW, Matter.FLAGS)
    as_of, settled = _moment(asked)
    if sight.reach is Reach.BRANCH:
        within = in_branch(sight.rows(branch="agency_path"))
    else:
        within = sight.rows(region="region_code", supervised_by="supervised_by")
    rows = flags_known(as_of).filter(within, region_code__startswith=asked.region)
    for column, value in (("agency_code", asked.agency), ("credit_code", asked.credit_code), ("rule", asked.rule)):
        if value:
            rows = rows.filter(**{column: value})
    if asked.state == "open":
        rows = rows.exclude(state="lowered")
    elif asked.state:
        rows = rows.filter(state=asked.state)
    if asked.before is not None:
        rows = rows.filter(pk__lt=asked.before)
    page = list(rows.order_by("-pk")[: asked.limit + 1])
    shown = page[: asked.limit]
    return {
        "as_of": as_of,
        "settled": settled,
        "items": [_flag(row) for row in shown],
        "next": shown[-1].pk if len(page) > asked.limit else None,
    }


def _moment(asked: AsOf) -> tuple[datetime, bool]:
    now = timezone.now()
    as_of = asked.as_of or now
    if as_of > now:
        raise AsOfAhead
    return as_of, is_settled(as_of, now=now)


def _reaches(sight: Sight, facts: list[Fact], *, asked: AskedForCount, as_of: datetime) -> bool:
    """May this account know this count? It must see the agency's visits at the enterprise or, for a count of none, the
    enterprise: else a nought would be told of what it may not see."""
    within = sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    known = VisitFact.objects.filter(within, credit_code=asked.credit_code, known_from__lte=as_of)
    if any(fact.agency_code == asked.agency for fact in facts):
        return known.filter(agency_code=asked.agency).exists()
    return known.filter(sight.rows(region="region_code")).exists()


def _visit(told: Told) -> dict[str, Any]:
    fact, rule = told.fact, told.rule
    return {
        "visit": fact.visit,
        "version": fact.version,
        "started_at": fact.started_at,
        "category": fact.category,
        "joint_id": fact.joint_id,
        "why": str(told.why or ""),
        "because": word(WHY_LEFT_OUT, told.why) if told.why else "",
        "unconfirmed": told.unconfirmed,
        "rule": rule.code if rule else "",
        "rule_version": rule.version if rule else None,
    }


def _flag(row: Any) -> dict[str, Any]:
    evidence = row.evidence or {}
    return {
        "id": row.pk,
        "rule": row.rule,
        "rule_version": evidence.get("version", row.rule_version),
        "level": evidence.get("level", row.level),
        "credit_code": row.credit_code,
        "enterprise": row.enterprise_name,
        "region_code": row.region_code,
        "agency_code": row.agency_code,
        "agency": row.agency_name,
        "supervised_by": row.supervised_by,
        "period": row.period,
        "raised_at": row.raised_at,
        "state": row.state or "raised",
        "state_at": row.stood_since or row.raised_at,
        "sentence": evidence.get("sentence", ""),
        "evidence": evidence,
    }
