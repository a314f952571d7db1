"""Reads of what was counted of knocks at doors that need no log-in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.models import Knock

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Knocks:
    """How many in the window that is open, and how long it stays open."""

    count: int
    closes_in: timedelta


def knocks(bucket: bytes, *, at: datetime) -> Knocks | None:
    """What was counted in this bucket; None: no window is open. One statement."""
    now = milliseconds(at)
    row = Knock.objects.filter(pk=bucket, closes__gt=now).values_list("count", "closes").first()
    return Knocks(count=row[0], closes_in=(row[1] - now) * MILLISECOND) if row else None


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return int(at.timestamp() * 1000)
