"""Who is inspected far too often: a few enterprises that several agencies keep coming back to."""

from collections.abc import Sequence

from project.demo.agencies import Agency
from project.demo.causes import cause
from project.demo.enterprises import Enterprise
from project.demo.rhythm import beginning
from project.demo.visitors import visitors
from project.demo.year import Year

HOTSPOTS = 20
LEAST, MOST = 8, 20
PERSISTENT = 7
"""Every second hotspot has one agency that comes at least so often: in some calendar year more than twice."""
EXEMPT_SHARE = 0.22
TRIES = 400


def hotspots(*, year: Year, enterprises: Sequence[Enterprise]) -> set[str]:
    """Tell the visits to the hotspots, and which credit codes they are."""
    candidates = [
        enterprise
        for enterprise in enterprises
        if enterprise.status == "open" and len(visitors(enterprise=enterprise)) >= 5
    ]
    number = min(HOTSPOTS, len(candidates), 1 + len(enterprises) // 50)
    chosen = year.chance.sample(candidates, number)
    for place, enterprise in enumerate(chosen):
        agencies = visitors(enterprise=enterprise)
        year.chance.shuffle(agencies)
        persistent = PERSISTENT if place % 2 else 0
        times = year.chance.randint(LEAST + persistent // 2, MOST)
        for time in range(times):
            agency = agencies[0] if time < persistent else agencies[time % len(agencies)]
            _visit(year=year, agency=agency, enterprise=enterprise)
    return {enterprise.credit_code for enterprise in chosen}


def _visit(*, year: Year, agency: Agency, enterprise: Enterprise) -> None:
    """One visit on a day when a team of the agency can come and nobody else does."""
    for _ in range(TRIES):
        day, shift = year.some_day(), year.some_shift()
        if not year.history.rested(credit_code=enterprise.credit_code, day=day, rest=2):
            continue
        team = year.diary.free_team(
            chance=year.chance, agency=agency.code, day=day, shift=shift, county=enterprise.county
        )
        if team is None:
            continue
        year.record(
            teams={agency.code: team},
            enterprise=enterprise,
            started_at=beginning(chance=year.chance, day=day, shift=shift),
            shift=shift,
            cause=cause(chance=year.chance, day=day, exempt=EXEMPT_SHARE, service=0.05),
        )
        return
