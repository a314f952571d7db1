"""What an officer's certificate is worth at a moment. Pure: no clock, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class CertificateState(StrEnum):
    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class AgencyLike(Protocol):
    """An agency's row, as far as a caller carries it."""

    pk: Any
    code: str
    path: str
    name: str
    level: str
    region_code: str
    supervised_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """The officer at the other end of a token, with agency and device, as they stood when the token was read.

    `certified`: holds an inspection certificate; who does not may make service visits only.
    `revoked_at`: when the device or the officer (whichever came first) was revoked; None while neither is.
    """

    officer_id: int
    certificate_no: str
    name: str
    status: str
    status_since: datetime | None
    valid_from: date
    valid_until: date
    categories: tuple[str, ...]
    photo_sha256: str
    agency_id: int
    agency_code: str
    agency_path: str
    agency_name: str
    agency_level: str
    agency_region: str
    supervised_by: str
    device_id: int
    device_name: str
    revoked_at: datetime | None
    certified: bool = True

    def at_agency(self, agency: "AgencyLike") -> "Caller":
        """The same officer for the agency of an earlier scan: who has moved since still answers for it there."""
        if agency.pk == self.agency_id:
            return self
        return replace(
            self,
            agency_id=agency.pk,
            agency_code=agency.code,
            agency_path=agency.path,
            agency_name=agency.name,
            agency_level=agency.level,
            agency_region=agency.region_code,
            supervised_by=agency.supervised_by,
        )


def certificate_state(
    *, status: str, status_since: datetime | None, valid_from: date, valid_until: date, at: datetime
) -> CertificateState:
    """In which state was the certificate at `at`?

    A suspension or revocation counts from `status_since` (None: always).
    """
    if status in {"suspended", "revoked"} and (status_since is None or at >= status_since):
        return CertificateState(status)
    day = at.astimezone(SHANGHAI).date()
    if day < valid_from:
        return CertificateState.NOT_YET_VALID
    if day > valid_until:
        return CertificateState.EXPIRED
    return CertificateState.VALID


def state_in(officer: Mapping[str, Any], *, at: datetime) -> CertificateState:
    """The same of an officer's row by value, which has these columns among others."""
    return certificate_state(
        status=officer["status"],
        status_since=officer["status_since"],
        valid_from=officer["valid_from"],
        valid_until=officer["valid_until"],
        at=at,
    )


def masked(certificate_no: str) -> str:
    """The number as strangers are shown it: its ends, to compare with the person's own certificate; not its length."""
    kept = 2 if len(certificate_no) >= 8 else 0
    return f"{certificate_no[:kept]}******{certificate_no[len(certificate_no) - kept :]}"


def may_upload(*, revoked_at: datetime | None, scanned_at: datetime, now: datetime, grace: timedelta) -> bool:
    """May this token still hand in this scan? A revoked one may, for `grace`, scans made before its revocation.

    Refusing them would lose facts that happened while the officer was entitled (promise 3).
    """
    return revoked_at is None or (scanned_at < revoked_at and now - revoked_at <= grace)
