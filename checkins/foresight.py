"""The words of what is answered before a visit."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field

from audit.facts import Fact, day_of
from checkins.ahead import Foreseen, Quiet, Year
from checkins.answers import EnterpriseOut
from checkins.models import Plan, Result
from checkins.plan import Proposal
from checkins.precheck import Inspected

INSPECTED = _("%(ago)s 天前已查，%(outcome)s")
NOT_SAID = _("结果未登记")


class TierSumOut(BaseModel):
    """A sum over the agencies of some levels; a joint visit counts once in it."""

    rule: str
    rule_version: int
    cap: int
    count: int
    remaining: int


class ForeseenYearOut(BaseModel):
    """Visits of the calendar year (Asia/Shanghai) as it stands, without the one that is meant.

    `own_with_unconfirmed` also counts what the agency took back or calls otherwise and no supervisor has confirmed;
    flags and `remaining` go by it.
    """

    year: int
    own: int
    own_with_unconfirmed: int
    cap: int | None = Field(description="null where there is none")
    remaining: int | None
    rule: str | None
    rule_version: int | None
    source: str | None = Field(description="the legal source of the cap")
    all_agencies: int
    service_visits: int
    tier_sums: list[TierSumOut]


class QuietOut(BaseModel):
    rule: str
    rule_version: int
    source: str
    next_day: date | None = Field(description="the first day after it that is not quiet")


class ForeseenFlagOut(BaseModel):
    """A flag that the visit would raise, or that would grow. `sentence` counts the visit as made."""

    rule: str
    rule_version: int
    kind: str
    level: str
    state: str = Field(description="raised or grown")
    period: str
    sentence: str
    source: str


class PastVisitOut(BaseModel):
    number: str
    agency: str
    started_at: datetime
    days_ago: int
    purpose: str
    category: str
    items: list[str]


class InspectedItemOut(BaseModel):
    """Who inspected the item last, so that its result may be recognised (结果互认)."""

    item: str
    agency: str
    on: date
    days_ago: int
    outcome: str | None = Field(default=None, description="what came of it; null: nobody has said so")
    rectify_by: date | None = None
    sentence: str = Field(default="", description="12 天前已查，合格")


class VisitToJoinOut(BaseModel):
    """Another agency is there today; the code to join by is on its officer's screen."""

    agency: str
    started_at: datetime
    items: list[str]


class ProposalOut(BaseModel):
    """Another agency's plan that would go together. `day`: the common day proposed, null if all are quiet."""

    number: str
    agency: str
    first_day: date
    last_day: date
    category: str
    items: list[str]
    title: str
    day: date | None


class AdviceOut(BaseModel):
    """An advice, never a prohibition."""

    code: str = Field(description="go, join, reason_needed, not_today, or recognised: no need to inspect again")
    sentence: str
    agency: str | None = Field(description="whom to join")
    day: date | None = Field(description="the day proposed")


class PrecheckOut(BaseModel):
    credit_code: str
    on: date
    enterprise: EnterpriseOut | None = Field(description="null when the registry does not have it")
    frequency: ForeseenYearOut
    quiet_day: QuietOut | None
    would_flag: list[ForeseenFlagOut]
    last_visits: list[PastVisitOut]
    inspected_items: list[InspectedItemOut]
    visits_to_join: list[VisitToJoinOut]
    plans_to_join: list[ProposalOut]
    advice: AdviceOut
    server_time: datetime


class PlanOut(BaseModel):
    number: str
    version: int
    source_ref: str
    credit_code: str
    first_day: date
    last_day: date
    category: str
    items: list[str]
    title: str
    joint_open: bool
    withdrawn: bool
    announced_at: datetime


class PlanAnnouncedOut(BaseModel):
    plan: PlanOut
    frequency: ForeseenYearOut
    joint_proposals: list[ProposalOut]
    server_time: datetime


class PlansOut(BaseModel):
    plans: list[PlanOut]
    more: bool = Field(description="there are others: ask with a larger offset")


def year_told(year: Year) -> dict[str, Any]:
    cap = year.cap
    return {
        "year": year.year,
        "own": year.own.own,
        "own_with_unconfirmed": len(year.own.counted),
        "cap": cap.parameters["cap"] if cap else None,
        "remaining": year.remaining,
        "rule": cap.code if cap else None,
        "rule_version": cap.version if cap else None,
        "source": cap.source if cap else None,
        "all_agencies": year.all_agencies,
        "service_visits": year.service_visits,
        "tier_sums": [
            {
                "rule": tier.rule.code,
                "rule_version": tier.rule.version,
                "cap": tier.rule.parameters["cap"],
                "count": tier.times,
                "remaining": max(tier.rule.parameters["cap"] - tier.times, 0),
            }
            for tier in year.tier_sums
        ],
    }


def quiet_told(quiet: Quiet | None) -> dict[str, Any] | None:
    if quiet is None:
        return None
    return {
        "rule": quiet.rule.code,
        "rule_version": quiet.rule.version,
        "source": quiet.rule.source,
        "next_day": quiet.next_day,
    }


def flag_told(foreseen: Foreseen) -> dict[str, Any]:
    finding = foreseen.finding
    return {
        "rule": finding.rule.code,
        "rule_version": finding.rule.version,
        "kind": str(finding.rule.kind),
        "level": str(finding.level),
        "state": foreseen.state,
        "period": finding.period,
        "sentence": finding.sentence,
        "source": finding.rule.source,
    }


def visit_told(fact: Fact, *, on: date) -> dict[str, Any]:
    return {
        "number": fact.visit,
        "agency": fact.agency_name,
        "started_at": fact.started_at,
        "days_ago": (on - day_of(fact.started_at)).days,
        "purpose": fact.purpose,
        "category": fact.category,
        "items": list(fact.items),
    }


def inspected_told(one: Inspected, *, on: date) -> dict[str, Any]:
    """An item that was inspected lately, and what came of it, in one short sentence of the reader's language."""
    result, ago = one.result, (on - day_of(one.fact.started_at)).days
    outcome = str(Result.Outcome(result.outcome).label) if result else str(NOT_SAID)
    return {
        "item": one.item,
        "agency": one.fact.agency_name,
        "on": day_of(one.fact.started_at),
        "days_ago": ago,
        "outcome": result.outcome if result else None,
        "rectify_by": result.rectify_by if result else None,
        "sentence": str(INSPECTED) % {"ago": ago, "outcome": outcome},
    }


def proposal_told(proposal: Proposal) -> dict[str, Any]:
    plan = proposal.plan
    told = {name: getattr(plan, name) for name in ("number", "first_day", "last_day", "category", "title")}
    return {**told, "agency": plan.agency.name, "items": list(plan.items), "day": proposal.day}


def plan_told(plan: Plan) -> dict[str, Any]:
    kept = {name: getattr(plan, name) for name in PlanOut.model_fields if name != "announced_at"}
    return {**kept, "announced_at": plan.at}
