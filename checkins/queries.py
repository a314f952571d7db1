"""Reads about scans: the answers that were kept, and where a scan stands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT

from audit import queries as audit
from checkins.models import Answer, Blob, Merge, Resolution, Scan, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An answer given before: its facts; and, as of now, how far its filing is and where the scan stands."""

    facts: Mapping[str, Any]
    filing_status: str
    standing: Mapping[str, Any]


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


def kept_answers(contents: Mapping[UUID, bytes], *, officer_id: int, at: datetime) -> dict[UUID, Kept]:
    """Which of these very scans were answered before, and how? The same as `kept_answer`, for a whole queue.

    One statement, two if there are replays; the rows are counted up in one order, so that two batches that are sent
    at once never wait for each other in a circle.
    """
    if not contents:
        return {}
    table, scans = Answer._meta.db_table, Scan._meta.db_table
    pairs = ", ".join(["(%s, %s)"] * len(contents))
    typed = "CAST(%s AS uuid)" if connection.features.has_native_uuid_field else "%s"
    sql = (
        f"INSERT INTO {table} (scan_id, replays, last_at) "  # noqa: S608 (table names)
        f"SELECT scan_id, 1, %s FROM {scans} WHERE officer_id = %s "
        f"AND (scan_id, content) IN (VALUES {pairs.replace('(%s,', f'({typed},')}) ORDER BY scan_id "
        f"ON CONFLICT (scan_id) DO UPDATE SET replays = {table}.replays + 1, last_at = excluded.last_at "
        "RETURNING scan_id"
    )
    params = [part for scan_id, content in contents.items() for part in (_uuid(scan_id), content)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [connection.ops.adapt_datetimefield_value(at), officer_id, *params])
        known = [UUID(str(row[0])) for row in cursor.fetchall()]
    if not known:
        return {}
    rows = _with_standing(Resolution.objects.filter(scan_id__in=known, serial=1))
    return {scan_id: _kept_row(*row) for scan_id, *row in rows}


def known_among(scan_ids: Collection[UUID]) -> set[UUID]:
    """Which of these ids are taken, by whomever? One statement, or none."""
    if not scan_ids:
        return set()
    return set(Scan.objects.filter(scan_id__in=scan_ids).values_list("scan_id", flat=True))


def answered(scan: Scan) -> Kept:
    """What the latest resolution with an answer of its own told, and how far its filing is now. One statement."""
    return _kept(Resolution.objects.filter(scan=scan, facts__has_key="visit").order_by("-serial"))


def stands(*, credit_code: str, visit: str | None, voided: bool = False) -> dict[str, Any]:
    """The contract's `standing`, from the latest resolution: without a visit, a credit code means withdrawn, or
    voided if that resolution says so."""
    gone = "voided" if voided else "withdrawn"
    return {"state": "open" if visit else gone if credit_code else "unresolved", "visit": visit}


def _kept(resolutions: QuerySet[Resolution]) -> Kept:
    row = _with_standing(resolutions).first()
    assert row is not None, "a scan and its first resolution are one transaction"  # noqa: S101
    return _kept_row(*row[1:])


def _with_standing(resolutions: QuerySet[Resolution]) -> Any:
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    return resolutions.annotate(
        filing_status=audit.filing_status(OuterRef("filing")),
        latest_code=Subquery(latest.values("credit_code")[:1]),
        latest_visit=Subquery(latest.values("visit__number")[:1]),
        latest_voided=Subquery(latest.values(voided=KT("facts__voided"))[:1]),
    ).values_list("scan_id", "facts", "filing_status", "latest_code", "latest_visit", "latest_voided")


def _kept_row(facts: Any, filing_status: str | None, code: str, visit: str | None, voided: Any) -> Kept:
    return Kept(
        facts=facts,
        filing_status=filing_status or "none",
        standing=stands(credit_code=code, visit=visit, voided=voided is not None),
    )


def _uuid(value: UUID) -> Any:
    """A UUID as this database's driver wants it in raw SQL."""
    return value if connection.features.has_native_uuid_field else value.hex


@dataclass(frozen=True, kw_only=True, slots=True)
class BlobRead:
    """What was read on a photo that is here; None: nothing."""

    text: str | None


def blob_read(sha256: str) -> BlobRead | None:
    """Is this photo here, and what stands on it? One statement."""
    row = Blob.objects.filter(pk=sha256).values_list("text").first()
    return BlobRead(text=row[0]) if row else None


def awaiting_photo(*, sha256: str, officer_id: int) -> list[UUID]:
    """The officer's scans that said nothing of their enterprise but this photo, and are not resolved. One statement."""
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    waiting = Scan.objects.filter(
        photo=sha256, officer_id=officer_id, code=None, credit_code=None, withdrawal__isnull=True
    ).annotate(latest_code=Subquery(latest.values("credit_code")[:1]))
    return list(waiting.filter(latest_code="").order_by("scanned_at", "scan_id").values_list("scan_id", flat=True))


def without_photo(scans: QuerySet[Scan], *, received_until: datetime) -> QuerySet[Scan]:
    """Of these scans, those whose photo was to follow and has not come."""
    blobs = Blob.objects.filter(pk=OuterRef("photo"))
    return scans.filter(~Exists(blobs), photo__isnull=False, received_at__lte=received_until)


def own_scan(*, scan_id: UUID, officer_id: int) -> Scan | None:
    """The officer's own scan; another officer's does not exist for the asker."""
    return Scan.objects.select_related("agency").filter(scan_id=scan_id, officer_id=officer_id).first()


def visited(number: str, *, credit_code: str) -> bool:
    """Was there such a visit at this enterprise?"""
    return Visit.objects.filter(number=number, credit_code=credit_code).exists()


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownAt:
    """At which visit an officer shows himself by this scan; `visit` None: it is not resolved, withdrawn or voided."""

    scan_id: UUID
    visit: str | None
    credit_code: str


def shown_at(*, scan_id: UUID, officer_id: int) -> ShownAt | None:
    """Where does the officer's own scan stand now? One statement."""
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    row = (
        Scan.objects.filter(scan_id=scan_id, officer_id=officer_id)
        .annotate(
            visit=Subquery(latest.values("visit__number")[:1]),
            stands_at=Subquery(latest.values("visit__credit_code")[:1]),
        )
        .values_list("visit", "stands_at")
        .first()
    )
    return ShownAt(scan_id=scan_id, visit=row[0], credit_code=row[1] or "") if row else None


def standing_code(number: str) -> str:
    """Where does a subject's number lead? To the enterprise that it was merged into, else to itself. One statement."""
    merged = Merge.objects.filter(subject=number, confirmation__isnull=False).values_list("credit_code", flat=True)
    return merged.first() or number
