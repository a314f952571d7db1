"""The phones' door before a visit: plans, and what a visit would mean."""

from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from audit.facts import Purpose, day_of, latest
from audit.law import Law
from checkins.advised import advice_told
from checkins.ahead import Ahead
from checkins.foresight import (
    PlanAnnouncedOut,
    PlansOut,
    PrecheckOut,
    flag_told,
    inspected_told,
    plan_told,
    proposal_told,
    quiet_told,
    visit_told,
    year_told,
)
from checkins.intent import Intent, Place, proposals
from checkins.plan_words import PlansAsked, PlanWords, PrecheckAsked
from checkins.planning import Survey, own_plans, survey
from checkins.precheck import foresee
from checkins.queries import standing_code
from checkins.services.plan import NoSuchPlan, PlanDays, announce, host_of
from checkins.services.resolve import CreditCodeInvalid
from enterprises.credit_code import clean, is_credit_code
from enterprises.subject import is_subject_number
from officers.auth import DeviceToken
from officers.rules import Caller

router = Router(tags=["before a visit"])


@router.post(
    "/plans",
    auth=DeviceToken(),
    response={201: PlanAnnouncedOut, 200: PlanAnnouncedOut},
    summary="Announce, change or take back a plan of the agency's",
    openapi_extra={"x-problems": [kind.code for kind in (CreditCodeInvalid, PlanDays, NoSuchPlan)]},
)
def post_plan(request: HttpRequest, response: HttpResponse, words: PlanWords) -> Any:
    """New or changed: 201. The same content again: 200 with `Idempotency-Replayed: true` and the same number.

    The answer proposes joint visits: other agencies' plans there that are near and open to it."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    standing = announce(announced=words.announced(), caller=caller, at=now)
    plan, today = standing.plan, day_of(now)
    intent = Intent(
        on=max(plan.first_day, min(today, plan.last_day)),
        purpose=Purpose.INSPECTION,
        category=plan.category,
        items=tuple(plan.items),
    )
    known = _survey(plan.credit_code, caller=caller, on=intent.on, today=today)
    law, place, own = _law(known), _place(plan.credit_code, known), host_of(caller)
    ahead = Ahead(latest(known.dossier.facts), law=law, place=place, visitor=own, intent=intent, at=now)
    near = proposals(
        [] if plan.withdrawn else known.plans,
        mine=(plan.first_day, plan.last_day),
        law=law,
        place=place,
        own=own,
        within=settings.CHECKIN_POLICY.joint_plan_days,
        today=today,
    )
    if standing.replayed:
        response["Idempotency-Replayed"] = "true"
    return Status(
        200 if standing.replayed else 201,
        {
            "plan": plan_told(plan),
            "frequency": year_told(ahead.year()),
            "joint_proposals": [proposal_told(one) for one in near],
            "server_time": timezone.now(),
        },
    )


@router.get("/plans", auth=DeviceToken(), response=PlansOut, summary="The plans of the officer's agency")
def get_plans(request: HttpRequest, asked: Query[PlansAsked]) -> Any:
    """Each in its latest version, the withdrawn ones too, by first day."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    found = own_plans(
        agency_id=caller.agency_id,
        first=asked.first,
        last=asked.last,
        credit_code=clean(asked.enterprise) if asked.enterprise else None,
        offset=asked.offset,
        most=asked.limit + 1,
    )
    return {"plans": [plan_told(plan) for plan in found[: asked.limit]], "more": len(found) > asked.limit}


@router.get(
    "/enterprises/{credit_code}/precheck",
    auth=DeviceToken(),
    response=PrecheckOut,
    summary="Before driving there: counts, quiet days, flags, whom to join, and an advice",
    openapi_extra={"x-problems": [CreditCodeInvalid.code]},
)
def get_precheck(request: HttpRequest, response: HttpResponse, credit_code: str, asked: Query[PrecheckAsked]) -> Any:
    """Nothing is written and nothing is ever blocked. An enterprise that the registry does not know is answered too."""
    response["Cache-Control"] = "no-store"
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    code, on = _standing(credit_code), asked.on or day_of(now)
    known = _survey(code, caller=caller, on=on, today=day_of(now))
    foresight = foresee(
        known.dossier.facts,
        law=_law(known),
        plans=known.plans,
        place=_place(code, known),
        visitor=host_of(caller),
        intent=Intent(
            on=on,
            purpose=asked.purpose,
            category=asked.category,
            reason=asked.reason.strip(),
            source_no=asked.source_no.strip(),
            items=tuple(asked.items),
        ),
        policy=settings.CHECKIN_POLICY,
        at=now,
        results=known.results,
    )
    return {
        "credit_code": code,
        "on": on,
        "enterprise": known.enterprise and asdict(known.enterprise),
        "frequency": year_told(foresight.year),
        "quiet_day": quiet_told(foresight.quiet),
        "would_flag": [flag_told(one) for one in foresight.flags],
        "last_visits": [visit_told(fact, on=on) for fact in foresight.last_visits],
        "inspected_items": [inspected_told(one, on=on) for one in foresight.recognised],
        "visits_to_join": [visit_told(fact, on=on) for fact in foresight.visits_to_join],
        "plans_to_join": [proposal_told(one) for one in foresight.plans_to_join],
        "advice": advice_told(foresight, on=on),
        "server_time": now,
    }


def _standing(text: str) -> str:
    """The credit code meant; a merged stall's number leads to its enterprise."""
    code = clean(text)
    if is_subject_number(code):
        return standing_code(code)
    if not is_credit_code(code):
        raise CreditCodeInvalid
    return code


def _survey(code: str, *, caller: Caller, on: date, today: date) -> Survey:
    return survey(credit_code=code, agency_code=caller.agency_code, years=(on.year, on.year), today=today)


def _law(known: Survey) -> Law:
    return Law(known.dossier.rules, default_cap=settings.AUDIT_POLICY.annual_cap)


def _place(code: str, known: Survey) -> Place:
    found = known.enterprise
    if found is None:
        return Place(credit_code=code)
    return Place(credit_code=code, region_code=found.region_code, industry=found.industry, risk_grade=found.risk_grade)
