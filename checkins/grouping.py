"""Which scans are one visit? A pure function of all scans and departures of one (agency, credit code, purpose).

Promise 11: sorted by on-site time, a scan belongs to the visit whose first scan is less than the window earlier
with no departure between, or to the visit that it names. So the order of arrival does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Point:
    """One scan on the time line. `continues`: the number of the visit that its officer says it goes on with."""

    at: datetime
    scan_id: str
    continues: str | None = field(default=None, compare=False)


@dataclass(kw_only=True, slots=True)
class Group:
    """One visit: its scans in order. `number` is set only when it lives outside the scans given (see `group`)."""

    points: list[Point]
    number: str | None = None

    @property
    def started_at(self) -> datetime:
        return self.points[0].at


def group(
    points: Iterable[Point],
    *,
    departures: Iterable[datetime] = (),
    opened_by: Mapping[str, str],
    window: timedelta,
) -> list[Group]:
    """Group scans into visits.

    `opened_by`: visit number → scan_id of its opening scan. A scan that continues visit N joins the group in which
    N's opening scan stands, whatever the hours between, and from then on N's window counts anew (the second day's
    other officers need not name it). If N began before the scans given, its group carries `number=N`; if N's
    opening scan is later than the one that names it, the name is ignored: nobody continues the future.
    """
    leavings = sorted(departures)
    groups: list[Group] = []
    home: dict[str, Group] = {}
    outside: dict[str, Group] = {}
    ordered = sorted(points)
    present = {point.scan_id for point in ordered}
    current: Group | None = None
    anchor: datetime | None = None
    for point in ordered:
        named = _named(point, opened_by=opened_by, present=present, home=home, outside=outside)
        if named is not None:
            current, anchor = named, point.at
        elif (
            current is None
            or anchor is None
            or point.at - anchor >= window
            or any(anchor <= leaving < point.at for leaving in leavings)
        ):
            current, anchor = Group(points=[]), point.at
        if not current.points:
            groups.append(current)
        current.points.append(point)
        home[point.scan_id] = current
    return groups


def _named(
    point: Point,
    *,
    opened_by: Mapping[str, str],
    present: set[str],
    home: Mapping[str, Group],
    outside: dict[str, Group],
) -> Group | None:
    """The group that the scan names, if that name means anything."""
    if point.continues is None or point.continues not in opened_by:
        return None
    opening = opened_by[point.continues]
    if opening in present:
        return home.get(opening)
    return outside.setdefault(point.continues, Group(points=[], number=point.continues))


def name_groups(groups: list[Group], *, opened_by: Mapping[str, str], present: Mapping[str, str]) -> list[str | None]:
    """Which visit number does each group bear? None: a new visit, opened by the group's first scan.

    A number follows its opening scan; the earliest one names a group that holds several (the others are absorbed).
    A group without one keeps the number that its scans bear now (`present`: scan_id → number), if that number's
    opening scan stands in no group (it was withdrawn): what people were told stays true.
    """
    opener = {scan_id: number for number, scan_id in opened_by.items()}
    standing = {point.scan_id for found in groups for point in found.points}
    names = [
        found.number or next((opener[point.scan_id] for point in found.points if point.scan_id in opener), None)
        for found in groups
    ]
    taken = set(names)
    for place, found in enumerate(groups):
        if names[place] is None:
            for point in found.points:
                number = present.get(point.scan_id)
                if number is not None and number not in taken and opened_by.get(number) not in standing:
                    names[place] = number
                    taken.add(number)
                    break
    return names


def cluster(moments: Iterable[datetime], *, at: datetime, window: timedelta) -> tuple[datetime, datetime]:
    """From when to when could scans share a group, directly or through others, with one at `at`?

    Beyond a gap of a window or more nothing can: grouping may be done on the cluster alone.
    """
    ordered = sorted({*moments, at})
    place = ordered.index(at)
    first = last = place
    while first > 0 and ordered[first] - ordered[first - 1] < window:
        first -= 1
    while last < len(ordered) - 1 and ordered[last + 1] - ordered[last] < window:
        last += 1
    return ordered[first], ordered[last]
