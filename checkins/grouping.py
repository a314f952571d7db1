"""Which scans are one visit? A pure function of all scans and departures of one (agency, credit code, purpose).

Promise 11: sorted by on-site time, a scan belongs to the visit whose first scan is less than the window earlier
with no departure between, or to the visit that it names. So the order of arrival does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Point:
    """One scan on the time line, and whose (a certificate number). `continues`: the number of the visit that its
    officer says it goes on with."""

    at: datetime
    scan_id: str
    continues: str | None = field(default=None, compare=False)
    officer: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Leaving:
    """One departure on the time line, and whose (a certificate number)."""

    at: datetime
    officer: str = ""


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
    departures: Iterable[Leaving] = (),
    opened_by: Mapping[str, str],
    window: timedelta,
) -> list[Group]:
    """Group scans into visits.

    `opened_by`: visit number → scan_id of the scan in which it stands (see `standing_openers`). A scan that continues
    visit N joins the group in which that scan stands, whatever the hours between, and from then on N's window counts
    anew (the second day's other officers need not name it). If that scan is later than the one that names it, or the
    number means nothing here, the name is ignored: nobody continues the future. The caller gives whole visits: of
    each visit that a scan at hand belongs to or names, all scans.

    The last departure ends a visit: one after which a colleague of the visit leaves within the window, without having
    scanned anew before, did not end it, for that colleague was still there.
    """
    leavings = sorted(departures)
    groups: list[Group] = []
    home: dict[str, Group] = {}
    current: Group | None = None
    anchor: datetime | None = None
    ordered = sorted(points)
    for point in ordered:
        named = home.get(opened_by.get(point.continues, "")) if point.continues is not None else None
        if named is not None:
            current, anchor = named, point.at
        elif (
            current is None
            or anchor is None
            or point.at - anchor >= window
            or _is_over(current, anchor=anchor, at=point.at, everyone=ordered, leavings=leavings, window=window)
        ):
            current, anchor = Group(points=[]), point.at
            groups.append(current)
        current.points.append(point)
        home[point.scan_id] = current
    return groups


def _is_over(
    found: Group, *, anchor: datetime, at: datetime, everyone: list[Point], leavings: list[Leaving], window: timedelta
) -> bool:
    """Is the visit over at `at`? Somebody has left since the anchor, and nobody who was there leaves later."""
    if not any(anchor <= leaving.at < at for leaving in leavings):
        return False
    inside = {point.officer for point in found.points}
    return not any(
        leaving.officer in inside
        and not any(point.officer == leaving.officer and at <= point.at <= leaving.at for point in everyone)
        for leaving in leavings
        if at <= leaving.at < at + window
    )


def stay(points: Iterable[Point], *, departures: Iterable[Leaving], window: timedelta) -> timedelta | None:
    """How long did one visit, of which these are all scans and departures, disturb the enterprise (打扰时长)?

    From its first scan to the last departure; of a visit that went on another day, the sum of its days. None: unknown,
    because a departure is missing, which is no fault.
    """
    leavings = sorted(departures)
    alone = [Point(at=point.at, scan_id=point.scan_id, officer=point.officer) for point in points]
    parts = group(alone, departures=leavings, opened_by={}, window=window)
    total = timedelta()
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        ends = [
            one.at
            for one in leavings
            if part.points[-1].at <= one.at and (following is None or one.at < following.started_at)
        ]
        if not ends:
            return None
        total += ends[-1] - part.started_at
    return total if parts else None


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
