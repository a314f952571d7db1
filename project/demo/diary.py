"""Which team is where and when, so that nobody is in two places at once or in two counties on one day."""

import random
from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from project.demo.dice import dice
from project.demo.officers import Officer

Team = tuple[str, ...]
"""The certificate numbers of the officers who go out together this month, the leader first."""


class Diary:
    """The teams of every agency and what they have promised so far."""

    def __init__(self, *, seed: int, officers: Iterable[Officer]) -> None:
        self._seed = seed
        self._officers: dict[str, list[Officer]] = {}
        for officer in officers:
            self._officers.setdefault(officer.agency, []).append(officer)
        self._teams: dict[tuple[str, int, int], list[Team]] = {}
        self._promised: set[tuple[str, date, int]] = set()
        self._county: dict[tuple[str, date], str] = {}

    def free_team(
        self, *, chance: random.Random, agency: str, day: date, shift: int, county: str | None = None
    ) -> Team | None:
        """A team of the agency that can go out in the shift, to the county if one is named."""
        teams = [
            team
            for team in self._month(agency=agency, day=day)
            if (team[0], day, shift) not in self._promised
            and (county is None or self._county.get((team[0], day), county) == county)
        ]
        return chance.choice(teams) if teams else None

    def county(self, *, team: Team, day: date) -> str | None:
        """The county the team is in on the day, as far as anything is promised."""
        return self._county.get((team[0], day))

    def promise(self, *, team: Team, day: date, shift: int, county: str) -> None:
        """The team goes to an enterprise of the county in the shift."""
        self._promised.add((team[0], day, shift))
        self._county[team[0], day] = county

    def _month(self, *, agency: str, day: date) -> list[Team]:
        key = (agency, day.year, day.month)
        if key not in self._teams:
            self._teams[key] = self._form(agency=agency, day=day)
        return self._teams[key]

    def _form(self, *, agency: str, day: date) -> list[Team]:
        """This month's pairs; one left over joins the first pair."""
        first, last = day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
        able = [
            officer.certificate_no
            for officer in self._officers.get(agency, ())
            if officer.valid(since=first, until=last)
        ]
        dice(seed=self._seed, noun=f"teams {agency} {first}").shuffle(able)
        pairs = [tuple(able[place : place + 2]) for place in range(0, len(able) - 1, 2)]
        if len(able) % 2 and pairs:
            pairs[0] += (able[-1],)
        return pairs
