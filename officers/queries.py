"""Reads about officers."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet

from officers.models import Agency, Device, Officer, Photo
from officers.rules import Caller

# When a revocation counts from that has no beginning of its own.
ALWAYS = datetime.min.replace(tzinfo=UTC)

_CALLER_COLUMNS = (
    "id",
    "name",
    "revoked_at",
    "officer_id",
    "officer__certificate_no",
    "officer__name",
    "officer__status",
    "officer__status_since",
    "officer__valid_from",
    "officer__valid_until",
    "officer__categories",
    "officer__photo_sha256",
    "officer__certified",
    "officer__agency_id",
    "officer__agency__code",
    "officer__agency__path",
    "officer__agency__name",
    "officer__agency__level",
    "officer__agency__region_code",
    "officer__agency__supervised_by",
)


def token_hash(token: str) -> bytes:
    """SHA-256 of a device token. The token has 256 random bits, so a slow hash would buy nothing."""
    return hashlib.sha256(token.encode()).digest()


def caller(token: str) -> Caller | None:
    """Whose token is this? One statement. None for a token that no device has."""
    row = Device.objects.filter(token_hash=token_hash(token)).values(*_CALLER_COLUMNS).first()
    return _caller(row) if row is not None else None


def caller_with(device_id: int) -> Caller:
    """Who holds this device, as of now. One statement."""
    return _caller(Device.objects.filter(pk=device_id).values(*_CALLER_COLUMNS)[:1].get())


def _caller(row: Mapping[str, Any]) -> Caller:
    revocations = [row["revoked_at"]]
    if row["officer__status"] == "revoked":
        revocations.append(row["officer__status_since"] or ALWAYS)
    return Caller(
        officer_id=row["officer_id"],
        certificate_no=row["officer__certificate_no"],
        name=row["officer__name"],
        status=row["officer__status"],
        status_since=row["officer__status_since"],
        valid_from=row["officer__valid_from"],
        valid_until=row["officer__valid_until"],
        categories=tuple(row["officer__categories"]),
        photo_sha256=row["officer__photo_sha256"],
        certified=row["officer__certified"],
        agency_id=row["officer__agency_id"],
        agency_code=row["officer__agency__code"],
        agency_path=row["officer__agency__path"],
        agency_name=row["officer__agency__name"],
        agency_level=row["officer__agency__level"],
        agency_region=row["officer__agency__region_code"],
        supervised_by=row["officer__agency__supervised_by"],
        device_id=row["id"],
        device_name=row["name"],
        revoked_at=min((moment for moment in revocations if moment), default=None),
    )


def holder(officer_id: int) -> Officer | None:
    """The officer whom an electronic ID names, with the agency. One statement."""
    return Officer.objects.select_related("agency").filter(pk=officer_id).first()


def photo(sha256: str) -> Photo | None:
    """The picture with this fingerprint. One statement."""
    return Photo.objects.filter(pk=sha256).first()


def agencies_of(codes: Collection[str]) -> dict[str, Agency]:
    """Which of these agencies are registered? By code."""
    return {agency.code: agency for agency in Agency.objects.filter(code__in=codes)}


def agencies_called(words: Collection[str]) -> dict[str, Agency]:
    """The agencies that are meant by their code or by their full name, by what was said; a name that two bear means
    neither. One statement."""
    said = {word.strip() for word in words if word.strip()}
    found = list(Agency.objects.filter(Q(code__in=said) | Q(name__in=said)).order_by("code"))
    names = Counter(agency.name for agency in found)
    called = {agency.name: agency for agency in found if names[agency.name] == 1}
    return called | {agency.code: agency for agency in found if agency.code in said}


def agencies_in_use(codes: Collection[str] | None = None) -> set[str]:
    """The codes of the agencies in use; of these only, if some are named."""
    rows = Agency.objects.filter(status=Agency.Status.ACTIVE)
    return set((rows if codes is None else rows.filter(code__in=codes)).values_list("code", flat=True))


def active_among(certificate_nos: Collection[str]) -> set[str]:
    """Which of these officers are active now?"""
    rows = Officer.objects.filter(certificate_no__in=certificate_nos, status=Officer.Status.ACTIVE)
    return set(rows.values_list("certificate_no", flat=True))


def active_total(within: QuerySet[Agency] | None = None) -> int:
    """How many officers are active now (of these agencies)?"""
    rows = Officer.objects.filter(status=Officer.Status.ACTIVE)
    return (rows if within is None else rows.filter(agency__in=within.values("pk"))).count()
