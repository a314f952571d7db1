"""A whole invented city: who inspects, with which certificate, whose door, and a year of visits."""

from dataclasses import dataclass
from datetime import date

from project.demo.agencies import AGENCIES, Agency
from project.demo.diary import Diary
from project.demo.dice import dice
from project.demo.enterprises import Enterprise
from project.demo.enterprises import enterprises as some_enterprises
from project.demo.hotspots import hotspots
from project.demo.joints import joints
from project.demo.officers import Officer
from project.demo.officers import officers as some_officers
from project.demo.rounds import Rounds
from project.demo.visits import Visit
from project.demo.year import Year


@dataclass(frozen=True, slots=True)
class World:
    """Everything to be stored, in an order that can be stored: agencies after those they name, visits by time."""

    agencies: tuple[Agency, ...]
    officers: tuple[Officer, ...]
    enterprises: tuple[Enterprise, ...]
    visits: tuple[Visit, ...]


def world(*, today: date, seed: int = 1305, enterprises: int = 2000) -> World:
    """The city as it stands on the morning of today: the same arguments give the same city.

    Visits cover the 365 days up to yesterday, about 3.3 for each enterprise. Agencies and officers do not
    grow with the number of enterprises, so that from some 6,000 on the visits grow less and less.
    """
    if enterprises < 1:
        raise ValueError("a world has at least one enterprise")
    staff = some_officers(chance=dice(seed=seed, noun="officers"), today=today)
    doors = tuple(some_enterprises(chance=dice(seed=seed, noun="enterprises"), number=enterprises))
    year = Year.before(today=today, chance=dice(seed=seed, noun="visits"), diary=Diary(seed=seed, officers=staff))
    spared = hotspots(year=year, enterprises=doors)
    joints(year=year, enterprises=doors, spared=spared)
    Rounds(year=year, enterprises=doors, spared=spared).walk()
    visits = sorted(year.visits, key=lambda visit: (visit.started_at, visit.credit_code, visit.agency))
    return World(agencies=AGENCIES, officers=staff, enterprises=doors, visits=tuple(visits))
