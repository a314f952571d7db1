"""What a supervisor's ruling does to the visit and to what counts (part of a deed, not one itself)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.facts import year_of
from audit.history import save_as
from audit.models import VisitFact
from audit.services.visit_fact import told
from checkins.models import Correction, Ruling, Visit
from checkins.policy import CheckinPolicy
from checkins.services.classify import call_it
from checkins.services.correction import tell
from checkins.services.regroup import Change
from checkins.services.take_out import mark_voided, put_back, take_out

REJECTED_EVENT = "visit.correction_rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The facts that were appended, as the record tells them, and the years of the visits that they speak of."""

    facts: list[Mapping[str, Any]]
    years: set[int]


def carry_out(
    correction: Correction, *, verdict: Ruling.Verdict, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime
) -> Done:
    """Do what the verdict says. `visit`: the correction's, held; its ruling is appended already."""
    effect = EFFECTS[Correction.Kind(correction.kind), verdict]
    return effect(correction, visit, policy, actor, at)


def _void(correction: Correction, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime) -> Done:
    """The scans of which it was said leave; those that came later form what is left of the visit."""
    changes = take_out(correction.scans, visit=visit, correction=correction.pk, policy=policy, actor=actor, at=at)
    return _drop_claim(visit, _done(changes), event="visit.left", at=at)


def _reject_claim(correction: Correction, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime) -> Done:
    return _drop_claim(visit, _done([]), event=REJECTED_EVENT, at=at)


def _call_it(correction: Correction, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime) -> Done:
    return _told(call_it(visit, words=correction.claim, actor=actor, at=at))


def _let_go(correction: Correction, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime) -> Done:
    """What its scanner took back is voided for good."""
    mark_voided(correction.scans, visit=visit, correction=correction.pk, actor=actor, at=at)
    visit.status = Visit.Status.VOIDED
    save_as(visit, actor=actor, at=at, reason="visit.voided")
    return _told(tell(visit, changes={"state": "voided", "claim": None}, event="visit.voided", at=at))


def _put_back(correction: Correction, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime) -> Done:
    """The scan whose withdrawal had emptied the visit stands in it again; its Withdrawal row stays."""
    return _done(put_back(correction.scans, visit=visit, correction=correction.pk, policy=policy, actor=actor, at=at))


Effect = Callable[[Correction, Visit, CheckinPolicy, Actor, datetime], Done]
EFFECTS: Mapping[tuple[Correction.Kind, Ruling.Verdict], Effect] = {
    (Correction.Kind.VOIDING, Ruling.Verdict.CONFIRMED): _void,
    (Correction.Kind.VOIDING, Ruling.Verdict.REJECTED): _reject_claim,
    (Correction.Kind.CLASSIFICATION, Ruling.Verdict.CONFIRMED): _call_it,
    (Correction.Kind.CLASSIFICATION, Ruling.Verdict.REJECTED): _reject_claim,
    (Correction.Kind.WITHDRAWAL, Ruling.Verdict.CONFIRMED): _let_go,
    (Correction.Kind.WITHDRAWAL, Ruling.Verdict.REJECTED): _put_back,
}
"""Every kind of correction under both of a supervisor's verdicts."""


def _done(changes: list[Change]) -> Done:
    return Done(
        facts=[change.told for change in changes], years={year_of(change.fact.started_at) for change in changes}
    )


def _told(fact: VisitFact) -> Done:
    return Done(facts=[told(fact)], years={year_of(fact.started_at)})


def _drop_claim(visit: Visit, done: Done, *, event: str, at: datetime) -> Done:
    """Nothing waits any more: the visit's fact says so too, where reading its scans again did not come by it."""
    latest = VisitFact.objects.filter(visit=visit.number).order_by("-version")[:1].get()
    if latest.claim is None and event != REJECTED_EVENT:
        return done
    dropped = _told(tell(visit, changes={"claim": None}, event=event, at=at))
    return Done(facts=[*done.facts, *dropped.facts], years=done.years | dropped.years)
