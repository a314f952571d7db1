"""Open a case (立案督办) about a warning or a complaint: from here on it has a due date."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cases import party_of
from audit.casework import Deed, Party, State, Whose, may_do
from audit.facts import day_of
from audit.ladder import Ladder, Rung, in_force
from audit.models import Case, Complaint, ComplaintState, Flag, VisitFact
from audit.problem import Problem
from audit.services.case_step import NotYourCase, limit, take_step

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class CaseExists(Problem):
    """It is pursued already; a closed case is opened again, not opened twice."""

    code, status, title = "case-exists", 409, _("已经立案督办")


class ComplaintIsClosed(Problem):
    code, status, title = "complaint-closed", 409, _("该投诉已办结")


def open_case(about: Flag | Complaint, *, ladders: Sequence[Ladder], note: str, actor: Actor, at: datetime) -> Case:
    """The case, on the first rung. A complaint is to be handed out within the ladder's days of its receipt.

    Raises NotYourCase, ComplaintIsClosed, CaseExists (also where somebody else was first).
    """
    party = party_of(actor)
    case = _of_flag(about, party) if isinstance(about, Flag) else _of_complaint(about, party)
    whose = Whose(supervised_by=case.supervised_by, agency_path=case.agency_path)
    if not may_do(Deed.OPEN, party=party, whose=whose):
        raise NotYourCase
    day = day_of(at)
    case.number = f"DB{day:%Y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
    case.state, case.rung, case.opened_at = State.OPENED, Rung.REMIND, at
    since = day_of(about.received_at) if isinstance(about, Complaint) else day
    with transaction.atomic():
        if isinstance(about, Complaint):
            _still_open(about)
        until = limit(ladders, days=in_force(ladders, since).hand_out_days, since=since)
        case.due_on = until.due_on
        try:
            with transaction.atomic():
                take_step(case, deed=Deed.OPEN, ladder=until.ladder, note=note, actor=actor, at=at, new=True)
        except IntegrityError as error:
            # Of two who open at once the second meets the first one's row (a column that is unique).
            raise CaseExists from error
    return case


def _of_flag(flag: Flag, party: Party) -> Case:
    """What is about the enterprise alone, whoever came, is pursued by the supervisors of its region."""
    if flag.supervised_by != party.agency_code and not _in_region(flag.region_code, party, named=flag.agency_code):
        raise NotYourCase
    path = VisitFact.objects.filter(agency_code=flag.agency_code).order_by("-pk").values_list("agency_path", flat=True)
    return Case(
        flag=flag,
        credit_code=flag.credit_code,
        enterprise_name=flag.enterprise_name,
        region_code=flag.region_code,
        agency_code=flag.agency_code,
        agency_path=(path.first() or f"/{flag.agency_code}/") if flag.agency_code else "",
        agency_name=flag.agency_name,
        supervised_by=party.agency_code,
    )


def _of_complaint(complaint: Complaint, party: Party) -> Case:
    if not _in_region(complaint.region_code, party):
        raise NotYourCase
    return Case(
        complaint=complaint,
        credit_code=complaint.credit_code,
        enterprise_name=complaint.enterprise_name,
        region_code=complaint.region_code,
        supervised_by=party.agency_code,
    )


def _in_region(region: str, party: Party, *, named: str = "") -> bool:
    return not named and bool(party.region_prefix) and region.startswith(party.region_prefix)


def _still_open(complaint: Complaint) -> None:
    """Locked, so that nobody closes it beside the case."""
    Complaint.objects.select_for_update(no_key=True).only("pk").get(pk=complaint.pk)
    last = ComplaintState.objects.filter(complaint=complaint).order_by("-serial")[0]
    if last.state == ComplaintState.State.CLOSED:
        raise ComplaintIsClosed
