"""When inspectors come: how busy a day is, and at which minute a visit begins."""

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

MONTHS = (0.70, 0.55, 1.20, 1.30, 1.25, 1.25, 0.75, 0.70, 1.20, 1.20, 1.30, 0.75)
"""How busy each month is, January first; 1.0 is an ordinary day's work."""

NEW_YEARS = {
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26),
    2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
"""Month and day of the Spring Festival."""
HOLIDAYS = {(1, 1), (4, 4), (4, 5), *((5, day) for day in range(1, 6)), *((10, day) for day in range(1, 8))}

IDLE = 0.015
WEEKEND = 0.04
NEW_YEAR_LULL = 0.35

SHIFTS = (time(9, 0), time(10, 20), time(14, 30), time(15, 50))
"""The earliest beginnings of a team's four visits a day; mornings end at 11:30, afternoons at 17:00."""
SHIFT_WEIGHTS = (34, 25, 25, 16)
LATEST_MINUTE = 60


def off_work(*, day: date) -> bool:
    """Whether only complaints bring inspectors out: weekends and holidays."""
    return day.weekday() >= 5 or _holiday(day=day)


def busyness(*, day: date) -> float:
    """How much inspecting is done on the day; 1.0 is an ordinary working day."""
    if _holiday(day=day):
        return IDLE
    month = MONTHS[day.month - 1]
    if day.weekday() >= 5:
        return month * WEEKEND
    lull = -14 <= _days_after_new_year(day=day) <= 17
    return month * (NEW_YEAR_LULL if lull else 1.0)


def beginning(*, chance: random.Random, day: date, shift: int) -> datetime:
    """The moment in Shanghai's time at which a visit in the day's shift (0 to 3) begins."""
    minutes = chance.triangular(0, LATEST_MINUTE, LATEST_MINUTE / 3)
    start = datetime.combine(day, SHIFTS[shift], SHANGHAI)
    return start + timedelta(seconds=round(minutes * 60))


def _holiday(*, day: date) -> bool:
    return (day.month, day.day) in HOLIDAYS or -1 <= _days_after_new_year(day=day) <= 6


def _days_after_new_year(*, day: date) -> int:
    month, first = NEW_YEARS.get(day.year, (2, 4))
    return (day - date(day.year, month, first)).days
