"""The words of the phones' contract: what `POST /scans` and its neighbours take. v1 only ever gains."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from audit.canonical import digest, utc_text
from audit.facts import Category, Purpose

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def _rfc3339(value: Any) -> Any:
    """A phone's clock may be wrong (1970 is a fact), but a moment must be one: RFC 3339, with offset, before 2100."""
    wrong = PydanticCustomError("moment", "not RFC 3339 with an offset, or out of range")
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise wrong
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.upper()))
    except ValueError:
        raise wrong from None
    if not EARLIEST <= moment < LATEST:
        raise wrong
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339, json_schema_input_type=datetime)]
Flagged = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Short = Annotated[str, StringConstraints(max_length=80)]


class Words(BaseModel):
    """Fields that we do not know are kept, not compared: v1 only ever gains."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Datum(StrEnum):
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


class Location(Words):
    """The phone's fix: degrees in `datum`, accuracy in metres."""

    longitude: Annotated[Number, Field(ge=-180, le=180)]
    latitude: Annotated[Number, Field(ge=-90, le=90)]
    accuracy_m: Annotated[Number, Field(ge=0, le=1_000_000)] | None = None
    datum: Datum = Datum.WGS84
    provider: Annotated[str, StringConstraints(max_length=40)] | None = None
    mock: Flagged | None = None


class VisitWords(Words):
    """What the officer says of the visit. Nothing is required: without a purpose it is an inspection (P), without a
    category it counts as routine until classified (P).

    `items`: codes or names of published items. `emergency`: there was an emergency or evidence about to be lost, so
    that the inspection came first (补扫 before leaving). `assistants`: how many people without a certificate come
    along, fixed at the start. `plan_no`: a plan's number, or the agency's own reference of it; `approval_no`: under
    which number its head approved the inspection. `partners`: certificate numbers of colleagues whose phones are dead;
    each confirms the same day (`POST /visits/{number}/join`) or scans.
    """

    purpose: Purpose = Purpose.INSPECTION
    category: Category | None = None
    reason: Annotated[str, StringConstraints(max_length=40)] | None = None
    source_no: Short | None = None
    items: Annotated[list[Short], Field(max_length=50)] = []
    joint_code: Annotated[str, StringConstraints(max_length=16)] | None = None
    continues: Annotated[str, StringConstraints(max_length=64)] | None = None
    superior_ordered: Flagged = False
    emergency: Flagged = False
    assistants: Annotated[int, Strict(), Field(ge=0, le=99)] = 0
    plan_no: Short | None = None
    approval_no: Short | None = None
    partners: Annotated[list[Annotated[str, StringConstraints(max_length=32)]], Field(max_length=5)] = []


def _nothing_said(value: Any) -> Any:
    """Many phones send null for what they leave out."""
    return {} if value is None else value


MaybeVisit = Annotated[VisitWords, BeforeValidator(_nothing_said, json_schema_input_type=VisitWords | None)]


