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
    """One visit: its scans in order."""

    points: list[Point]

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

    `opened_by`: visit number → scan_id of the scan in which it stands (see `standing_openers`). A scan that continues
    visit N joins the group in which that scan stands, whatever the hours between, and from then on N's window counts
    anew (the second day's other officers need not name it). If that scan is later than the one that names it, or the
    number means nothing here, the name is ignored: nobody continues the future. The caller gives whole visits: of
    each visit that a scan at hand belongs to or names, all scans.
    """
    leavings = sorted(departures)
    groups: list[Group] = []
    home: dict[str, Group] = {}
    current: Group | None = None
    anchor: datetime | None = None
    for point in sorted(points):
        named = home.get(opened_by.get(point.continues, "")) if point.continues is not None else None
        if named is not None:
            current, anchor = named, point.at
        elif (
            current is None
            or anchor is None
            or point.at - anchor >= window
            or any(anchor <= leaving < point.at for leaving in leavings)
        ):
            current, anchor = Group(points=[]), point.at
            groups.append(current)
        current.points.append(point)
        home[point.scan_id] = current
    return groups


def standing_openers(
    points: Iterable[Point], *, opened_by: Mapping[str, str], present: Mapping[str, str]
) -> dict[str, str]:
    """In which scan does each visit number stand?

    In its opening scan; when that was withdrawn, in the earliest scan that the visit still has (`present`: scan_id →
    number). A number without any is left out: it is withdrawn, and nobody can continue it.
    """
    ordered = sorted(points)
    at_hand = {point.scan_id for point in ordered}
    found: dict[str, str] = {}
    for number, opening in opened_by.items():
        if opening in at_hand:
            found[number] = opening
            continue
        heir = next((point.scan_id for point in ordered if present.get(point.scan_id) == number), None)
        if heir is not None:
            found[number] = heir
    return found


def name_groups(groups: list[Group], *, opened_by: Mapping[str, str]) -> list[str | None]:
    """Which visit number does each group bear? None: a new visit, opened by the group's first scan.

    A number goes where the scan is in which it stands (`standing_openers`); of several in one group the earliest
    scan's names it, and the others are absorbed.
    """
    opener: dict[str, str] = {}
    for number, scan_id in sorted(opened_by.items()):
        opener.setdefault(scan_id, number)
    return [
        next((opener[point.scan_id] for point in found.points if point.scan_id in opener), None) for found in groups
    ]


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
