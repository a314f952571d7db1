"""The one gathering that a scan is decided on: what each floor knows, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit import queries as audit
from audit.facts import year_of
from audit.queries import Dossier, moment, unpacked
from checkins.composed import ask_all, ask_one
from checkins.grouping import Leaving, cluster
from checkins.named import Named, asked_by, kinds_of, read_named
from checkins.outcome import Said
from checkins.reading import ResolvedScan, VisitRow
from checkins.recent import NOBODY, Recent, read_recent
from checkins.results import read_results
from enterprises import queries as enterprises
from enterprises.queries import EnterpriseFacts, PremisesFacts

# Two days around a scan hold its whole group but in rare crowds.
REACH = timedelta(days=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """All facts that a scan is decided on, read in one statement under its enterprise's lock.

    `scans`, `visits` and `departures`: of one (agency, credit code, purpose), around the moment asked for. `results`:
    what came of these visits, and of the enterprise's last ones, whoever's. `counter_before`: the next lower counter of
    this phone that has arrived; `counter_times`: how many scans bear its own, itself included (checkins/gaps.py).
    `named`: what the scan names (checkins/named.py); None: it was not asked.
    """

    enterprise: EnterpriseFacts | None
    premises: list[PremisesFacts]
    scans: list[ResolvedScan]
    visits: dict[int, VisitRow]
    dossier: Dossier
    recent: Recent = field(default_factory=Recent)
    counter_before: int | None = None
    counter_times: int = 0
    named: Named | None = None
    departures: tuple[Leaving, ...] = ()
    results: tuple[Said, ...] = ()


def judged_years(onsite_at: datetime) -> range:
    """Which calendar years can a scan at this moment touch? On New Year's morning its visit may have begun last year,
    and a late upload stands in windows that end next year."""
    return range(year_of(onsite_at - REACH), year_of(onsite_at) + 2)


def surroundings(
    *,
    scan_id: str,
    onsite_at: datetime,
    purpose: str,
    continues: str | None,
    credit_code: str,
    agency_id: int,
    agency_code: str,
    window: timedelta,
    around: Mapping[str, Any] = NOBODY,
    device_id: int = 0,
    counter: int | None = None,
    naming: Mapping[str, Any] | None = None,
    gathered: Gathered | None = None,
) -> tuple[Gathered, list[ResolvedScan]]:
    """Gather so widely that no scan left out could share a visit with this one; the standing ones among them.

    One statement but in rare crowds (scans of one agency at one door every few hours for two days). Grouping is
    done on what hangs together with this scan: beyond a gap of a window nothing can change, but by a visit that
    reaches over it (`continues`). `naming`: the scan's words about its visit, as far as they name what must be looked
    up. `gathered`: what a first statement for many scans has brought (`gather_many`).
    """
    reach = REACH
    while True:
        gathered = gathered or gather(
            credit_code=credit_code,
            agency_id=agency_id,
            agency_code=agency_code,
            purpose=purpose,
            at=onsite_at,
            reach=reach,
            years=judged_years(onsite_at),
            continues=continues,
            around=around,
            device_id=device_id,
            counter=counter,
            naming=naming,
        )
        near = [scan.onsite_at for scan in gathered.scans if abs(scan.onsite_at - onsite_at) <= reach]
        first, last = cluster(near, at=onsite_at, window=window)
        if max(onsite_at - first, last - onsite_at) <= reach - window:
            break
        gathered, reach = None, reach * 4
    others = {scan.scan_id: scan for scan in gathered.scans if scan.scan_id != scan_id}
    mine = {scan.visit_id for scan in gathered.scans if scan.scan_id == scan_id}
    own = {continues, *(row.number for row in gathered.visits.values() if row.id in mine)}
    chosen = {scan.scan_id for scan in others.values() if first <= scan.onsite_at <= last}
    while True:
        visits = {others[one].visit_id for one in chosen} - {None}
        numbers = {row.number for row in gathered.visits.values() if row.id in visits} | own
        more = {
            scan.scan_id
            for scan in others.values()
            if scan.visit_id in visits
            or scan.words["visit"]["continues"] in numbers - {None}
            or (scan.visit_id is not None and gathered.visits[scan.visit_id].number in numbers)
        }
        if more <= chosen:
            break
        chosen |= more
    return gathered, [others[one] for one in sorted(chosen) if others[one].visit_id is not None]


def gather(
    *,
    credit_code: str,
    agency_id: int,
    agency_code: str,
    purpose: str,
    at: datetime,
    reach: timedelta,
    years: range,
    continues: str | None,
    around: Mapping[str, Any] = NOBODY,
    device_id: int = 0,
    counter: int | None = None,
    naming: Mapping[str, Any] | None = None,
) -> Gathered:
    """Read, in one UNION ALL, what each floor knows of this enterprise and this agency's visits around `at`.

    `around`: of whose other scans, and when (checkins/recent.py).
    """
    asked = _asked(
        credit_code=credit_code,
        agency_id=agency_id,
        agency_code=agency_code,
        purpose=purpose,
        at=at,
        reach=reach,
        years=years,
        continues=continues,
        around=around,
        device_id=device_id,
        counter=counter,
    )
    if naming is None:
        return _read(ask_one(asked))
    rows = ask_one({**asked, **asked_by(naming)}, kinds=kinds_of(naming))
    return replace(_read(rows), named=read_named(rows))


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What is asked about one of many scans: `surroundings` would ask it first."""

    onsite_at: datetime
    purpose: str
    continues: str | None
    credit_code: str
    agency_id: int
    agency_code: str
    device_id: int
    counter: int | None
    naming: Mapping[str, Any]


