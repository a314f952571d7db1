"""The ground in squares of 0.005° (about 556 m by 445 m at 邢台), so that "near" is a handful of whole numbers. Pure.

Degrees in WGS-84.
"""

from math import asin, cos, floor, hypot, radians, sin, sqrt

CELLS_PER_DEGREE = 200
ROW = 100_000
"""More than a row has cells (72,000), so that a number says both."""
EARTH_M = 6_371_009.0
AROUND = 1
"""P: cells looked at in each direction: at least 440 m from wherever one stands in the middle one."""


def cell(*, longitude: float, latitude: float) -> int:
    """The number of the square in which this point lies."""
    return floor((latitude + 90) * CELLS_PER_DEGREE) * ROW + floor((longitude + 180) * CELLS_PER_DEGREE)


def around(*, longitude: float, latitude: float) -> list[tuple[int, int]]:
    """The squares about this point: for each row of them the first and the last number. (The 180th meridian is sea.)"""
    middle = cell(longitude=longitude, latitude=latitude)
    return [
        (middle + step * ROW - AROUND, middle + step * ROW + AROUND)
        for step in sorted(range(-AROUND, AROUND + 1), key=abs)
    ]


def squash(latitude: float) -> float:
    """How much shorter a degree of longitude is than one of latitude, squared: for comparing distances, not telling."""
    return cos(radians(latitude)) ** 2


def metres(*, longitude: float, latitude: float, to: tuple[float, float]) -> float:
    """Along the great circle to another point (longitude, latitude), on a sphere of the Earth's mean radius.

    By hand: a search asks for a hundred, and geopy takes ten times as long over one.
    """
    north, south = radians(latitude), radians(to[1])
    across = sqrt(cos(north) * cos(south)) * sin(radians(to[0] - longitude) / 2)
    return 2 * EARTH_M * asin(min(1.0, hypot(sin((south - north) / 2), across)))
