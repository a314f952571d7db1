"""Who comes together: joint inspections of two or three agencies at one enterprise (联合查一次)."""

from collections.abc import Sequence

from project.demo.causes import Category, Cause
from project.demo.diary import Team
from project.demo.enterprises import Enterprise
from project.demo.rhythm import beginning, off_work
from project.demo.visitors import visitors
from project.demo.year import Year

PER_ENTERPRISE = 0.065
"""How many joint inspections a year there are for each enterprise."""
TRIES = 20
REST_DAYS = 20


def joints(*, year: Year, enterprises: Sequence[Enterprise], spared: set[str]) -> None:
    """Tell the year's joint inspections; the spared credit codes get none."""
    candidates = [
        enterprise
        for enterprise in enterprises
        if enterprise.status == "open"
        and enterprise.credit_code not in spared
        and len(visitors(enterprise=enterprise)) >= 3
    ]
    if not candidates:
        return
    for number in range(1, round(PER_ENTERPRISE * len(enterprises)) + 1):
        for _ in range(TRIES):
            if _together(year=year, enterprise=year.chance.choice(candidates), number=number):
                break


def _together(*, year: Year, enterprise: Enterprise, number: int) -> bool:
    """Try one joint inspection on some working day; whether everybody could come."""
    day, shift = year.some_day(), year.some_shift()
    rested = year.history.rested(credit_code=enterprise.credit_code, day=day, rest=REST_DAYS)
    if off_work(day=day) or not rested:
        return False
    size = 2 if year.chance.random() < 0.7 else 3
    teams: dict[str, Team] = {}
    for agency in year.chance.sample(visitors(enterprise=enterprise), size):
        team = year.diary.free_team(
            chance=year.chance, agency=agency.code, day=day, shift=shift, county=enterprise.county
        )
        if team is None:
            return False
        teams[agency.code] = team
    category: Category = "special" if year.chance.random() < 0.4 else "routine"
    year.record(
        teams=teams,
        enterprise=enterprise,
        started_at=beginning(chance=year.chance, day=day, shift=shift),
        shift=shift,
        cause=Cause("inspection", category),
        joint_id=f"LH-{day:%Y%m%d}-{number:04d}",
    )
    return True
