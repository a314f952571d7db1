"""The year being told: its days and how busy they are, who goes where, and the visits so far."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Self

from project.demo.causes import Cause
from project.demo.diary import Diary, Team
from project.demo.enterprises import Enterprise
from project.demo.history import History
from project.demo.rhythm import SHIFT_WEIGHTS, busyness
from project.demo.visits import Visit

DAYS = 365
LONE_SHARE = 0.025
THIRD_SHARE = 0.3
"""How often one officer comes alone, and how often the third of a team of three comes along."""


@dataclass(slots=True)
class Year:
    """What is planned and told so far; one stream of chance runs through all of it."""

    chance: random.Random
    diary: Diary
    days: list[date]
    weights: list[float]
    history: History = field(default_factory=History)
    visits: list[Visit] = field(default_factory=list)
    _running: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._running = list(accumulate(self.weights))

    @classmethod
    def before(cls, *, today: date, chance: random.Random, diary: Diary) -> Self:
        """The 365 days that end yesterday."""
        days = [today - timedelta(days=ago) for ago in range(DAYS, 0, -1)]
        return cls(chance, diary, days, [busyness(day=day) * chance.uniform(0.75, 1.25) for day in days])

    def some_day(self) -> date:
        """A day of the year; busy ones more often."""
        return self.chance.choices(self.days, cum_weights=self._running)[0]

    def some_shift(self) -> int:
        """A shift of the day (0 to 3); early ones more often."""
        return self.chance.choices(range(len(SHIFT_WEIGHTS)), SHIFT_WEIGHTS)[0]

    def share_out(self, *, number: float) -> Iterator[tuple[date, int]]:
        """This number of visits, shared out over the days as they are busy."""
        whole = self._running[-1]
        for day, weight in zip(self.days, self.weights, strict=True):
            due = number * weight / whole
            yield day, int(due) + (self.chance.random() < due % 1)

    def record(
        self,
        *,
        teams: dict[str, Team],
        enterprise: Enterprise,
        started_at: datetime,
        shift: int,
        cause: Cause,
        joint_id: str | None = None,
    ) -> None:
        """The teams (by agency code) visit the enterprise together; their diaries and the history know it."""
        day = started_at.date()
        self.history.add(agencies=list(teams), credit_code=enterprise.credit_code, day=day)
        for agency, team in teams.items():
            self.diary.promise(team=team, day=day, shift=shift, county=enterprise.county)
            self.visits.append(
                Visit(
                    agency=agency,
                    certificate_nos=self._present(team=team),
                    credit_code=enterprise.credit_code,
                    started_at=started_at,
                    purpose=cause.purpose,
                    category=cause.category,
                    joint_id=joint_id,
                    reason=cause.reason,
                    source_no=cause.source_no,
                )
            )

    def _present(self, *, team: Team) -> Team:
        """Who of the team comes: mostly two, sometimes all three, rarely the leader alone."""
        if self.chance.random() < LONE_SHARE:
            return team[:1]
        return team if self.chance.random() < THIRD_SHARE else team[:2]
