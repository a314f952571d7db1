"""Working days (工作日): which days are worked, and when a time-limit of so many of them ends. Pure.

The State Council's holidays and the Saturdays that are worked for them come from chinesecalendar, which knows no year
beyond its data; what a house has imported goes before it. Of a year of which neither says anything only what the law
fixes by date is known (全国年节及纪念日放假办法, decree 795, 第二条): 1 January, 1 and 2 May, 1 to 3 October; the
holidays of the lunar calendar, and what is worked for any of them, the State Council announces in the autumn before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar

ONE_DAY = timedelta(days=1)
SATURDAY = 5
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the holidays that are the same every year."""

_LIBRARY = frozenset(day.year for day in chinese_calendar.constants.holidays)


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
            return day.weekday() < SATURDAY and (day.month, day.day) not in FIXED

    def knows(self, year: int) -> bool:
        """Has the State Council's arrangement of this year been told, by the library or by an import?"""
        return year in _LIBRARY or any(day.year == year for day in self.imported)

    def after(self, day: date, count: int) -> date:
        """The last day of a limit of `count` working days that begins on the day after `day` (民法典 201)."""
        while count > 0:
            day += ONE_DAY
            count -= self.works(day)
        return day