def gather_many(scans: Sequence[Around]) -> list[Gathered]:
    """What is known around each of these scans, in their order: the very statement of `gather`, asked of all of them.

    One statement on PostgreSQL (LATERAL), but one for each sort of things named beside; SQLite, which has no LATERAL
    and no way to go either, is asked in turn.
    """
    asked: dict[tuple[str, ...], dict[int, dict[str, Any]]] = {}
    for place, scan in enumerate(scans):
        asked.setdefault(kinds_of(scan.naming), {})[place] = _asked_around(scan)
    rows: dict[int, list[tuple[str, Any]]] = {}
    for kinds, of_kinds in asked.items():
        if connection.vendor == "postgresql":
            rows |= zip(of_kinds, ask_all(list(of_kinds.values()), kinds=kinds), strict=True)
        else:
            rows |= {place: ask_one(one, kinds=kinds) for place, one in of_kinds.items()}
    return [replace(_read(rows[place]), named=read_named(rows[place])) for place in range(len(scans))]


def _asked_around(scan: Around) -> dict[str, Any]:
    asked = _asked(
        credit_code=scan.credit_code,
        agency_id=scan.agency_id,
        agency_code=scan.agency_code,
        purpose=scan.purpose,
        at=scan.onsite_at,
        reach=REACH,
        years=judged_years(scan.onsite_at),
        continues=scan.continues,
        around=NOBODY,  # one statement asks that for all of them
        device_id=scan.device_id,
        counter=scan.counter,
    )
    return {**asked, **asked_by(scan.naming)}


def _asked(
    *,
    credit_code: str,
    agency_id: int,
    agency_code: str,
    purpose: str,
    at: datetime,
    reach: timedelta,
    years: range,
    continues: str | None,
    around: Mapping[str, Any],
    device_id: int,
    counter: int | None,
) -> dict[str, Any]:
    first, last = audit.bounds((years[0], years[-1]))
    return {
        "credit_code": credit_code,
        "agency_id": agency_id,
        "agency_code": agency_code,
        "purpose": purpose,
        "begin": at - reach,
        "end": at + reach,
        "first": first,
        "last": last,
        "period": str(years[0]),
        "continues": continues,
        **around,
        "device_id": device_id,
        "counter": counter or 0,
    }


def _read(rows: list[tuple[str, Any]]) -> Gathered:
    enterprise, premises = enterprises.read_doorstep(rows)
    visits: dict[int, VisitRow] = {}
    latest: dict[str, ResolvedScan] = {}
    for branch, data in rows:
        if branch == "scan" and data["visit_id"] is not None:
            visits[data["visit_id"]] = _visit(data)
        if branch == "scan":
            scan = _scan(data)
            if scan.scan_id not in latest or scan.serial > latest[scan.scan_id].serial:
                latest[scan.scan_id] = scan
    for branch, data in rows:
        if branch == "presence":
            scan = latest[str(UUID(data["scan_id"]))]
            partner = (data["certificate_no"], data["name"], bool(data["certified"]))
            latest[scan.scan_id] = replace(scan, partners=(*scan.partners, partner))
    return Gathered(
        enterprise=enterprise,
        premises=premises,
        scans=list(latest.values()),
        visits=visits,
        dossier=audit.read_dossier(rows),
        recent=read_recent(rows),
        counter_before=next((data["before"] for branch, data in rows if branch == "counter"), None),
        counter_times=next((data["times"] or 0 for branch, data in rows if branch == "counter"), 0),
        departures=tuple(
            Leaving(at=moment(data["at"]), officer=data["officer"]) for branch, data in rows if branch == "departure"
        ),
        results=read_results(rows),
    )


def _visit(data: Mapping[str, Any]) -> VisitRow:
    return VisitRow(
        id=data["visit_id"],
        number=data["number"],
        opening_scan=str(UUID(data["opening_scan"])),
        started_at=moment(data["started_at"]),
        status=data["status"],
        purpose=data["purpose"],
        category=data["category"],
        reason=data["reason"],
        source_no=data["source_no"],
        superior_ordered=bool(data["superior_ordered"]),
        joint_id=data["joint_id"],
        overrides=unpacked(data["overrides"]),
    )


def _scan(data: Mapping[str, Any]) -> ResolvedScan:
    return ResolvedScan(
        scan_id=str(UUID(data["scan_id"])),
        serial=data["serial"],
        visit_id=data["visit_id"],
        onsite_at=moment(data["onsite_at"]),
        certificate_no=data["certificate_no"],
        officer_name=data["officer_name"],
        words=unpacked(data["words"]),
        certified=bool(data["certified"]),
    )
