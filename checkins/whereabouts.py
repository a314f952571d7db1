"""One scan's place and time by value, as they are held against the officer's other scans. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkins.place import Fix, Place
from checkins.policy import CheckinPolicy

Spot = tuple[float, float]
"""Longitude and latitude, degrees in WGS-84."""
EARTH_M = 6_371_008.8


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A scan as checkins/trust.py sees it. `enterprise`: credit code, or the scan's own id while `resolved` is false.

    `at`: see `moment`. `fix`: the raw fix to seven digits, with the datum that it was `declared` in. `here`: the fix,
    `site`: the nearest premises, both in WGS-84; `reads_as`: see checkins/place.py. Metres.
    """

    scan_id: str
    at: datetime
    device: int
    enterprise: str
    resolved: bool
    fix: str = ""
    declared: str = ""
    here: Spot | None = None
    accuracy_m: float | None = None
    mock: bool = False
    site: Spot | None = None
    reads_as: str = ""

    @property
    def distance(self) -> float | None:
        """Metres to the nearest premises; None where one of both is not known."""
        return metres(self.here, self.site) if self.here and self.site else None

    def inside(self, policy: CheckinPolicy) -> bool:
        """Surely or perhaps at the premises (P: the geofence, the accuracy taken off)."""
        left = self._left(policy)
        return left is not None and left <= policy.geofence_m

    def outside(self, policy: CheckinPolicy) -> bool:
        """Surely not at the premises as the registry has them."""
        left = self._left(policy)
        return left is not None and left > policy.geofence_m

    def far(self, policy: CheckinPolicy) -> bool:
        """Surely farther away than `far_m`."""
        left = self._left(policy)
        return left is not None and left > policy.far_m

    def _left(self, policy: CheckinPolicy) -> float | None:
        distance, accuracy = self.distance, self.accuracy_m
        if distance is None or accuracy is None or accuracy > policy.accuracy_limit_m:
            return None
        return distance - accuracy


def seen(
    *, scan_id: str, at: datetime, device: int, credit_code: str, fix: Fix | None, measured: Mapping[str, Any] | None
) -> Seen:
    """A scan with its fix as it came and what was `measured` of it (`measures`), None for what nobody measured."""
    told = measured or {}
    return Seen(
        scan_id=scan_id,
        at=at,
        device=device,
        enterprise=credit_code or scan_id,
        resolved=bool(credit_code),
        fix="" if fix is None else f"{fix.longitude:.7f} {fix.latitude:.7f} {fix.datum}",
        declared="" if fix is None else fix.datum,
        here=_spot(told.get("here")),
        accuracy_m=None if fix is None else fix.accuracy_m,
        mock=fix is not None and fix.mock,
        site=_spot(told.get("site")),
        reads_as=str(told.get("reads_as", "")),
    )


def measures(place: Place) -> dict[str, Any] | None:
    """What is kept of the comparison, so that later scans need not measure again: degrees as text. None: no fix."""
    if place.longitude is None or place.latitude is None:
        return None
    return {
        "here": [f"{place.longitude:.7f}", f"{place.latitude:.7f}"],
        "site": place.site and [f"{degrees:.7f}" for degrees in place.site],
        "reads_as": place.reads_as,
    }


def moment(*, scanned_at: datetime, onsite_at: datetime, received_at: datetime) -> datetime:
    """When, for the time between two scans: on-site, but by the phone's clock where that runs ahead of ours.

    On-site times end at receipt, so that a queue from a phone whose clock is ahead would all be at one moment.
    """
    return scanned_at if onsite_at >= received_at else onsite_at


def metres(one: Spot, other: Spot) -> float:
    """The great circle (haversine), within half a percent."""
    north, south = math.radians(one[1]), math.radians(other[1])
    chord = math.sin((north - south) / 2) ** 2
    chord += math.cos(north) * math.cos(south) * math.sin(math.radians(one[0] - other[0]) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(chord, 1.0)))


def apart(spots: Iterable[Spot], *, by: float) -> list[Spot]:
    """Of these spots as many as lie farther than `by` metres from one another, as found from west to east."""
    found: list[Spot] = []
    for spot in sorted(spots):
        if all(metres(spot, other) > by for other in found):
            found.append(spot)
    return found


def _spot(told: Any) -> Spot | None:
    return (float(told[0]), float(told[1])) if told else None
