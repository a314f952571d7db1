"""A registered system (执法办案, 双随机) supplies what it knows of a visit: all of it, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from checkins.after_words import PlanLinkWords, ResultWords
from checkins.afterwards import Life, lives
from checkins.services.approve import approve
from checkins.services.hold import hold_named, holder
from checkins.services.link_plan import link_plan
from checkins.services.results import say_results
from checkins.states import Deed


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """What is said; at least one of them. `source`: of a plan whose words name none."""

    plan: PlanLinkWords | None
    approval_no: str
    result: ResultWords | None
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplied:
    """The visit that holds the scans now. `replayed`: all of it was known."""

    life: Life
    replayed: bool


def supply(*, number: str, said: Supply, agency_code: str, annual_cap: int, actor: Actor, at: datetime) -> Supplied:
    """Plan, approval and results in one transaction. Raises what each of them does alone."""
    whose = {"number": number, "agency_code": agency_code}
    with transaction.atomic():
        new = []
        if said.plan is not None:
            linked = link_plan(**whose, words=said.plan, source=said.source, annual_cap=annual_cap, actor=actor, at=at)
            new.append(not linked.replayed)
        if said.approval_no:
            new.append(not approve(**whose, approval_no=said.approval_no, actor=actor, at=at).replayed)
        if said.result is not None:
            new.append(not say_results(**whose, words=said.result, actor=actor, at=at).replayed)
        visit = holder(hold_named(number, agency_code=agency_code), deed=Deed.RESULT)
        return Supplied(life=lives([visit])[0], replayed=not any(new))
