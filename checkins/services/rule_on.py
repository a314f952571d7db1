"""A supervisor confirms or rejects what an agency says anew of its visit (裁定); only then counts and flags follow."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from checkins.models import Correction, Ruling, Visit
from checkins.policy import CheckinPolicy
from checkins.services.carry_out import carry_out
from checkins.services.correction import Corrected, ask, hold_visit, how_it_stands, rule, write_down
from checkins.states import Deed

SAID = {
    Correction.Kind.WITHDRAWAL: "撤回",
    Correction.Kind.VOIDING: "作废",
    Correction.Kind.CLASSIFICATION: "改类",
}
RULED = {Ruling.Verdict.CONFIRMED: "确认", Ruling.Verdict.REJECTED: "驳回"}
DEEDS = {Ruling.Verdict.CONFIRMED: Deed.CONFIRMATION, Ruling.Verdict.REJECTED: Deed.REJECTION}


class OwnCorrection(Problem):
    """Nobody confirms what they said themselves."""

    code, status, title = "ruling-on-own-correction", 409, _("更正须由提出人以外的监督员裁定")


def rule_on(
    *,
    correction: Correction,
    verdict: Ruling.Verdict,
    note: str,
    policy: CheckinPolicy,
    annual_cap: int,
    actor: Actor,
    at: datetime,
) -> Corrected:
    """Settle a waiting correction, once and for ever. `verdict`: CONFIRMED or REJECTED.

    Confirmed: a voided or withdrawn visit is as if it had never been, a classification stands whatever scans say.
    Rejected: the visit stands as it did; a withdrawn scan is put back into it. Flags are raised and lowered in the
    same transaction. Raises OwnCorrection, RuledAlready.
    """
    if correction.by == actor:
        raise OwnCorrection
    with transaction.atomic():
        visit = hold_visit(correction.visit_id)
        ask(visit, deed=DEEDS[verdict])
        rule(correction, verdict=verdict, note=note, actor=actor, at=at)
        finish(
            correction,
            verdict=verdict,
            visit=visit,
            note=note,
            policy=policy,
            annual_cap=annual_cap,
            actor=actor,
            at=at,
        )
        return how_it_stands(correction, visit=Visit.objects.get(pk=visit.pk))


def finish(
    correction: Correction,
    *,
    verdict: Ruling.Verdict,
    visit: Visit,
    note: str,
    policy: CheckinPolicy,
    annual_cap: int,
    actor: Actor,
    at: datetime,
) -> None:
    """Carry the ruling out, judge anew, and write it down (part of a deed, not one itself)."""
    done = carry_out(correction, verdict=verdict, visit=visit, policy=policy, actor=actor, at=at)
    what = SAID[Correction.Kind(correction.kind)]
    write_down(
        correction,
        visit=visit,
        kind=f"correction-{verdict.value}",
        facts=done.facts,
        years=done.years,
        because=f"监督机关{RULED[verdict]}{what}入企 {visit.number}（{correction.reason}）",
        note=note,
        annual_cap=annual_cap,
        actor=actor,
        at=at,
    )
