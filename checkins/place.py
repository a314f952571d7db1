"""Was the phone where the enterprise is? Datums to WGS-84 (audit/geo.py), metres to the nearest premises (geopy)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from geopy.distance import geodesic, great_circle

from audit.geo import to_wgs84
from checkins.policy import CheckinPolicy

DATUMS = ("WGS84", "GCJ02", "BD09")


class Verdict(StrEnum):
    INSIDE = "inside"
    FAR = "far"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """Where a phone says it is: degrees in `datum`, accuracy in metres (None: not told)."""

    longitude: float
    latitude: float
    datum: str
    accuracy_m: float | None
    mock: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A registered place of business: degrees in `datum`."""

    address: str
    longitude: float
    latitude: float
    datum: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What came of the comparison. Metres; WGS-84 degrees; `address` of the nearest premises, which lie at `site`.

    `reads_as`: the datum, other than the declared one, in which the fix would be at a registered place; else empty.
    """

    verdict: Verdict
    distance_m: int | None = None
    accuracy_m: int | None = None
    address: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    site: tuple[float, float] | None = None
    reads_as: str = ""


def check(*, fix: Fix | None, sites: Iterable[Site], policy: CheckinPolicy) -> Place:
    """inside, far or unknown?

    P: inside if distance − accuracy ≤ the geofence; far if farther than `far_m`; unknown without a fix, without a
    known site, with an accuracy worse than the limit, and between fence and far (neither can be said).
    """
    if fix is None:
        return Place(verdict=Verdict.UNKNOWN)
    longitude, latitude = to_wgs84(longitude=fix.longitude, latitude=fix.latitude, datum=fix.datum)
    accuracy = None if fix.accuracy_m is None else round(fix.accuracy_m)
    here = (latitude, longitude)
    nearest: Site | None = None
    spot = here
    spots: list[tuple[float, float]] = []
    least = float("inf")
    for site in sites:
        site_longitude, site_latitude = to_wgs84(longitude=site.longitude, latitude=site.latitude, datum=site.datum)
        spots.append((site_latitude, site_longitude))
        rough = great_circle(here, spots[-1]).m
        if rough < least:
            nearest, spot, least = site, spots[-1], rough
    if nearest is None:
        return Place(verdict=Verdict.UNKNOWN, accuracy_m=accuracy, longitude=longitude, latitude=latitude)
    distance = geodesic(here, spot).m
    return Place(
        verdict=_verdict(distance=distance, accuracy=fix.accuracy_m, policy=policy),
        distance_m=round(distance),
        accuracy_m=accuracy,
        address=nearest.address,
        longitude=round(longitude, 7),
        latitude=round(latitude, 7),
        site=(round(spot[1], 7), round(spot[0], 7)),
        reads_as=_reads_as(fix, spots=spots, distance=distance, policy=policy),
    )


def _reads_as(fix: Fix, *, spots: list[tuple[float, float]], distance: float, policy: CheckinPolicy) -> str:
    """In which other datum would the fix be at a registered place? Only for a fix that is outside as declared.

    The known offsets differ in size and bearing from place to place, so the fix itself is read in each datum.
    """
    accuracy = fix.accuracy_m
    if accuracy is None or accuracy > policy.accuracy_limit_m or distance - accuracy <= policy.geofence_m:
        return ""
    least, found = accuracy + policy.trust.datum_residual_m, ""
    for datum in DATUMS:
        if datum == fix.datum:
            continue
        longitude, latitude = to_wgs84(longitude=fix.longitude, latitude=fix.latitude, datum=datum)
        left = min(great_circle((latitude, longitude), spot).m for spot in spots)
        if left <= least:
            least, found = left, datum
    return found


def _verdict(*, distance: float, accuracy: float | None, policy: CheckinPolicy) -> Verdict:
    if accuracy is None or accuracy > policy.accuracy_limit_m:
        return Verdict.UNKNOWN
    if distance - accuracy <= policy.geofence_m:
        return Verdict.INSIDE
    return Verdict.FAR if distance > policy.far_m else Verdict.UNKNOWN
