"""`manage.py work`: the worker of audit/management/commands/work.py, with what the floors above have it do."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from audit.management.commands import work
from audit.management.rounds import Chore
from checkins.services.raise_overdue import raise_overdue


class Command(work.Command):
    def chores(self) -> list[Chore]:
        return [*super().chores(), Chore(name="overdue_raised", every=work.WATCH_EVERY, run=_raise_overdue)]


def _raise_overdue() -> Mapping[str, Any]:
    """Of urgent inspections whose approval did not follow in time."""
    visits = raise_overdue(actor=work.WORKER, at=timezone.now())
    return {"visits": visits} if visits else {}
