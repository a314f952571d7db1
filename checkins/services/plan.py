"""Announce that an agency will inspect an enterprise, change the announcement, or take it back (检查计划)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.lane import hold
from audit.problem import Problem
from audit.services.documents import Paper, take_in
from audit.services.entry import record
from checkins.models import Plan
from checkins.plan import LONGEST_DAYS, Announced, Host
from checkins.planning import versions_of
from checkins.rules import plan_number
from checkins.services.resolve import CreditCodeInvalid
from enterprises.credit_code import clean, is_credit_code
from enterprises.queries import EnterpriseFacts, facts_of
from officers.rules import Caller

SOURCE = "plans"
"""The source system under which plans stand among the papers that scans are checked against (应扫未扫)."""


class PlanDays(Problem):
    """The last day lies before the first one, or they are more than a year apart."""

    code, status, title = "plan-days-invalid", 422, _("计划的截止日不能早于起始日，且不超过一年")


class NoSuchPlan(Problem):
    """A withdrawal of what was never announced."""

    code, status, title = "plan-not-found", 404, _("没有找到该计划，无从撤销")


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A plan as it stands now. `replayed`: it stood so before."""

    plan: Plan
    replayed: bool


def announce(*, announced: Announced, caller: Caller, at: datetime) -> Standing:
    """Append a version of the agency's plan; the same content again appends nothing.

    `announced.source_ref` names the plan within the agency: another agency's is another plan. The plan also becomes a
    paper that a scan should answer. Raises CreditCodeInvalid, PlanDays, NoSuchPlan.
    """
    code = clean(announced.credit_code)
    if not is_credit_code(code):
        raise CreditCodeInvalid
    if not 0 <= (announced.last_day - announced.first_day).days < LONGEST_DAYS:
        raise PlanDays
    number = plan_number(agency_code=caller.agency_code, source_ref=announced.source_ref)
    actor = Actor.officer(caller.certificate_no)
    told = {**announced.told(), "credit_code": code}
    with transaction.atomic():
        hold(f"plans:{caller.agency_code}")
        before = versions_of([number]).get(number)
        if before is not None and all(getattr(before, name) == said for name, said in told.items()):
            return Standing(plan=before, replayed=True)
        if before is None and announced.withdrawn:
            raise NoSuchPlan
        plan = Plan(
            number=number,
            version=before.version + 1 if before else 1,
            agency_id=caller.agency_id,
            source_ref=announced.source_ref,
            by=actor,
            at=at,
            **told,
        )
        plan.save(force_insert=True)
        days = {name: told[name].isoformat() for name in ("first_day", "last_day")}
        record(
            kind="plan",
            subject=number,
            body={**told, **days, "agency": caller.agency_code, "source_ref": plan.source_ref, "version": plan.version},
            actor=actor,
            at=at,
        )
        paper = paper_of(plan, line=1, host=host_of(caller), enterprise=facts_of([code]).get(code))
        outcome = take_in(papers=[paper], source=SOURCE, actor=actor, at=at)
        if outcome.refused:
            raise RuntimeError(f"the plan {number} is no paper: {outcome.refused[0]}")
    return Standing(plan=plan, replayed=False)


def host_of(caller: Caller) -> Host:
    """The caller's agency by value."""
    return Host(
        code=caller.agency_code,
        name=caller.agency_name,
        path=caller.agency_path,
        level=caller.agency_level,
        supervised_by=caller.supervised_by,
    )


def paper_of(plan: Plan, *, line: int, host: Host, enterprise: EnterpriseFacts | None) -> Paper:
    """The plan as a paper, due on its last day."""
    return Paper(
        line=line,
        source_ref=plan.number,
        kind="plan",
        credit_code=plan.credit_code,
        enterprise_name=enterprise.name if enterprise else "",
        region_code=enterprise.region_code if enterprise else "",
        agency_code=host.code,
        agency_path=host.path,
        agency_name=host.name,
        supervised_by=host.supervised_by,
        on=plan.last_day,
        withdrawn=plan.withdrawn,
    )
