"""Whose door it is: enterprises with their licences, names, trades and places."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, radians
from typing import Literal

from project.demo.agencies import AGENCIES
from project.demo.counties import COUNTIES, EVERYWHERE, County
from project.demo.licence import credit_code, registration_no
from project.demo.names import enterprise_name, former_name
from project.demo.trades import TRADES, Trade

Status = Literal["open", "revoked", "closed", "moved"]
Grade = Literal["A", "B", "C", "D"]

KINDS = ("91", "92", "93")
STAFFED_TOWNS = {agency.region_code for agency in AGENCIES if agency.level == "town"}
"""Large towns, which have a team of their own."""
SPREAD_KM = 2.5
REACH_KM = 7.0
"""Premises scatter around the county's centre: standard deviation and limit in each direction."""
KM_PER_DEGREE = 111.32
STREETS = (
    "建设大街", "中兴大街", "人民路", "富强路", "迎宾街", "振兴路", "工业路", "新华街", "滨河路", "创业路", "文明街",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Premises:
    """One place of business; degrees in the datum named, which is always WGS84 here."""

    address: str
    longitude: float
    latitude: float
    datum: Literal["WGS84"] = "WGS84"


@dataclass(frozen=True, slots=True)
class Enterprise:
    """One market entity as the registry knows it.

    `region_code` has nine digits (its town, GB/T 10114), of which the first six are the county;
    `industry_code` is the GB/T 4754-2017 section letter and division; `registration_no` is the 15-digit
    number that old licences carry besides the credit code.
    """

    credit_code: str
    registration_no: str | None
    name: str
    former_names: tuple[str, ...]
    region_code: str
    industry_code: str
    industry_name: str
    risk_grade: Grade
    status: Status
    premises: tuple[Premises, ...]

    @property
    def county(self) -> str:
        """The GB/T 2260 code of its county."""
        return self.region_code[:6]


def enterprises(*, chance: random.Random, number: int) -> Iterator[Enterprise]:
    """This many enterprises, no two with the same credit code, registration number or name."""
    seen: set[str] = set()
    shares = [county.share for county in COUNTIES]
    while number:
        county = chance.choices(COUNTIES, shares)[0]
        enterprise = _enterprise(chance=chance, county=county)
        marks = {enterprise.name, enterprise.credit_code, enterprise.registration_no or enterprise.name}
        if seen.isdisjoint(marks):
            seen |= marks
            number -= 1
            yield enterprise


def _enterprise(*, chance: random.Random, county: County) -> Enterprise:
    trade = _trade(chance=chance, county=county)
    kind = chance.choices(KINDS, trade.kinds)[0]
    name = enterprise_name(chance=chance, kind=kind, county=county, trade=trade)
    renamed = kind == "91" and chance.random() < 0.08
    town_weights = [5 if code in STAFFED_TOWNS else 2 for code, _ in county.towns]
    town_code, town = chance.choices(county.towns, town_weights)[0]
    places = chance.choices((1, 2, 3), (91, 7, 2))[0]
    return Enterprise(
        credit_code=credit_code(chance=chance, kind=kind, county=county.code),
        registration_no=(
            registration_no(chance=chance, kind=kind, county=county.code) if chance.random() < 0.25 else None
        ),
        name=name.text,
        former_names=(former_name(chance=chance, name=name).text,) if renamed else (),
        region_code=town_code,
        industry_code=trade.code,
        industry_name=trade.industry,
        risk_grade=chance.choices(("A", "B", "C", "D"), _risks(trade=trade))[0],
        status=chance.choices(("open", "revoked", "closed", "moved"), (955, 12, 18, 15))[0],
        premises=tuple(_premises(chance=chance, county=county, town=town) for _ in range(places)),
    )


def _trade(*, chance: random.Random, county: County) -> Trade:
    """A trade of the county: its famous one in a third of all cases, everyday ones in another third."""
    lot = chance.random()
    if lot < 0.36:
        return TRADES[county.trades[0]]
    return TRADES[chance.choice(county.trades[1:] if lot < 0.68 else EVERYWHERE)]


def _risks(*, trade: Trade) -> tuple[int, int, int, int]:
    """Weights of the grades A to D; mines, chemicals and steel are the riskier trades."""
    return (8, 35, 37, 20) if trade.code in {"B06", "B10", "C26", "C31"} else (28, 47, 19, 6)


def _premises(*, chance: random.Random, county: County, town: str) -> Premises:
    east, north = (max(-REACH_KM, min(REACH_KM, chance.gauss(0, SPREAD_KM))) for _ in range(2))
    return Premises(
        address=f"{county.address}{town}{chance.choice(STREETS)}{chance.randint(1, 399)}号",
        longitude=round(county.longitude + east / (KM_PER_DEGREE * cos(radians(county.latitude))), 6),
        latitude=round(county.latitude + north / KM_PER_DEGREE, 6),
    )
