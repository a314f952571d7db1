"""Places on a sheet without a map behind it: east to the right, north up, one scale for both. Pure.

An equirectangular projection, true to scale at the sheet's middle latitude: good for a city or a province.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1_000.0
"""Of the sheet, in its own units; its height follows."""
MARGIN, SMALLEST = 0.04, 0.02
"""The share of the sheet that stays empty on each side; degrees that it spans at least (about 2 km)."""
KM_A_DEGREE = 111.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """Degrees (WGS-84) at its edges, and its height; each place in its order as (x, y)."""

    west: float
    east: float
    south: float
    north: float
    height: float
    places: tuple[tuple[float, float], ...]

    @property
    def kilometres(self) -> float:
        """From its left edge to its right one."""
        return (self.east - self.west) * KM_A_DEGREE * math.cos(math.radians((self.south + self.north) / 2))


def plotted(places: Sequence[tuple[float, float]]) -> Sheet | None:
    """The sheet that these (longitude, latitude) just fill; None for no places."""
    if not places:
        return None
    west, east = _span([longitude for longitude, _latitude in places])
    south, north = _span([latitude for _longitude, latitude in places])
    across = WIDTH / (east - west)
    up = across / math.cos(math.radians((south + north) / 2))
    return Sheet(
        west=west,
        east=east,
        south=south,
        north=north,
        height=round((north - south) * up, 1),
        places=tuple(
            (round((longitude - west) * across, 1), round((north - latitude) * up, 1)) for longitude, latitude in places
        ),
    )


def _span(values: Sequence[float]) -> tuple[float, float]:
    middle = (min(values) + max(values)) / 2
    half = max(max(values) - min(values), SMALLEST) / 2 * (1 + 2 * MARGIN)
    return middle - half, middle + half
