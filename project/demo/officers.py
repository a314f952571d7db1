"""Who may stand at the door: some sixty officers with their enforcement certificates."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from project.demo.agencies import AGENCIES, FIELDS, Agency
from project.demo.names import people

Status = Literal["active", "suspended", "revoked"]

CERTIFICATE_DAYS = 5 * 365
LAPSED_DAYS_AGO = (20, 75)
"""How long ago the two expired certificates ran out."""


@dataclass(frozen=True, slots=True)
class Officer:
    """One person's 行政执法证: valid from and until are the first and last day it is good for.

    `portrait_seed` is what portraits.portrait draws from.
    """

    certificate_no: str
    name: str
    agency: str
    categories: tuple[str, ...]
    valid_from: date
    valid_until: date
    status: Status
    portrait_seed: int

    def valid(self, *, since: date, until: date) -> bool:
        """Whether the certificate is active and good on every day from since to until."""
        return self.status == "active" and self.valid_from <= since and until <= self.valid_until


def officers(*, chance: random.Random, today: date) -> tuple[Officer, ...]:
    """All officers of all inspecting agencies, two of them expired, two suspended or revoked."""
    everybody = list(_engaged(chance=chance, today=today))
    suspended, revoked, *lapsed = _places(chance=chance, officers=everybody)
    everybody[suspended] = replace(everybody[suspended], status="suspended")
    everybody[revoked] = replace(everybody[revoked], status="revoked")
    for place, days in zip(lapsed, LAPSED_DAYS_AGO, strict=True):
        last = today - timedelta(days=days)
        everybody[place] = replace(
            everybody[place], valid_from=last - timedelta(days=CERTIFICATE_DAYS), valid_until=last
        )
    return tuple(everybody)


def _engaged(*, chance: random.Random, today: date) -> Iterator[Officer]:
    names = people(chance=chance)
    taken: set[str] = set()
    for agency in AGENCIES:
        for _ in range(_strength(agency.code)):
            name, long_haired = next(names)
            issued = today - timedelta(days=chance.randint(400, 1500))
            yield Officer(
                certificate_no=_certificate_no(chance=chance, agency=agency, taken=taken),
                name=name,
                agency=agency.code,
                categories=_categories(chance=chance, agency=agency),
                valid_from=issued,
                valid_until=issued + timedelta(days=CERTIFICATE_DAYS),
                status="active",
                portrait_seed=2 * chance.randrange(10**6) + long_haired,
            )


def _places(*, chance: random.Random, officers: list[Officer]) -> list[int]:
    """Where in the list the officers without a good certificate stand, each of another large agency."""
    large = [agency.code for agency in AGENCIES if _strength(agency.code) > 3]
    chosen = chance.sample(large, 2 + len(LAPSED_DAYS_AGO))
    return [
        chance.choice([place for place, officer in enumerate(officers) if officer.agency == code]) for code in chosen
    ]


def _strength(code: str) -> int:
    """How many officers the agency with this code has."""
    kind = code.rpartition("-")[2]
    if kind == "SFJ":
        return 0
    if kind == "ZHZF":
        return 3
    return 5 if kind == "SCJG" else 4


def _certificate_no(*, chance: random.Random, agency: Agency, taken: set[str]) -> str:
    while True:
        number = agency.region_code[:6] + f"{chance.randrange(100, 100_000):05d}"
        if number not in taken:
            taken.add(number)
            return number


def _categories(*, chance: random.Random, agency: Agency) -> tuple[str, ...]:
    main, *further = FIELDS[agency.kind].categories
    return (main, *(category for category in further if chance.random() < 0.4))
