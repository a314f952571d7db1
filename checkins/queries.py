"""Reads about scans and visits, and the one gathering that a scan is decided on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from audit import queries as audit
from audit.facts import year_of
from audit.queries import Dossier, moment, unpacked
from checkins.grouping import cluster
from checkins.models import Answer, Merge, Resolution, Scan
from checkins.reading import ResolvedScan, VisitRow
from enterprises import queries as enterprises
from enterprises.queries import EnterpriseFacts, PremisesFacts

# Two days around a scan hold its whole group but in rare crowds.
REACH = timedelta(days=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An answer given before: its facts; and, as of now, how far its filing is and where the scan stands."""

    facts: Mapping[str, Any]
    filing_status: str
    standing: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """All facts that a scan is decided on, read in one statement under its enterprise's lock.

    `scans` and `visits`: of one (agency, credit code, purpose), around the moment asked for.
    """

    enterprise: EnterpriseFacts | None
    premises: list[PremisesFacts]
    scans: list[ResolvedScan]
    visits: dict[int, VisitRow]
    dossier: Dossier


def kept_answer(*, scan_id: UUID, officer_id: int, content: bytes, at: datetime) -> Kept | None:
    """Was this very scan answered before? Counts the replay, so that its commit is as durable as the first one.

    One statement for a new scan, two for a replay. None also for a foreign or altered scan: INSERT will tell.
    """
    table, scans = Answer._meta.db_table, Scan._meta.db_table
    sql = (
        f"INSERT INTO {table} (scan_id, replays, last_at) "  # noqa: S608 (table names)
        f"SELECT scan_id, 1, %s FROM {scans} WHERE scan_id = %s AND officer_id = %s AND content = %s "
        f"ON CONFLICT (scan_id) DO UPDATE SET replays = {table}.replays + 1, last_at = excluded.last_at "
        "RETURNING replays"
    )
    ops = connection.ops
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [ops.adapt_datetimefield_value(at), _uuid(scan_id), officer_id, content],
        )
        if cursor.fetchone() is None:
            return None
    return _kept(Resolution.objects.filter(scan_id=scan_id).order_by("serial"))


def answered(scan: Scan) -> Kept:
    """What the latest resolution with an answer of its own told, and how far its filing is now. One statement."""
    return _kept(Resolution.objects.filter(scan=scan, facts__has_key="visit").order_by("-serial"))


def stands(*, credit_code: str, visit: str | None) -> dict[str, Any]:
    """The contract's `standing`, from the latest resolution: without a visit, a credit code means withdrawn."""
    return {"state": "open" if visit else "withdrawn" if credit_code else "unresolved", "visit": visit}


def _kept(resolutions: QuerySet[Resolution]) -> Kept:
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    row = (
        resolutions.annotate(
            filing_status=audit.filing_status(OuterRef("filing")),
            latest_code=Subquery(latest.values("credit_code")[:1]),
            latest_visit=Subquery(latest.values("visit__number")[:1]),
        )
        .values_list("facts", "filing_status", "latest_code", "latest_visit")
        .first()
    )
    assert row is not None, "a scan and its first resolution are one transaction"  # noqa: S101
    facts, filing_status, code, visit = row
    return Kept(facts=facts, filing_status=filing_status or "none", standing=stands(credit_code=code, visit=visit))


def _uuid(value: UUID) -> Any:
    """A UUID as this database's driver wants it in raw SQL."""
    return value if connection.features.has_native_uuid_field else value.hex


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
) -> tuple[Gathered, list[ResolvedScan]]:
    """Gather so widely that no scan left out could share a visit with this one; the standing ones among them.

    One statement but in rare crowds (scans of one agency at one door every few hours for two days). Grouping is
    done on what hangs together with this scan: beyond a gap of a window nothing can change, but by a visit that
    reaches over it (`continues`).
    """
    reach = REACH
    while True:
        gathered = gather(
            credit_code=credit_code,
            agency_id=agency_id,
            agency_code=agency_code,
            purpose=purpose,
            at=onsite_at,
            reach=reach,
            years=judged_years(onsite_at),
            continues=continues,
        )
        near = [scan.onsite_at for scan in gathered.scans if abs(scan.onsite_at - onsite_at) <= reach]
        first, last = cluster(near, at=onsite_at, window=window)
        if max(onsite_at - first, last - onsite_at) <= reach - window:
            break
        reach *= 4
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
) -> Gathered:
    """Read, in one UNION ALL, what each floor knows of this enterprise and this agency's visits around `at`."""
    scans = _group(
        credit_code=credit_code, agency_id=agency_id, purpose=purpose, at=at, reach=reach, continues=continues
    )
    branches = [
        *enterprises.doorstep(credit_code),
        *audit.dossier(
            credit_code=credit_code,
            agency_codes=[agency_code],
            years=(years[0], years[-1]),
            visits=scans.values("visit__number"),
        ),
        scans.values(
            branch=Value("scan", output_field=CharField()),
            data=JSONObject(
                scan_id=F("scan_id"),
                serial=F("serial"),
                onsite_at=F("onsite_at"),
                certificate_no=F("scan__officer__certificate_no"),
                officer_name=F("scan__officer__name"),
                words=F("scan__words"),
                visit_id=F("visit_id"),
                opening_scan=F("visit__opening_scan_id"),
                **{name: F(f"visit__{name}") for name in _VISIT_COLUMNS},
            ),
        ),
    ]
    first, *others = branches
    rows = [(row["branch"], unpacked(row["data"])) for row in first.union(*others, all=True)]
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
    return Gathered(
        enterprise=enterprise,
        premises=premises,
        scans=list(latest.values()),
        visits=visits,
        dossier=audit.read_dossier(rows),
    )


_VISIT_COLUMNS = (
    "number", "started_at", "status", "purpose", "category", "reason", "source_no", "superior_ordered", "joint_id",
)  # fmt: skip


def _group(
    *, credit_code: str, agency_id: int, purpose: str, at: datetime, reach: timedelta, continues: str | None
) -> QuerySet[Resolution]:
    """The group's scans around `at`, each with all its readings, and all scans of every visit that they touch, or
    that `continues` names, however far away."""
    group = Resolution.objects.filter(credit_code=credit_code, agency_id=agency_id, purpose=purpose)
    near = Q(onsite_at__range=(at - reach, at + reach))
    touched = Q(visit_id__in=group.filter(near, visit_id__isnull=False).values("visit_id"))
    if continues is not None:
        touched |= Q(visit__number=continues)
    return group.filter(near | Q(scan_id__in=group.filter(touched).values("scan_id")))


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
    )


def own_scan(*, scan_id: UUID, officer_id: int) -> Scan | None:
    """The officer's own scan; another officer's does not exist for the asker."""
    return Scan.objects.select_related("agency").filter(scan_id=scan_id, officer_id=officer_id).first()


def standing_code(number: str) -> str:
    """Where does a subject's number lead? To the enterprise that it was merged into, else to itself. One statement."""
    merged = Merge.objects.filter(subject=number, confirmation__isnull=False).values_list("credit_code", flat=True)
    return merged.first() or number
