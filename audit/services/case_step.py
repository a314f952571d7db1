"""One step of a case, taken under its lock: may it be done, by this one, now? Then the case stands anew and the step is
written beside it. Takes part in the deeds of its neighbours; opens no transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cases import party_of, working_days
from audit.casework import Deed, State, Whose, after, may_do
from audit.history import save_as
from audit.ladder import Ladder, in_force
from audit.models import Case, CaseStep, ComplaintState
from audit.problem import Problem
from audit.services.entry import record
from audit.services.turn_complaint import turn_complaint


class CaseTurned(Problem):
    """It stands otherwise by now: somebody else was first."""

    code, status, title = "case-turned", 409, _("该督办的状态已经改变，请重新打开查看")


class AgencyUnknown(Problem):
    """Whom it is about stands in no register: nobody could say who supervises it."""

    code, status, title = "case-agency-unknown", 422, _("执法单位登记中没有这一单位")


class NotYourCase(Problem):
    """An agency's accounts answer, and nobody decides on his own agency's case."""

    code, status, title = "not-your-case", 403, _("您不能办理该督办：由被督办单位的监督机关办理，单位账号只能答复")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """Until when, and by which version of the ladder."""

    due_on: date
    ladder: int


def limit(ladders: Sequence[Ladder], *, days: int | None, rung: Any = None, grade: str = "", since: date) -> Limit:
    """So many working days after `since`, or as many as rung and grade give, by the version in force on that day."""
    ladder = in_force(ladders, since)
    count = ladder.limit(rung, grade=grade) if days is None else days
    return Limit(due_on=working_days().after(since, count), ladder=ladder.version)


def locked(case: Case) -> Case:
    """The case as it stands, ours until the transaction ends."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a case is locked inside a deed's transaction")
    return Case.objects.select_for_update(no_key=True).get(pk=case.pk)


def check(case: Case, *, deed: Deed, by: Actor) -> State:
    """What the case will be. Raises CaseTurned, and NotYourCase for an account that is not the one to do it; the
    complainant and the worker are no accounts, and their deeds are nobody else's."""
    whose = Whose(supervised_by=case.supervised_by, agency_path=case.agency_path)
    if deed not in {Deed.REMIND, Deed.RATE} and not may_do(deed, party=party_of(by), whose=whose):
        raise NotYourCase
    if deed in {Deed.REMIND, Deed.RATE} and by.is_account:
        raise NotYourCase
    then = after(State(case.state), deed)
    if then is None:
        raise CaseTurned
    return then


def tell_term(case: Case, *, said: str, actor: Actor, at: datetime) -> None:
    """Tell the complainant, if there is one, what became of it and until when (`{due_on}`), with the grade of now."""
    if case.complaint is None or case.due_on is None:
        return
    turn_complaint(
        case.complaint,
        state=ComplaintState.State.ACCEPTED,
        grade=ComplaintState.Grade(case.grade) if case.grade else None,
        note=said.format(due_on=case.due_on.isoformat()),
        of_case=True,
        actor=actor,
        at=at,
    )


def take_step(
    case: Case,
    *,
    deed: Deed,
    actor: Actor,
    at: datetime,
    note: str = "",
    report_no: str = "",
    ladder: int = 0,
    lamp: str = "",
    rating: str = "",
    new: bool = False,
) -> CaseStep:
    """Keep the case as it was changed, append the step and its entry. `new`: the case's first."""
    save_as(case, actor=actor, at=at, reason=str(deed), new=new)
    before = None if new else CaseStep.objects.filter(case=case).order_by("-serial").first()
    step = CaseStep(
        case=case,
        serial=before.serial + 1 if before else 1,
        deed=deed,
        state=case.state,
        rung=case.rung,
        ladder=ladder,
        agency_code=case.agency_code,
        agency_path=case.agency_path,
        agency_name=case.agency_name,
        responsible=case.responsible,
        grade=case.grade,
        due_on=case.due_on,
        lamp=lamp,
        rating=rating,
        report_no=report_no,
        note=note,
        by=actor,
        at=max(at, before.at) if before else at,  # doors read the clock before they wait
    )
    step.save(force_insert=True)
    body = {
        "deed": str(deed),
        "serial": step.serial,
        "state": step.state,
        "rung": step.rung,
        "ladder": ladder,
        "agency_code": step.agency_code,
        "due_on": step.due_on.isoformat() if step.due_on else None,
        "rating": rating,
        "lamp": lamp,
        **({"report_no": report_no} if report_no else {}),
    }
    record(kind="case-step", subject=f"case:{case.number}", body=body, actor=actor, at=at)
    return step
