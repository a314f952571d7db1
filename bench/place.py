"""A thousand honest and a thousand forged visits, graded by where and when their scans were: recall per pattern.

    make bench NAME=place
    make bench NAME=place ARGS='--seeds 20 --first 1'

This file is the world: enterprises, officers, phones, and ten ways to forge a visit, written from the words of the
field. It imports nothing of the house and was written before the judge that grades it; bench/place_grades.py hands
what it makes to that judge, prints the table and fails when a limit is missed.

Honest days: two to seven visits, driven to at 5 to 60 km/h in a straight line, or a walk through a market's stalls, at
times more than twelve an hour. Fixes are off by as much as their accuracy (5 to 150 m, a radius of 68 %) says, in one
of three datums, rightly declared; three in a hundred are from up to two minutes earlier on the road; indoors a phone
hands out the same fix up to twice again; one in a hundred has none. Of the registered addresses nine in ten are right
within some 25 m, one in ten is 0.2 to 5 km off.
"""

import math
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
FIRST_DAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
DATUMS = ("WGS84", "GCJ02", "BD09")
VISITS = 1_000
# County seats of Xingtai, degrees in WGS-84, about.
TOWNS = (
    (114.51, 37.07), (114.68, 37.13), (114.69, 37.00), (114.50, 37.44), (114.51, 37.29), (114.69, 37.48),
    (114.77, 37.35), (114.92, 37.62), (115.04, 37.22), (115.25, 37.53), (115.14, 37.07), (115.27, 36.98),
    (115.67, 37.04), (115.50, 36.87), (115.39, 37.36), (114.50, 36.85),
)  # fmt: skip
METRES = 111_320.0  # in a degree of latitude

Spot = tuple[float, float]  # longitude, latitude, WGS-84


@dataclass(frozen=True, kw_only=True)
class Enterprise:
    """`at`: where it is. `registered`: what the registry says, degrees in `datum`, rightly declared."""

    code: str
    at: Spot
    registered: Spot
    datum: str
    wrong_address: bool
    market: bool


@dataclass(frozen=True, kw_only=True)
class Fix:
    """What the phone says: degrees in the datum that it declares, metres."""

    longitude: float
    latitude: float
    datum: str
    accuracy_m: float
    mock: bool = False
    provider: str = "fused"


@dataclass(frozen=True, kw_only=True)
class Made:
    """One scan. `kind`: honest, the pattern that forged it, or bystander (a forger's own honest scan)."""

    number: int
    officer: int
    device: int
    at: datetime
    enterprise: Enterprise
    fix: Fix | None
    kind: str


def metres(one: Spot, other: Spot) -> float:
    east = (one[0] - other[0]) * math.cos(math.radians(one[1])) * METRES
    return math.hypot(east, (one[1] - other[1]) * METRES)


def moved(spot: Spot, *, east: float, north: float) -> Spot:
    return spot[0] + east / (METRES * math.cos(math.radians(spot[1]))), spot[1] + north / METRES


def in_datum(spot: Spot, datum: str) -> Spot:
    """WGS-84 to another datum: the widely known formulas of GCJ-02 (Krasovsky's ellipsoid) and BD-09."""
    if datum == "WGS84":
        return spot
    x, y, pi = spot[0] - 105.0, spot[1] - 35.0, math.pi
    wave = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    axis, flat, angle = 6_378_245.0, 0.00669342162296594323, math.radians(spot[1])
    bent = 1 - flat * math.sin(angle) ** 2
    latitude = spot[1] + math.degrees(north / (axis * (1 - flat) / (bent * math.sqrt(bent))))
    longitude = spot[0] + math.degrees(east / (axis / math.sqrt(bent) * math.cos(angle)))
    if datum == "GCJ02":
        return longitude, latitude
    turn = pi * 3000 / 180
    far = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * turn)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * turn)
    return far * math.cos(angle) + 0.0065, far * math.sin(angle) + 0.006


