"""Hand a case out (交办) to the agency that owes the answer, with whoever is responsible there."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.cases import party_of
from audit.casework import Deed, Organ, Whose, may_do
from audit.facts import day_of
from audit.ladder import Ladder, Rung
from audit.models import Case, CaseStep
from audit.problem import Problem
from audit.services.case_step import NotYourCase, check, limit, locked, take_step, tell_term

HANDED_OUT = "已受理并交办，办理期限 {due_on}。"


class GradeMissing(Problem):
    code, status, title = "case-grade-missing", 422, _("投诉须定级（A、B、C）")


def hand_out(
    case: Case,
    *,
    organ: Organ,
    responsible: str,
    grade: str = "",
    note: str,
    ladders: Sequence[Ladder],
    actor: Actor,
    at: datetime,
) -> CaseStep:
    """The answer is due within the rung's days, of a complaint on the first rung within its grade's. The complainant is
    told that it was handed out, and until when, each time.

    Raises NotYourCase (also for an agency that another bureau supervises), CaseTurned, GradeMissing.
    """
    with transaction.atomic():
        case = locked(case)
        state = check(case, deed=Deed.HAND_OUT, by=actor)
        whose = Whose(supervised_by=organ.supervised_by, agency_path=organ.path)
        if not may_do(Deed.HAND_OUT, party=party_of(actor), whose=whose):
            raise NotYourCase
        case.grade = (grade or case.grade) if case.complaint_id else ""
        if case.complaint_id and not case.grade:
            raise GradeMissing
        until = limit(ladders, days=None, rung=Rung(case.rung), grade=case.grade, since=day_of(at))
        case.state, case.due_on, case.reminded, case.responsible = state, until.due_on, "", responsible
        case.agency_code, case.agency_path, case.agency_name = organ.code, organ.path, organ.name
        step = take_step(case, deed=Deed.HAND_OUT, ladder=until.ladder, note=note, actor=actor, at=at)
        tell_term(case, said=HANDED_OUT, actor=actor, at=at)
    return step
