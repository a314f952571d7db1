"""Join another agency's visit (联合检查), or leave it again: once for the enterprise, once for each agency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import queries as audit
from audit.actor import Actor
from audit.facts import Fact, latest
from audit.history import save_as
from audit.models import VisitFact
from audit.problem import Problem
from checkins.joining import company, meant
from checkins.models import Visit
from checkins.policy import CheckinPolicy
from checkins.services.correction import NoSuchVisit
from checkins.services.hold import hold_own
from checkins.services.retell import retell
from checkins.states import Deed
from officers.rules import Caller


class NoSuchCompany(Problem):
    """No open visit of another agency, at the same enterprise within the joint window, is meant by these words."""

    code, status, title = "joint-visit-not-found", 404, _("没有找到可以联合的入企")


class AlreadyTogether(Problem):
    """Who is with others first leaves them; whom others have joined cannot leave them: they leave."""

    code, status, title = "already-joint", 409, _("该入企已与其他单位联合")


class JoinTooLate(Problem):
    code, status, title = "join-too-late", 409, _("已过联合检查的时限")


@dataclass(frozen=True, kw_only=True, slots=True)
class Together:
    """How the visit stands: alone (`joint_id` empty, no `others`), or with whom."""

    mine: Fact
    others: list[Fact]


def join(
    *,
    number: str,
    visit: str = "",
    code: str = "",
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
) -> Together:
    """Make the agency's visit `number` joint with the visit meant by its number or by its joint code.

    Again: how it stands. As joining lowers what the enterprise is counted, it is told within the joint window (P)
    after the visit's start. Raises NoSuchVisit, VisitNotOpen, NoSuchCompany, AlreadyTogether, JoinTooLate.
    """
    with transaction.atomic():
        held = hold_own(number, deed=Deed.JOINING, agency_code=caller.agency_code)
        facts = _around(held, policy=policy)
        mine = next(fact for fact in facts if fact.visit == held.number)
        other = meant(facts, mine=mine, visit=visit, code=code, window=policy.joint_window)
        if other is None:
            raise NoSuchCompany
        if other.together == mine.together:
            return Together(mine=mine, others=company(facts, mine=mine))
        if mine.joint_id or company(facts, mine=mine):
            raise AlreadyTogether
        if at - mine.started_at > policy.joint_window:
            raise JoinTooLate
        words = {name: value for name, value in (held.overrides or {}).items() if name != "joint_code"}
        return _move(
            held,
            joint_id=other.together,
            overrides=words or None,
            event="visit.joined_jointly",
            body={"with": other.visit},
            because="与其他单位联合检查",
            agencies={caller.agency_code, other.agency_code},
            policy=policy,
            annual_cap=annual_cap,
            actor=Actor.officer(caller.certificate_no),
            at=at,
        )


def leave(
    *, number: str, reason: str, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> Together:
    """Take the agency's visit out of its joint visit; it counts by itself again, whatever code its scans named.

    Again, or alone already: how it stands. Raises NoSuchVisit, VisitNotOpen, AlreadyTogether (others have joined it).
    """
    with transaction.atomic():
        held = hold_own(number, deed=Deed.LEAVING, agency_code=caller.agency_code)
        facts = _around(held, policy=policy)
        mine = next(fact for fact in facts if fact.visit == held.number)
        others = company(facts, mine=mine)
        if not mine.joint_id and others:
            raise AlreadyTogether(str(_("其他单位已加入本次入企，只能由它们退出")))
        if not mine.joint_id:
            return Together(mine=mine, others=[])
        return _move(
            held,
            joint_id="",
            # Its scans may name a code for ever: who left by word comes back by word.
            overrides={**(held.overrides or {}), "joint_code": ""},
            event="visit.left_jointly",
            body={"reason": reason, "left": mine.joint_id},
            because="退出联合检查",
            agencies={caller.agency_code, *(fact.agency_code for fact in others)},
            policy=policy,
            annual_cap=annual_cap,
            actor=Actor.officer(caller.certificate_no),
            at=at,
        )


def standing(*, number: str, caller: Caller, policy: CheckinPolicy) -> Together:
    """How the agency's visit stands. Raises NoSuchVisit."""
    found = Visit.objects.filter(number=number, agency_id=caller.agency_id).first()
    if found is None:
        raise NoSuchVisit
    facts = _around(found, policy=policy)
    mine = next(fact for fact in facts if fact.visit == found.number)
    return Together(mine=mine, others=company(facts, mine=mine))


def _around(visit: Visit, *, policy: CheckinPolicy) -> list[Fact]:
    """The visits at the enterprise that began within twice the window, so that whoever joined is among them."""
    reach = 2 * policy.joint_window
    rows = VisitFact.objects.filter(
        credit_code=visit.credit_code, started_at__range=(visit.started_at - reach, visit.started_at + reach)
    ).values(*audit.FACT_COLUMNS)
    return latest(audit.read_fact(row) for row in rows)


def _move(
    visit: Visit,
    *,
    joint_id: str,
    overrides: Mapping[str, Any] | None,
    event: str,
    body: Mapping[str, Any],
    because: str,
    agencies: set[str],
    policy: CheckinPolicy,
    annual_cap: int,
    actor: Actor,
    at: datetime,
) -> Together:
    visit.joint_id = joint_id
    visit.overrides = dict(overrides) if overrides else None
    save_as(visit, actor=actor, at=at, reason=event)
    retell(
        visit,
        changes={"joint_id": joint_id},
        event=event,
        kind=event.removeprefix("visit.").replace("_", "-"),
        body=body,
        because=because,
        agencies=agencies,
        annual_cap=annual_cap,
        actor=actor,
        at=at,
    )
    facts = _around(visit, policy=policy)
    mine = next(one for one in facts if one.visit == visit.number)
    return Together(mine=mine, others=company(facts, mine=mine))