class World:
    """Sixteen towns of 60 enterprises, 15 of them stalls of one market; a number of its own for everything."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.made = 0
        self.officers = 0
        self.day = 0
        self.towns: list[list[Enterprise]] = [list(self._town(place)) for place in range(len(TOWNS))]

    def _town(self, place: int) -> Iterator[Enterprise]:
        hall = self._near(TOWNS[place], 1_500)
        for number in range(60):
            market = number < 15
            at = self._near(hall, 25) if market else self._near(TOWNS[place], 3_000)
            wrong = self.chance.random() < 0.1
            registered = self._off(at, self.chance.uniform(200, 5_000)) if wrong else self._near(at, 18)
            datum = self.chance.choice(("WGS84", "GCJ02"))
            yield Enterprise(
                code=f"{place:02d}{number:03d}",
                at=at,
                registered=in_datum(registered, datum),
                datum=datum,
                wrong_address=wrong,
                market=market,
            )

    def _near(self, spot: Spot, spread: float) -> Spot:
        return moved(spot, east=self.chance.gauss(0, spread), north=self.chance.gauss(0, spread))

    def _off(self, spot: Spot, distance: float) -> Spot:
        angle = self.chance.uniform(0, 2 * math.pi)
        return moved(spot, east=distance * math.cos(angle), north=distance * math.sin(angle))

    def officer(self) -> "Phone":
        self.officers += 1
        self.day += 1
        return Phone(self, officer=self.officers, place=self.chance.randrange(len(TOWNS)))

    def accuracy(self, least: float = 5, most: float = 150) -> float:
        return round(math.exp(self.chance.uniform(math.log(least), math.log(most))), 1)


class Phone:
    """One officer's day: where the officer is, what the time is, and what the phone says."""

    def __init__(self, world: World, *, officer: int, place: int) -> None:
        self.world, self.number, self.place = world, officer, place
        self.chance = world.chance
        self.device = officer * 10
        self.datum = self.chance.choice(DATUMS)
        self.provider = self.chance.choice(("gps", "fused", "network"))
        self.enterprises = world.towns[place]
        self.office = world._near(TOWNS[place], 800)
        self.here = self.office
        start = FIRST_DAY + timedelta(days=world.day % 250)
        self.now = start + timedelta(minutes=self.chance.uniform(8 * 60 + 20, 9 * 60 + 40))
        self.last: Fix | None = None
        self.repeated = 0

    def said(self, at: Spot, *, accuracy: float | None = None, datum: str | None = None) -> Fix:
        """A fix as a receiver makes it: off by its accuracy, declared in the phone's datum."""
        told = self.world.accuracy() if accuracy is None else accuracy
        spread = told / 1.51  # a radius that holds 68 %
        longitude, latitude = in_datum(self.world._near(at, spread), datum or self.datum)
        return Fix(
            longitude=round(longitude, 7),
            latitude=round(latitude, 7),
            datum=self.datum,
            accuracy_m=told,
            provider=self.provider,
        )

    def scan(self, enterprise: Enterprise, fix: Fix | None, kind: str, *, device: int | None = None) -> Made:
        self.world.made += 1
        return Made(
            number=self.world.made,
            officer=self.number,
            device=self.device if device is None else device,
            at=self.now,
            enterprise=enterprise,
            fix=fix,
            kind=kind,
        )

    def wait(self, least: float, most: float) -> None:
        self.now += timedelta(minutes=self.chance.uniform(least, most))

    def arrive(self, enterprise: Enterprise, kind: str) -> Made:
        """Drive there, scan at the door, stay a while."""
        before, far = self.here, metres(self.here, enterprise.at)
        speed = self.chance.uniform(5, 60) / 3.6 if far < 10_000 else self.chance.uniform(30, 60) / 3.6
        self.now += timedelta(seconds=far / speed)
        self.wait(1, 8)
        at = enterprise.at
        if self.chance.random() < 0.03 and far > 100:
            back = min(self.chance.uniform(0, 120) * speed / far, 1.0)
            at = (at[0] + (before[0] - at[0]) * back, at[1] + (before[1] - at[1]) * back)
        fix = None if self.chance.random() < 0.01 else self.said(at)
        self.here, self.last, self.repeated = enterprise.at, fix, 0
        made = self.scan(enterprise, fix, kind)
        self.wait(15, 75)
        return made

    def stall(self, enterprise: Enterprise, kind: str) -> Made:
        """The next stall of the hall, on foot; indoors the phone may hand out its last fix again."""
        self.wait(2.5, 8)
        if self.last is None or self.repeated == 2 or self.chance.random() > 0.15:
            self.last, self.repeated = self.said(enterprise.at), 0
        else:
            self.repeated += 1
        self.here = enterprise.at
        return self.scan(enterprise, self.last, kind)

    def choose(self, count: int, *, from_km: float = 0.0) -> list[Enterprise]:
        """So many enterprises of the town, each at least so far from the office."""
        enough = [one for one in self.enterprises if metres(one.at, self.office) > from_km * 1_000 and not one.market]
        return self.chance.sample(enough, min(count, len(enough)))

    def honest(self, kind: str, visits: int | None = None) -> Iterator[Made]:
        if self.chance.random() < 0.08 and visits is None:
            for stall in self.chance.sample(
                [one for one in self.enterprises if one.market], self.chance.randint(5, 15)
            ):
                yield self.stall(stall, kind)
            return
        if self.chance.random() < 0.1:
            nearest = sorted(range(len(TOWNS)), key=lambda town: metres(TOWNS[town], TOWNS[self.place]))
            self.enterprises = self.world.towns[self.chance.choice(nearest[1:4])]
        chosen = self.chance.sample(self.enterprises, self.chance.randint(2, 7) if visits is None else visits)
        broken = self.chance.randrange(1, len(chosen)) if self.chance.random() < 0.02 and len(chosen) > 1 else -1
        for number, enterprise in enumerate(chosen):
            self.device += number == broken
            yield self.arrive(enterprise, kind)


