"""Where agencies go day by day: mostly their own region, nobody too often, riskier enterprises more."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from project.demo.agencies import AGENCIES, FIELDS, Agency
from project.demo.causes import cause
from project.demo.enterprises import Enterprise
from project.demo.rhythm import beginning
from project.demo.year import Year

APPETITES = (7, 4, 6, 10, 16, 22, 24, 11)
"""How many in a hundred enterprises are visited at most 0, 1, … 7 times in the year by all agencies."""
RISKS = {"A": 0.7, "B": 1.0, "C": 1.5, "D": 2.2}
CAP = 2
"""How often one agency comes at most in a calendar year."""
REST_DAYS = 8
AWAY_SHARE = 0.04
"""How often a county's team is lent to another county for the day (交叉检查)."""
TRIES = 15
SIZE = 2000
"""The number of enterprises for which agencies.FIELDS tells the visits of a year."""


class Rounds:
    """The ordinary enterprises of every county, and how the agencies go round them."""

    def __init__(self, *, year: Year, enterprises: Sequence[Enterprise], spared: set[str]) -> None:
        self._year = year
        self._scale = len(enterprises) / SIZE
        self._appetite: dict[str, int] = {}
        self._county: dict[str, list[Enterprise]] = {}
        self._pools: dict[tuple[str, str], tuple[list[Enterprise], list[float]]] = {}
        for enterprise in enterprises:
            appetite = year.chance.choices(range(len(APPETITES)), APPETITES)[0]
            visited = enterprise.status in {"open", "moved"} and enterprise.credit_code not in spared
            if visited and appetite:
                self._appetite[enterprise.credit_code] = appetite
                self._county.setdefault(enterprise.county, []).append(enterprise)

    def walk(self) -> None:
        """Every inspecting agency goes its rounds through the year."""
        due = [
            (agency, day)
            for agency in AGENCIES
            if agency.inspects
            for day, number in self._year.share_out(number=FIELDS[agency.kind].visits[agency.level] * self._scale)
            for _ in range(number)
        ]
        self._year.chance.shuffle(due)  # else autumn would find every enterprise visited already
        for agency, day in due:
            self._visit(agency=agency, day=day)

    def _visit(self, *, agency: Agency, day: date) -> None:
        """One visit, if a team is free and some enterprise of the county may be visited."""
        year = self._year
        shift = year.some_shift()
        team = year.diary.free_team(chance=year.chance, agency=agency.code, day=day, shift=shift)
        if team is None:
            return
        county = year.diary.county(team=team, day=day) or self._destination(agency=agency)
        enterprise = self._choose(agency=agency, county=county, day=day) if county else None
        if enterprise is not None:
            year.record(
                teams={agency.code: team},
                enterprise=enterprise,
                started_at=beginning(chance=year.chance, day=day, shift=shift),
                shift=shift,
                cause=cause(chance=year.chance, day=day),
            )

    def _destination(self, *, agency: Agency) -> str | None:
        """The county a team goes to for the day; large counties attract the city's teams more."""
        away = agency.level == "district" and self._year.chance.random() < AWAY_SHARE
        if agency.level != "city" and not away:
            return agency.region_code[:6]
        counties = [county for county in self._county if county != agency.region_code]
        if not counties:
            return None
        return self._year.chance.choices(counties, [len(self._county[county]) for county in counties])[0]

    def _choose(self, *, agency: Agency, county: str, day: date) -> Enterprise | None:
        """An enterprise of the county that the agency has business with and that has had its rest."""
        pool, weights = self._pool(agency=agency, county=county)
        history = self._year.history
        for _ in range(TRIES if pool else 0):
            enterprise = self._year.chance.choices(pool, cum_weights=weights)[0]
            code = enterprise.credit_code
            if (
                history.total.get(code, 0) < self._appetite[code]
                and history.this_year(agency=agency.code, credit_code=code, day=day) < CAP
                and history.rested(credit_code=code, day=day, rest=REST_DAYS)
            ):
                return enterprise
        return None

    def _pool(self, *, agency: Agency, county: str) -> tuple[list[Enterprise], list[float]]:
        """The county's enterprises of the agency's field (a town's team: of its town), with running weights."""
        key = (agency.code, county)
        if key not in self._pools:
            pool = [
                enterprise
                for enterprise in self._county.get(county, ())
                if enterprise.industry_code.startswith(FIELDS[agency.kind].industries)
                and (agency.level != "town" or enterprise.region_code == agency.region_code)
            ]
            weights = (self._appetite[each.credit_code] * RISKS[each.risk_grade] for each in pool)
            self._pools[key] = (pool, list(accumulate(weights)))
        return self._pools[key]
