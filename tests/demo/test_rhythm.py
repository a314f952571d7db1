import random
from datetime import date, time, timedelta

import pytest

from project.demo.rhythm import beginning, busyness, off_work

MORNING = (time(9, 0), time(11, 30))
AFTERNOON = (time(14, 30), time(17, 0))


@pytest.mark.parametrize(
    ("busy", "quiet"),
    [
        (date(2026, 4, 15), date(2026, 8, 12)),
        (date(2026, 10, 14), date(2026, 7, 15)),
        (date(2026, 7, 15), date(2026, 3, 7)),
        (date(2026, 1, 14), date(2026, 2, 11)),
        (date(2026, 2, 11), date(2026, 2, 17)),
        (date(2026, 7, 4), date(2026, 10, 1)),
    ],
    ids=["spring", "autumn", "weekend", "before New Year", "New Year itself", "national holiday"],
)
def test_some_days_are_busier_than_others(busy: date, quiet: date) -> None:
    assert busyness(day=busy) > 1.2 * busyness(day=quiet) > 0


def test_a_year_without_a_known_spring_festival_still_has_a_quiet_february() -> None:
    assert off_work(day=date(2050, 2, 4))
    assert busyness(day=date(2050, 2, 16)) < 0.5


@pytest.mark.parametrize("shift", range(4))
def test_visits_begin_in_office_hours_of_shanghai(shift: int) -> None:
    chance = random.Random(shift)
    for _ in range(300):
        moment = beginning(chance=chance, day=date(2026, 5, 13), shift=shift)
        first, last = MORNING if shift < 2 else AFTERNOON
        assert moment.utcoffset() == timedelta(hours=8)
        assert first <= moment.time() <= last