def teleport(phone: Phone) -> Iterator[Made]:
    """Some minutes after an honest visit one at an enterprise 30 km and more away."""
    yield from phone.honest("bystander", 2)
    yield (last := phone.arrive(phone.chance.choice(phone.enterprises), "bystander"))
    away = [town for town in range(len(TOWNS)) if metres(TOWNS[town], phone.here) > 35_000]
    enterprise = phone.chance.choice(phone.world.towns[phone.chance.choice(away)])
    phone.now = last.at
    phone.wait(1, 10)
    yield phone.scan(enterprise, phone.said(enterprise.at), "teleport")


def frozen(phone: Phone) -> Iterator[Made]:
    """One fix for four to eight enterprises of the day."""
    chosen = phone.choose(phone.chance.randint(4, 8))
    fix = phone.said(chosen[0].at)
    for enterprise in chosen:
        yield phone.scan(enterprise, fix, "frozen fix")
        phone.wait(12, 70)


def mock(phone: Phone) -> Iterator[Made]:
    """An app puts the phone at each door, and the phone says so."""
    for enterprise in phone.choose(phone.chance.randint(2, 6)):
        yield phone.scan(enterprise, replace(phone.said(enterprise.at), mock=True), "mock flag")
        phone.wait(20, 90)


def two_devices(phone: Phone) -> Iterator[Made]:
    """Somebody else goes to other doors with the officer's second phone, while the officer works."""
    second = phone.device + 5
    chosen = phone.choose(6)
    for enterprise, other in zip(chosen[:3], chosen[3:], strict=True):
        yield (here := phone.arrive(enterprise, "bystander"))
        after = phone.now
        phone.now = here.at
        phone.wait(1, 9.5)
        yield phone.scan(other, phone.said(other.at), "two devices", device=second)
        phone.now = max(after, phone.now)


