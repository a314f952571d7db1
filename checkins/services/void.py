"""Say that a colleague's visit should not have been recorded (作废): a claim, until a supervisor rules on it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.visit_fact import told
from checkins.amendment import VOIDED
from checkins.models import Correction
from checkins.policy import CheckinPolicy
from checkins.services.correction import (
    Corrected,
    NoSuchVisit,
    ask,
    hold_visit,
    how_it_stands,
    say,
    standing_scans,
    tell,
    visit_of,
    was_there,
    write_down,
)
from checkins.states import Deed
from officers.rules import Caller


class OwnVisit(Problem):
    """Who was there withdraws within minutes; later it takes a second person."""

    code, status, title = "voiding-own-visit", 409, _("作废须由本单位未参加该入企的另一人提出")


class VoidingTooLate(Problem):
    """After the window only a supervisor voids."""

    code, status, title = "voiding-too-late", 409, _("已超过本单位可作废的时限，请联系监督机关")


def void(
    *, number: str, reason: str, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> Corrected:
    """Claim that the visit, as its scans stand now, should not have been. It counts on until a supervisor confirms.

    The window counts from the receipt of the visit's first scan (one handed in days later can be voided too). The
    same words of the same officer again: how that claim stands now. Raises NoSuchVisit, OwnVisit, VisitNotOpen,
    VoidingTooLate.
    """
    found = visit_of(number)
    if found is None or found.agency_id != caller.agency_id:
        raise NoSuchVisit
    actor = Actor.officer(caller.certificate_no)
    with transaction.atomic():
        visit = hold_visit(found.pk)
        newest = Correction.objects.filter(visit=visit).order_by("-pk").first()
        if newest and (newest.kind, newest.by, newest.reason) == (Correction.Kind.VOIDING, actor, reason):
            return how_it_stands(newest, visit=visit)
        if was_there(visit, caller=caller):
            raise OwnVisit
        ask(visit, deed=Deed.VOIDING_CLAIM)
        scans = standing_scans(visit)
        if at - min(one.scan.received_at for one in scans) > policy.voiding_window:
            raise VoidingTooLate
        correction = say(
            visit,
            kind=Correction.Kind.VOIDING,
            claim=VOIDED,
            scans=[str(one.scan_id) for one in scans],
            reason=reason,
            actor=actor,
            at=at,
        )
        fact = tell(visit, changes={"claim": dict(VOIDED)}, event="visit.voiding_claimed", at=at)
        write_down(
            correction,
            visit=visit,
            kind="voiding-claimed",
            facts=[told(fact)],
            because="执法单位更改了待确认的更正",
            annual_cap=annual_cap,
            actor=actor,
            at=at,
        )
        return how_it_stands(correction, visit=visit)
