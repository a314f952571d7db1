"""`manage.py work`: the worker of audit/management/commands/work.py, with what the floors above have it do."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.management.commands import work
from audit.management.rounds import Chore
from audit.services.remind_cases import remind_cases
from checkins.services.raise_overdue import raise_overdue


class Command(work.Command):
    def chores(self) -> list[Chore]:
        return [
            *super().chores(),
            Chore(name="overdue_raised", every=work.WATCH_EVERY, run=_raise_overdue),
            Chore(name="cases_reminded", every=work.WATCH_EVERY, run=_remind_cases),
        ]


def _raise_overdue() -> Mapping[str, Any]:
    """Of urgent inspections whose approval did not follow in time."""
    visits = raise_overdue(actor=work.WORKER, at=timezone.now())
    return {"visits": visits} if visits else {}


def _remind_cases() -> Mapping[str, Any]:
    """Of cases whose due date is near or past."""
    numbers = remind_cases(ladders=settings.CASE_LADDERS, actor=work.WORKER, at=timezone.now())
    return {"cases": numbers} if numbers else {}