def burst(phone: Phone) -> Iterator[Made]:
    """A stack of licences: 13 to 20 enterprises all over the town within the hour, each with a fix at its door."""
    count = phone.chance.randint(13, 20)
    for enterprise in sorted(phone.choose(count), key=lambda one: one.at):
        yield phone.scan(enterprise, phone.said(enterprise.at), "burst")
        phone.now += timedelta(minutes=phone.chance.uniform(0.6, 1.0) * 55 / count)


def wrong_datum(phone: Phone) -> Iterator[Made]:
    """Two to six points picked off a map of one datum, declared as another."""
    picked = phone.chance.choice([one for one in DATUMS if one != phone.datum])
    for enterprise in phone.choose(phone.chance.randint(2, 6)):
        yield phone.scan(
            enterprise,
            phone.said(enterprise.at, accuracy=phone.world.accuracy(5, 50), datum=picked),
            "wrong datum",
        )
        phone.wait(20, 90)


def far_away(phone: Phone) -> Iterator[Made]:
    """Four to seven in a row from anywhere but there: 1.2 to 10 km off, with an accuracy better than 50 m.

    Not fewer: with a tenth of the addresses wrong, three in a row happen to honest officers.
    """
    for enterprise in phone.choose(phone.chance.randint(4, 7)):
        registered = phone.world._off(enterprise.at, phone.chance.uniform(1_200, 10_000))
        phone.wait(30, 90)
        yield phone.scan(enterprise, phone.said(registered, accuracy=phone.world.accuracy(5, 49)), "far in a row")


def office(phone: Phone) -> Iterator[Made]:
    """Three to six far-apart enterprises from the office desk, then a tour of others."""
    for enterprise in phone.choose(phone.chance.randint(3, 6), from_km=1.5):
        yield phone.scan(enterprise, phone.said(phone.office, accuracy=phone.world.accuracy(5, 80)), "from the office")
        phone.wait(1, 6)
    yield from phone.honest("bystander", 2)


def copied(phone: Phone) -> Iterator[Made]:
    """The registry's own coordinates sent as a fix, two to six times."""
    for enterprise in phone.choose(phone.chance.randint(2, 6)):
        longitude, latitude = enterprise.registered
        fix = Fix(
            longitude=round(longitude, 7),
            latitude=round(latitude, 7),
            datum=enterprise.datum,
            accuracy_m=phone.world.accuracy(5, 30),
            provider="gps",
        )
        yield phone.scan(enterprise, fix, "address copied")
        phone.wait(20, 90)


def armchair(phone: Phone) -> Iterator[Made]:
    """The whole day from home, three to six far-apart enterprises, hours apart."""
    for enterprise in phone.choose(phone.chance.randint(3, 6), from_km=1.5):
        yield phone.scan(enterprise, phone.said(phone.office, accuracy=phone.world.accuracy(5, 80)), "from an armchair")
        phone.wait(40, 100)


PATTERNS: tuple[Callable[[Phone], Iterator[Made]], ...] = (
    teleport, frozen, mock, two_devices, burst, wrong_datum, far_away, office, copied, armchair,
)  # fmt: skip


def generate(seed: int) -> list[Made]:
    """1,000 honest visits of some officers; 1,000 forged ones (a hundred or a few more of each pattern) of others."""
    world = World(seed)
    honest: list[Made] = []
    while len(honest) < VISITS:
        honest += world.officer().honest("honest")
    found = honest[:VISITS]
    for pattern in PATTERNS:
        forged = 0
        while forged < VISITS // len(PATTERNS):
            day = list(pattern(world.officer()))
            forged += sum(one.kind != "bystander" for one in day)
            found += day
    return found


if __name__ == "__main__":
    # A process of its own, so that nothing of the house is ever known here.
    raise SystemExit(subprocess.call([sys.executable, "-m", "bench.place_grades", *sys.argv[1:]]))
