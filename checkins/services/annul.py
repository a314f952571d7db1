"""A supervisor voids a visit (监督机关作废): word and ruling in one, at any time."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from checkins.amendment import VOIDED
from checkins.models import Correction, Ruling, Visit
from checkins.policy import CheckinPolicy
from checkins.services.correction import (
    Corrected,
    ask,
    hold_visit,
    how_it_stands,
    rule,
    say,
    standing_scans,
)
from checkins.services.rule_on import finish
from checkins.states import Deed


def annul(
    *, visit: Visit, reason: str, policy: CheckinPolicy, annual_cap: int, actor: Actor, at: datetime
) -> tuple[Correction, Corrected]:
    """Void the visit as its scans stand now; what its agency had said of it and nobody had ruled on gives way.

    One supervisor is enough (P): the own agency, which gains by it, has no part in it. What was withdrawn is ruled on
    instead. Raises VisitNotOpen.
    """
    with transaction.atomic():
        held = hold_visit(visit.pk)
        ask(held, deed=Deed.ANNULMENT)
        correction = say(
            held,
            kind=Correction.Kind.VOIDING,
            claim=VOIDED,
            scans=[str(one.scan_id) for one in standing_scans(held)],
            reason=reason,
            actor=actor,
            at=at,
        )
        verdict = Ruling.Verdict.CONFIRMED
        rule(correction, verdict=verdict, note="", actor=actor, at=at)
        finish(
            correction,
            verdict=verdict,
            visit=held,
            note="",
            policy=policy,
            annual_cap=annual_cap,
            actor=actor,
            at=at,
        )
        return correction, how_it_stands(correction, visit=Visit.objects.get(pk=held.pk))
