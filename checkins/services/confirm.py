"""Confirm having been at a visit (同行确认): the partner whose phone was dead, from the own phone, the same day."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.facts import day_of
from audit.models import VisitFact
from audit.problem import Problem
from checkins.models import Presence, Visit
from checkins.services.correction import standing_scans
from checkins.services.hold import hold_own
from checkins.services.retell import retell
from checkins.states import Deed
from officers.rules import Caller


class NotNamed(Problem):
    """No scan of the visit names this certificate number as a partner's."""

    code, status, title = "partner-not-named", 409, _("该入企没有把您列为同行人员")


class ConfirmTooLate(Problem):
    """A partner confirms on the day of the visit (Asia/Shanghai)."""

    code, status, title = "partner-too-late", 409, _("只能在检查当日确认同行")


def confirm(*, number: str, caller: Caller, at: datetime, annual_cap: int) -> Visit:
    """Make the caller, whom a scan of the visit named, one of its officers; until then nobody counts a partner.

    Again, or after scanning there: nothing changes. Raises NoSuchVisit, VisitNotOpen, NotNamed, ConfirmTooLate.
    """
    actor = Actor.officer(caller.certificate_no)
    with transaction.atomic():
        visit = hold_own(number, deed=Deed.PRESENCE, agency_code=caller.agency_code)
        latest = VisitFact.objects.filter(visit=visit.number).order_by("-version")[:1].get()
        if caller.certificate_no in {officer["certificate_no"] for officer in latest.officers}:
            return visit
        naming = [
            one for one in standing_scans(visit) if caller.certificate_no in one.scan.words["visit"].get("partners", ())
        ]
        if not naming:
            raise NotNamed
        today = [one for one in naming if day_of(one.onsite_at) == day_of(at)]
        if not today:
            raise ConfirmTooLate
        Presence(scan_id=today[0].scan_id, officer_id=caller.officer_id, device_id=caller.device_id, at=at).save(
            force_insert=True
        )
        me = {"certificate_no": caller.certificate_no, "name": caller.name}
        retell(
            visit,
            changes={"officers": [*latest.officers, me if caller.certified else {**me, "certified": False}]},
            event="visit.joined",
            kind="presence-confirmed",
            body={"scan": str(today[0].scan_id), "certificate_no": caller.certificate_no},
            because="同行人员已确认",
            agencies={caller.agency_code},
            annual_cap=annual_cap,
            actor=actor,
            at=at,
        )
    return visit
