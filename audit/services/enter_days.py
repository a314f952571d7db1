"""Enter which days are worked (节假日、调休): they go before the library's calendar."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from audit.actor import Actor
from audit.models import CalendarDay
from audit.services.entry import record


def enter_days(days: Mapping[date, bool], *, name: str, actor: Actor, at: datetime) -> int:
    """Append them with one entry; how many. Of several rows of one day the newest counts."""
    with transaction.atomic():
        for day, works in sorted(days.items()):
            CalendarDay(day=day, works=works, name=name, by=actor, at=at).save(force_insert=True)
        told = {day.isoformat(): works for day, works in sorted(days.items())}
        record(kind="days-entered", subject="calendar", body={"name": name, "days": told}, actor=actor, at=at)
    return len(days)
