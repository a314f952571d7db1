"""A year of one enterprise as a calendar of squares: a column a week, Monday on top. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

SIDE, STEP = 12, 15
"""Of a square, and from one to the next, in the picture's own units."""
DARKEST = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Square:
    """One day: where it stands, how many visits, how dark (0 to 4)."""

    day: date
    count: int
    x: int
    y: int

    @property
    def level(self) -> int:
        return min(self.count, DARKEST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    squares: tuple[Square, ...]
    months: tuple[tuple[int, int], ...]
    width: int
    height: int


def calendar_of(year: int, counts: Mapping[date, int]) -> Calendar:
    """The year's squares, and where each month's name stands (month, x)."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    squares = tuple(
        Square(
            day=day,
            count=counts.get(day, 0),
            x=(number + first.weekday()) // 7 * STEP,
            y=day.weekday() * STEP + STEP,
        )
        for number, day in enumerate(days)
    )
    months = tuple((square.day.month, square.x) for square in squares if square.day.day == 1)
    return Calendar(squares=squares, months=months, width=squares[-1].x + STEP, height=8 * STEP)