class SubjectWords(Words):
    """Whom the officer found without any licence: a stall, a site, a household. Its place is the scan's fix."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    address: Annotated[str, StringConstraints(max_length=300)] = ""
    responsible: Annotated[str, StringConstraints(max_length=40)] = ""


Milliseconds = Annotated[int, Strict(), Field(ge=0, le=2**53)]


class ClockWords(Words):
    """What the phone knows of time beside its wall clock (checkins/when.py), at the moment of the scan.

    `monotonic_ms`: milliseconds since the boot that `boot_id` names (any text that changes with each boot).
    `server_time_seen`: the last `server_time` that it got before, and `monotonic_at_server_time_ms` its monotonic
    clock then; after a reboot since, the latter is left out.
    """

    monotonic_ms: Milliseconds
    boot_id: Annotated[str, StringConstraints(max_length=64)]
    server_time_seen: Moment | None = None
    monotonic_at_server_time_ms: Milliseconds | None = None


class ScanWords(Words):
    """One scan: `code` (the text that the camera read) and/or `credit_code` (typed or chosen), when and where.

    `subject` stands in for both where there is no licence at all. `premises_address`: the officer confirms that this
    is an unlisted shop of the licence, at this address. `photo_sha256`: a photo of the licence follows
    (`PUT /blobs/{sha256}`), and may stand in for all of them; the same scan as with the photo in one form. `counter`: 1
    for the first scan that this phone made since its enrolment, one more for each further one, whenever it is sent: a
    missing number is a scan that was not handed in.
    """

    scan_id: UUID
    code: Annotated[str, StringConstraints(max_length=8192)] | None = None
    credit_code: Annotated[str, StringConstraints(max_length=40)] | None = None
    scanned_at: Moment
    location: Location | None = None
    subject: SubjectWords | None = None
    premises_address: Annotated[str, StringConstraints(min_length=2, max_length=300)] | None = None
    visit: Annotated[VisitWords, BeforeValidator(_nothing_said, json_schema_input_type=VisitWords | None)] = (
        VisitWords()
    )
    late_reason: Annotated[str, StringConstraints(max_length=200)] | None = None
    photo_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    counter: Annotated[int, Strict(), Field(ge=1, le=2**53)] | None = None
    clock: ClockWords | None = None

    @model_validator(mode="after")
    def _says_which_enterprise(self) -> "ScanWords":
        if not (self.code or self.credit_code or self.subject or self.photo_sha256):
            raise PydanticCustomError("enterprise_missing", "code or credit_code")
        return self

    def known(self, *, photo: str | None = None) -> dict[str, Any]:
        """The contract's fields in canonical form: what a replay must repeat. Degrees and metres as text.

        `photo`: SHA-256 in hex of the photo that came with them. A field that v1 gained later is left out while it is
        absent: a replay after an upgrade must still match.
        """
        visit = self.visit
        gained: dict[str, Any] = {}
        if self.subject is not None:
            subject = self.subject
            gained["subject"] = {
                "name": subject.name,
                "address": subject.address,
                "responsible": subject.responsible,
            }
        if self.premises_address is not None:
            gained["premises_address"] = self.premises_address
        if self.counter is not None:
            gained["counter"] = self.counter
        if self.clock is not None:
            seen = self.clock.server_time_seen
            gained["clock"] = {
                "monotonic_ms": self.clock.monotonic_ms,
                "boot_id": self.clock.boot_id,
                "server_time_seen": seen and utc_text(seen),
                "monotonic_at_server_time_ms": self.clock.monotonic_at_server_time_ms,
            }
        if photo is not None or self.photo_sha256 is not None:
            gained["photo"] = photo or self.photo_sha256
        said = {"plan_no": visit.plan_no, "approval_no": visit.approval_no, "partners": list(visit.partners)}
        return {
            **gained,
            "scan_id": str(self.scan_id),
            "code": self.code,
            "credit_code": self.credit_code,
            "scanned_at": utc_text(self.scanned_at),
            "location": self.location
            and {
                "longitude": repr(float(self.location.longitude)),
                "latitude": repr(float(self.location.latitude)),
                "accuracy_m": None if self.location.accuracy_m is None else repr(float(self.location.accuracy_m)),
                "datum": str(self.location.datum),
                "provider": self.location.provider,
                "mock": self.location.mock,
            },
            "visit": {
                "purpose": str(visit.purpose),
                "category": visit.category and str(visit.category),
                "reason": visit.reason,
                "source_no": visit.source_no,
                "items": list(visit.items),
                "joint_code": visit.joint_code,
                "continues": visit.continues,
                "superior_ordered": visit.superior_ordered,
                "emergency": visit.emergency,
                "assistants": visit.assistants,
                **{name: value for name, value in said.items() if value},
            },
            "late_reason": self.late_reason,
        }

    def content(self, *, photo: str | None = None) -> bytes:
        """SHA-256 by which a replay is told from an altered one."""
        return digest(self.known(photo=photo))

    def unknown(self) -> dict[str, Any]:
        """Fields that no version of the contract names yet: kept beside the scan."""
        parts = {
            "scan": self,
            "location": self.location,
            "visit": self.visit,
            "subject": self.subject,
            "clock": self.clock,
        }
        return {name: dict(part.model_extra) for name, part in parts.items() if part is not None and part.model_extra}


class PhotographedWords(ScanWords):
    """The words beside a photo of the licence: `code` may be left to the server, which reads it off the photo."""

    @model_validator(mode="after")
    def _says_which_enterprise(self) -> "PhotographedWords":
        return self


class ResolutionWords(BaseModel):
    """Which enterprise an unresolved scan was at."""

    credit_code: Annotated[str, StringConstraints(min_length=18, max_length=40)]


class WithdrawalWords(BaseModel):
    """The scanner's own mistake, with a reason."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
