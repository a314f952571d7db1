"""The complainant rates the handling (评价), once for each closing, or says so when called back (回访)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.casework import Deed, Rating
from audit.complaints import rated_in_person
from audit.models import Case, CaseStep
from audit.problem import Problem
from audit.services.case_step import CaseTurned, check, locked, take_step


class AlreadyRated(Problem):
    code, status, title = "case-rated", 409, _("已经评价过了")


def rate_case(case: Case, *, rating: Rating, note: str, actor: Actor, at: datetime) -> CaseStep:
    """What the complainant says by the receipt, also where somebody wrote down otherwise after calling back.
    Unsatisfied: the discipline account of the region sees it.

    Raises CaseTurned (it is not closed), AlreadyRated, NotYourCase (an account is no complainant).
    """
    with transaction.atomic():
        case = locked(case)
        check(case, deed=Deed.RATE, by=actor)
        if Case.objects.filter(rated_in_person("pk"), pk=case.pk).exists():
            raise AlreadyRated
        case.rating = rating
        return take_step(case, deed=Deed.RATE, rating=rating, note=note, actor=actor, at=at)


def call_back(case: Case, *, rating: Rating, note: str, actor: Actor, at: datetime) -> CaseStep:
    """What the complainant says on the telephone counts like a rating, but replaces none that he gave himself: whoever
    handled a case cannot type an unsatisfied one away. Raises CaseTurned (also for one not drawn), NotYourCase."""
    with transaction.atomic():
        case = locked(case)
        check(case, deed=Deed.CALL_BACK, by=actor)
        if not case.calls_back:
            raise CaseTurned
        case.rating, case.calls_back = case.rating or rating, False
        return take_step(case, deed=Deed.CALL_BACK, rating=rating, note=note, actor=actor, at=at)
