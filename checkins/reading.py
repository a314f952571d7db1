"""How one group's scans are read as visits, and what that changes. Pure: rows in, readings out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from audit.facts import Fact, State, latest
from checkins import outcome
from checkins.grouping import Group, Leaving, Point, group, name_groups, standing_openers
from checkins.outcome import Said
from checkins.rules import Character, character, visit_number


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitRow:
    """A visit as it stands in its table."""

    id: int
    number: str
    opening_scan: str
    started_at: datetime
    status: str
    purpose: str
    category: str
    reason: str
    source_no: str
    superior_ordered: bool
    joint_id: str
    overrides: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedScan:
    """A scan of one group, as its latest resolution reads it. `visit_id` None: withdrawn.

    `partners`: who has confirmed having been there with its officer: certificate number, name, whether certified.
    """

    scan_id: str
    serial: int
    visit_id: int | None
    onsite_at: datetime
    certificate_no: str
    officer_name: str
    words: Mapping[str, Any]
    certified: bool = True
    partners: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One visit as its scans are read now. `id` None: it was not there before."""

    id: int | None
    number: str
    opening_scan: str
    started_at: datetime
    character: Character
    officers: tuple[tuple[str, str], ...]
    scans: tuple[str, ...]
    state: str
    event: str
    uncertified: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known before the scans are read: the visits, who left when, what came of them (by number), and what the
    supervision side was told."""

    visits: Mapping[int, VisitRow]
    facts: Mapping[str, Fact]
    departures: tuple[Leaving, ...] = ()
    results: Mapping[str, list[Said]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        visits: Mapping[int, VisitRow],
        facts: Iterable[Fact],
        departures: Iterable[Leaving] = (),
        results: Iterable[Said] = (),
    ) -> Self:
        return cls(
            visits=visits,
            facts={fact.visit: fact for fact in latest(facts)},
            departures=tuple(departures),
            results=outcome.standing(results),
        )


def read_again(
    *,
    scans: list[ResolvedScan],
    gathered: list[ResolvedScan],
    known: Known,
    window: timedelta,
    emptied: State = State.WITHDRAWN,
) -> list[Read]:
    """What do these scans say now? Visits that say nothing new are left out.

    `scans`: the standing ones to be read, of each visit concerned all of them. `gathered`: every scan that was found
    around them, withdrawn ones too: a visit that none of them holds any more is `emptied`, or absorbed while a scan
    of its own stands in another.
    """
    visits = {row.number: row for row in known.visits.values()}
    numbers = {row.id: row.number for row in visits.values()}
    by_id = {scan.scan_id: scan for scan in scans}
    present = {scan.scan_id: numbers[scan.visit_id] for scan in scans if scan.visit_id is not None}
    points = [
        Point(
            at=scan.onsite_at,
            scan_id=scan.scan_id,
            continues=scan.words["visit"]["continues"],
            officer=scan.certificate_no,
        )
        for scan in scans
    ]
    openers = standing_openers(
        points, opened_by={row.number: row.opening_scan for row in visits.values()}, present=present
    )
    groups = group(points, departures=known.departures, opened_by=openers, window=window)
    found: list[Read] = []
    named = name_groups(groups, opened_by=openers)
    for number, one in zip(named, groups, strict=True):
        row = visits.get(number) if number is not None else None
        read = _read(known, one, row=row, scans=[by_id[point.scan_id] for point in one.points])
        # A joint id that is the number of one of these visits was an absorbed one's, which stands again by itself.
        parted = row is not None and row.joint_id in named
        if row is None or parted or _differs(read, row, present=present, known=known):
            found.append(read)
    held = {scan.visit_id for scan in gathered if scan.scan_id not in by_id}
    absorbed = {row.number for row in visits.values() if row.opening_scan in by_id} | set(present.values())
    return [*found, *_retired(known, named=set(named), absorbed=absorbed, held=held, emptied=emptied)]


def _read(known: Known, one: Group, *, row: VisitRow | None, scans: list[ResolvedScan]) -> Read:
    there = [(scan.certificate_no, scan.officer_name, scan.certified) for scan in scans]
    there += [partner for scan in scans for partner in scan.partners]
    officers = tuple(dict.fromkeys((number, name) for number, name, _certified in there))
    opening = row.opening_scan if row else scans[0].scan_id
    return Read(
        id=row.id if row else None,
        number=row.number if row else visit_number(opening_scan=opening, started_at=one.started_at),
        opening_scan=opening,
        started_at=one.started_at,
        character=_with_results(
            known, _overridden(character(scan.words for scan in scans), row), opened={scan.scan_id for scan in scans}
        ),
        officers=officers,
        scans=tuple(scan.scan_id for scan in scans),
        state=State.OPEN,
        event=_event(known, row, started_at=one.started_at, officers=officers),
        uncertified=tuple(dict.fromkeys(number for number, _name, certified in there if not certified)),
    )


def _overridden(told: Character, row: VisitRow | None) -> Character:
    """What the scans say, but for the words of which something else was confirmed."""
    return replace(told, **row.overrides) if row is not None and row.overrides else told


def _with_results(known: Known, told: Character, *, opened: set[str]) -> Character:
    """The items, with those that a result was said of: in this visit, or in one that was taken in since."""
    if not known.results:
        return told
    numbers = [row.number for row in known.visits.values() if row.opening_scan in opened]
    said = [one.item for number in sorted(numbers) for one in known.results.get(number, ())]
    return replace(told, items=tuple(dict.fromkeys([*told.items, *said])))


def _event(known: Known, row: VisitRow | None, *, started_at: datetime, officers: tuple[tuple[str, str], ...]) -> str:
    """What the platform is told has happened to the visit."""
    if row is None:
        return "visit.filed"
    if row.status == State.WITHDRAWN:
        return "visit.correction_rejected"  # nothing else makes a withdrawn visit stand again
    if row.started_at != started_at or row.status != State.OPEN:
        return "visit.regrouped"
    before = known.facts.get(row.number)
    return "visit.left" if before and set(before.officers) - set(officers) else "visit.joined"


def _character_of(row: VisitRow) -> Character:
    return Character(
        purpose=row.purpose,
        category=row.category,
        reason=row.reason,
        source_no=row.source_no,
        superior_ordered=row.superior_ordered,
        joint_code="",
    )


def _differs(read: Read, row: VisitRow, *, present: Mapping[str, str], known: Known) -> bool:
    before = known.facts.get(row.number)
    return (
        any(present.get(scan_id) != read.number for scan_id in read.scans)
        or row_differs(read, row)
        or (before is not None and (before.officers, before.items) != (read.officers, read.character.items))
    )


def row_differs(read: Read, row: VisitRow) -> bool:
    """Does the visit's own row have to change (not only who was there)?"""
    told = read.character
    return (
        read.started_at, read.state, told.purpose, told.category, told.reason, told.source_no, told.superior_ordered
    ) != (
        row.started_at, row.status, row.purpose, row.category, row.reason, row.source_no, row.superior_ordered
    )  # fmt: skip


def _retired(
    known: Known, *, named: set[str | None], absorbed: set[str], held: set[int | None], emptied: State
) -> list[Read]:
    """Visits whose number no group bears and no other scan holds: absorbed, or else, if they were open, `emptied`.

    A withdrawn one is absorbed when its scan is put back where a neighbour has taken its place meanwhile.
    """
    found: list[Read] = []
    for row in known.visits.values():
        if row.number in named or row.id in held or row.status not in (State.OPEN, State.WITHDRAWN):
            continue
        state = State.ABSORBED if row.number in absorbed else emptied
        if row.status == State.WITHDRAWN and state != State.ABSORBED:
            continue
        before = known.facts.get(row.number)
        found.append(
            Read(
                id=row.id,
                number=row.number,
                opening_scan=row.opening_scan,
                started_at=row.started_at,
                character=replace(_character_of(row), items=before.items if before else ()),
                officers=before.officers if before else (),
                uncertified=before.uncertified if before else (),
                scans=(),
                state=state,
                event=f"visit.{state}",
            )
        )
    return found
