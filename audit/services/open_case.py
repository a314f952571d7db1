"""Open a case (立案督办) about a warning or a complaint: from here on it has a due date."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cases import party_of
from audit.casework import Deed, Organ, Party, Rating, State, Whose, may_do
from audit.facts import day_of
from audit.ladder import Ladder, Rung, in_force
from audit.lane import hold
from audit.models import Case, Complaint, ComplaintState, Flag, FlagState
from audit.problem import Problem
from audit.services.case_step import AgencyUnknown, NotYourCase, limit, take_step
from audit.services.flag import LOWERED

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class CaseExists(Problem):
    """It is pursued already; a closed case is opened again, not opened twice."""

    code, status, title = "case-exists", 409, _("已经立案督办")


class FlagIsLowered(Problem):
    """A supervisor's word took its ground away: nothing is left to be pursued."""

    code, status, title = "flag-lowered", 409, _("该预警已解除")


class ComplaintIsClosed(Problem):
    code, status, title = "complaint-closed", 409, _("该投诉已办结")


def open_case(
    about: Flag | Complaint,
    *,
    organ: Organ | None = None,
    ladders: Sequence[Ladder],
    note: str,
    actor: Actor,
    at: datetime,
) -> Case:
    """The case, on the first rung. A complaint is to be handed out within the ladder's days of its receipt.

    `organ`: the agency that it is about, as the register has it now; who supervises it now pursues the case. What is
    about no agency alone is pursued by the supervisors of the enterprise's region. A complaint that was closed without
    a case is taken up by one only where its complainant is not satisfied.

    Raises AgencyUnknown, NotYourCase, FlagIsLowered, ComplaintIsClosed, CaseExists (also where somebody else was
    first).
    """
    party = party_of(actor)
    if about.agency_code and (organ is None or organ.code != about.agency_code):
        raise AgencyUnknown
    case = _of(about, organ if about.agency_code else None, party=party)
    whose = Whose(supervised_by=case.supervised_by, agency_path=case.agency_path)
    if not may_do(Deed.OPEN, party=party, whose=whose):
        raise NotYourCase
    day = day_of(at)
    case.number = f"DB{day:%Y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
    case.state, case.rung, case.opened_at = State.OPENED, Rung.REMIND, at
    with transaction.atomic():
        if isinstance(about, Complaint):
            since = day if _taken_up_again(about) else day_of(about.received_at)
        else:
            since = day
            _still_stands(about)
        until = limit(ladders, days=in_force(ladders, since).hand_out_days, since=since)
        case.due_on = until.due_on
        try:
            with transaction.atomic():
                take_step(case, deed=Deed.OPEN, ladder=until.ladder, note=note, actor=actor, at=at, new=True)
        except IntegrityError as error:
            # Of two who open at once the second meets the first one's row (a column that is unique).
            raise CaseExists from error
    return case


def _of(about: Flag | Complaint, organ: Organ | None, *, party: Party) -> Case:
    in_region = bool(party.region_prefix) and about.region_code.startswith(party.region_prefix)
    of_bureau = isinstance(about, Flag) and about.supervised_by == party.agency_code
    if not (organ.supervised_by == party.agency_code if organ is not None else in_region or of_bureau):
        raise NotYourCase
    return Case(
        flag=about if isinstance(about, Flag) else None,
        complaint=about if isinstance(about, Complaint) else None,
        credit_code=about.credit_code,
        enterprise_name=about.enterprise_name,
        region_code=about.region_code,
        agency_code=organ.code if organ is not None else "",
        agency_path=organ.path if organ is not None else "",
        agency_name=organ.name if organ is not None else "",
        supervised_by=party.agency_code,
    )


def is_lowered(flag: Flag) -> bool:
    last = FlagState.objects.filter(flag=flag).order_by("-at", "-pk").values_list("state", flat=True).first()
    return last == LOWERED


def _taken_up_again(complaint: Complaint) -> bool:
    """Was it closed, and not to its complainant's satisfaction? Locked, so that nobody closes it beside the case."""
    Complaint.objects.select_for_update(no_key=True).only("pk").get(pk=complaint.pk)
    last = ComplaintState.objects.filter(complaint=complaint).order_by("-serial")[0]
    if last.state == ComplaintState.State.CLOSED and last.rating != Rating.UNSATISFIED:
        raise ComplaintIsClosed
    return last.state == ComplaintState.State.CLOSED


def _still_stands(flag: Flag) -> None:
    """In the enterprise's lane, in which its flags are lowered; of agencies' months a worker's next round tells."""
    if flag.credit_code:
        hold(flag.credit_code)
    if is_lowered(flag):
        raise FlagIsLowered
