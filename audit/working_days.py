"""Working days (工作日): which days are worked, and when a time-limit of so many of them ends. Pure.

The State Council's holidays and the Saturdays that are worked for them come from chinesecalendar, which knows no year
beyond its data; what a house has imported goes before it; without either, Monday to Friday are worked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar

ONE_DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingDays:
    """`imported`: for each day that somebody has entered, whether it is worked."""

    imported: Mapping[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Is this day worked?"""
        told = self.imported.get(day)
        if told is not None:
            return told
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < SATURDAY

    def after(self, day: date, count: int) -> date:
        """The last day of a limit of `count` working days that begins on the day after `day` (民法典 201)."""
        while count > 0:
            day += ONE_DAY
            count -= self.works(day)
        return day
