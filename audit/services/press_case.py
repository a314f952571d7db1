"""The answer was not enough, or never came: the case goes back (退回重办), or up the ladder (升级督办)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.casework import Deed
from audit.facts import day_of
from audit.ladder import Ladder, Rung, above, in_force
from audit.models import Case, CaseStep
from audit.problem import Problem
from audit.services.case_step import check, limit, locked, take_step, tell_term

SENT_BACK = "答复不符合要求，已退回重新办理，办理期限 {due_on}。"
ESCALATED = "已升级督办，办理期限 {due_on}。"


class OnTheLastRung(Problem):
    code, status, title = "case-on-the-last-rung", 409, _("已是最高督办层级")


class ReportMissing(Problem):
    """On this rung the government is told, and the step names the report."""

    code, status, title = "case-report-missing", 422, _("升到该层级须同时报告本级政府：请填写报告文号")


def send_back(case: Case, *, note: str, ladders: Sequence[Ladder], actor: Actor, at: datetime) -> CaseStep:
    """The same agency once more, within its rung's days. Raises NotYourCase, CaseTurned."""
    return _press(case, deed=Deed.SEND_BACK, note=note, ladders=ladders, actor=actor, at=at)


def escalate(
    case: Case, *, note: str, report_no: str = "", ladders: Sequence[Ladder], actor: Actor, at: datetime
) -> CaseStep:
    """The next rung, with its own days. `report_no`: of the report to the government, where the ladder asks for one.

    Raises NotYourCase, CaseTurned, OnTheLastRung, ReportMissing.
    """
    return _press(case, deed=Deed.ESCALATE, note=note, report_no=report_no, ladders=ladders, actor=actor, at=at)


def _press(
    case: Case,
    *,
    deed: Deed,
    note: str,
    report_no: str = "",
    ladders: Sequence[Ladder],
    actor: Actor,
    at: datetime,
) -> CaseStep:
    with transaction.atomic():
        case = locked(case)
        case.state = check(case, deed=deed, by=actor)
        rung = Rung(case.rung) if deed is Deed.SEND_BACK else above(Rung(case.rung))
        if rung is None:
            raise OnTheLastRung
        reports = deed is Deed.ESCALATE and rung in in_force(ladders, day_of(at)).reports
        if reports and not report_no:
            raise ReportMissing
        until = limit(ladders, days=None, rung=rung, grade=case.grade, since=day_of(at))
        case.rung, case.due_on, case.reminded = rung, until.due_on, ""
        told = report_no if reports else ""
        step = take_step(case, deed=deed, ladder=until.ladder, note=note, report_no=told, actor=actor, at=at)
        tell_term(case, said=SENT_BACK if deed is Deed.SEND_BACK else ESCALATED, actor=actor, at=at)
        return step
