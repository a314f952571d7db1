"""Say afterwards which plan a visit carried out (检查计划): an officer, or a system by the visit's number."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.facts import day_of
from audit.problem import Problem
from audit.services.entry import record
from checkins.after_words import PlanLinkWords
from checkins.afterwards import Life, lives
from checkins.models import PlanLink, Visit
from checkins.named import Named, NamedPlan, plan_named
from checkins.services.classify import say_kind
from checkins.services.correction import standing
from checkins.services.further import tell_further
from checkins.services.hold import hold_named, holder
from checkins.states import Deed, Standing


class PlanConflict(Problem):
    """A scan, or another system, has named another plan: `plan_no`."""

    code, status, title = "visit-plan-conflict", 409, _("该入企已写明另一检查计划")


class PlanUnfit(Problem):
    """The plan is kept here and was not announced for this enterprise on this day, was withdrawn, or is another
    agency's that would not go together."""

    code, status, title = "plan-unfit", 409, _("该检查计划不是为此时此企业所报，或已撤销，或不愿联合")


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """The visit that holds the scans now. `replayed`: it was known to carry out this plan."""

    life: Life
    replayed: bool


def link_plan(
    *, number: str, words: PlanLinkWords, source: str, agency_code: str, annual_cap: int, actor: Actor, at: datetime
) -> Linked:
    """Append which plan the visit carried out. The same plan again, by whichever of its numbers, appends nothing.

    Who said it may say another later; nobody else may. It joins the visit to no other agency's and exempts it from
    nothing: only the category, where nobody has said one, comes with a plan that is kept here, as any missing word
    does (services/classify.py). `source`: where the words name none. Raises NoSuchVisit, VisitNotOpen, PlanConflict,
    PlanUnfit.
    """
    with transaction.atomic():
        visit = holder(hold_named(number, agency_code=agency_code), deed=Deed.PLANNING)
        [life] = lives([visit])
        plan = plan_named(words.plan_no, agency_id=visit.agency_id)
        if life.plan_no and _same(life.plan_no, words.plan_no, plan=plan, visit=visit):
            return Linked(life=life, replayed=True)
        if life.plan_no and (life.link is None or life.plan_no != life.link.said or life.link.by != actor):
            raise PlanConflict(plan_no=life.plan_no)
        day = day_of(visit.started_at)
        if plan is not None and not Named(plan=plan).planned(
            on=day, credit_code=visit.credit_code, agency_id=visit.agency_id
        ):
            raise PlanUnfit
        link = PlanLink(visit=visit, plan_no=words.plan_no, source=words.source or source, by=actor, at=at)
        link.save(force_insert=True)
        _tell(link, visit=visit, plan=plan, actor=actor, at=at)
        if plan is not None and not life.category_said and standing(visit) == Standing.OPEN:
            said = {"category": plan.category}
            say_kind(visit, words=said, reason=f"检查计划 {link.plan_no}", annual_cap=annual_cap, actor=actor, at=at)
        [life] = lives([Visit.objects.get(pk=visit.pk)])
        return Linked(life=life, replayed=False)


def _same(said: str, meant: str, *, plan: NamedPlan | None, visit: Visit) -> bool:
    """Do both numbers mean one plan? It has the server's number, and its agency's own."""
    if said == meant:
        return True
    known = plan_named(said, agency_id=visit.agency_id) if plan else None
    return plan is not None and known is not None and known.number == plan.number


def _tell(link: PlanLink, *, visit: Visit, plan: NamedPlan | None, actor: Actor, at: datetime) -> None:
    more = {"plan_no": link.plan_no, "plan_source": link.source, "plan": plan.number if plan else None}
    fact = tell_further(visit, changes={}, event="visit.planned", more=more, at=at)
    record(kind="plan-linked", subject=f"visit:{visit.number}", body={**more, "facts": [fact]}, actor=actor, at=at)
