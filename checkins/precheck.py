"""What a visit not made yet would mean: counts, flags, whom to join, and an advice. Pure; never blocks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.facts import Fact, Purpose, State, day_of, latest
from audit.kinds import Kind
from audit.law import Law
from checkins.advice import Advice, Company, Situation, advise
from checkins.ahead import Ahead, Foreseen, Quiet, Year
from checkins.intent import Intent, Place, proposals
from checkins.outcome import COMPLIANT, Said, standing
from checkins.plan import Host, Planned, Proposal
from checkins.policy import CheckinPolicy

LAST_VISITS = 10
TRIED = 5
"""The judge is asked about so many visits and plans to join, no more: the time of an answer stays bounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspected:
    """Who inspected this item last, and what came of it; None: nobody has said so."""

    item: str
    fact: Fact
    result: Said | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Foresight:
    """All that is known beforehand. `recognised`: for each item asked about, who last inspected it."""

    year: Year
    quiet: Quiet | None
    flags: tuple[Foreseen, ...]
    last_visits: tuple[Fact, ...]
    recognised: tuple[Inspected, ...]
    visits_to_join: tuple[Fact, ...]
    plans_to_join: tuple[Proposal, ...]
    advice: Advice
    visit: Fact | None
    plan: Proposal | None


def foresee(
    facts: Iterable[Fact],
    *,
    law: Law,
    plans: Iterable[Planned],
    place: Place,
    visitor: Host,
    intent: Intent,
    policy: CheckinPolicy,
    at: datetime,
    results: Iterable[Said] = (),
) -> Foresight:
    """What would this agency's visit mean at this enterprise? `facts`: all versions of all agencies' visits there;
    `results`: all that was said of what came of them."""
    known = latest(facts)
    recognised = tuple(_recognised(known, standing(results), intent=intent, days=policy.recognition_days))
    ahead = Ahead(known, law=law, place=place, visitor=visitor, intent=intent, at=at)
    alone = ahead.flags()
    company = ahead.open_visits(policy.joint_window)
    near_plans = proposals(
        plans,
        mine=(intent.on, intent.on),
        law=law,
        place=place,
        own=visitor,
        within=policy.joint_plan_days,
        today=day_of(at),
    )
    if intent.purpose != Purpose.INSPECTION:
        company, near_plans = [], []
    visit = next((one for one in company[:TRIED] if not ahead.flags_own(joining=one)), None)
    plan = next((one for one in near_plans[:TRIED] if one.day and not ahead.flags_own(one.day)), None)
    situation = Situation(
        quiet=any(one.finding.rule.kind is Kind.QUIET_DAYS for one in alone),
        visit_helps=visit is not None,
        plan_helps=plan is not None,
        flagged=bool(alone),
        found_compliant=bool(intent.items)
        and {one.item for one in recognised if one.result and one.result.outcome == COMPLIANT} == set(intent.items),
    )
    advice, whom = advise(situation)
    return Foresight(
        year=ahead.year(),
        quiet=ahead.quiet(),
        flags=tuple(alone),
        last_visits=tuple(_there(known)[::-1][:LAST_VISITS]),
        recognised=recognised,
        visits_to_join=tuple(company),
        plans_to_join=tuple(near_plans),
        advice=advice,
        visit=visit if whom is Company.VISIT else None,
        plan=plan if whom is Company.PLAN else None,
    )


def _there(known: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in known if fact.state == State.OPEN]


def _recognised(
    known: Sequence[Fact], results: Mapping[str, Sequence[Said]], *, intent: Intent, days: int
) -> Iterable[Inspected]:
    """Who inspected each of these items last, within the days before, and what came of it?"""
    for item in intent.items:
        for fact in reversed(_there(known)):
            ago = (intent.on - day_of(fact.started_at)).days
            if fact.purpose == Purpose.INSPECTION and item in fact.items and 0 <= ago < days:
                said = next((one for one in results.get(fact.visit, ()) if one.item == item), None)
                yield Inspected(item=item, fact=fact, result=said)
                break
