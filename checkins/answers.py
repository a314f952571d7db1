"""The words of the phones' contract: what the server answers. v1 only ever gains."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from audit.log_keys import LogPolicy
from audit.promise import Promise


class LicenceOut(BaseModel):
    """The code as read. `scheme`: `typed`, or how it named the enterprise (enterprises/licence.py, Scheme).

    `candidates`: credit codes to choose from when `needs_confirmation`.
    """

    text: str | None
    scheme: str
    credit_code: str | None
    registration_no: str | None
    opaque_id: str | None
    candidates: list[str]
    needs_confirmation: bool


class VisitOfficerOut(BaseModel):
    name: str
    certificate_no: str
    provisional: bool = Field(default=False, description="named by a colleague and not confirmed yet; not counted")


class VisitOut(BaseModel):
    """`started_at` is the on-site start of the visit's first scan. `joint_code`: for another agency to join."""

    number: str
    started_at: datetime
    purpose: str
    category: str
    officers: list[VisitOfficerOut]
    joint_code: str
    joint_id: str | None
    joined: bool = Field(description="true when this scan joined a visit that another one had opened")


class EnterpriseOut(BaseModel):
    """`status` is `unknown` when the registry does not have the credit code yet."""

    credit_code: str
    name: str
    status: str
    region_code: str
    industry: str
    risk_grade: str
    kind: str = Field(description="licensed, subject (no licence) or unknown")


class ElectronicIdOut(BaseModel):
    """What the officer's screen shows to the enterprise (电子亮证). `url` opens the check page on any phone.

    `certified` false: `certificate_no` is a staff number; the screen must not call its holder an officer.
    """

    name: str
    agency: str
    certificate_no: str
    certified: bool
    photo: str | None
    valid_until: str
    state: str
    token: str
    url: str
    match_code: str
    expires_at: str


class OfflineOut(BaseModel):
    """What shows the officer off the network: docs/reference/electronic-id.md.

    `presentation`: for a phone without a key of its own, good for a minute. `reason`: why something is null.
    """

    credential: str | None = Field(description="base64url of a COSE_Sign1; the phone signs presentations over it")
    credential_expires_at: datetime | None
    presentation: str | None = Field(description="LZ1:…, the text of a QR code")
    reason: (
        Literal["no_device_key", "not_certified", "certificate_not_valid", "does_not_fit", "no_signing_key", "no_visit"]
        | None
    )


class ElectronicIdAnswer(BaseModel):
    electronic_id: ElectronicIdOut
    offline: OfflineOut
    server_time: datetime


class FilingOut(BaseModel):
    """`status`: pending or delivered.

    `promise`: the log's signed word that the record of this scan will be in its tree within a minute (C2SP signed
    note); null where the house signs no log, and for answers from before it did. `GET /receipts/{scan_id}` proves it.
    """

    number: str | None
    status: Literal["pending", "delivered", "none"]
    promise: str | None


def promised(filing: Mapping[str, Any], *, log: LogPolicy) -> str | None:
    """The promise for a kept answer's `filing`: the same at every replay, as leaf and moment are."""
    if log.keys is None or "leaf" not in filing:
        return None
    promise = Promise(log.origin, bytes.fromhex(filing["leaf"]), datetime.fromisoformat(filing["recorded_at"]))
    return promise.signed(log.keys.promise_key(log.origin))


class WarningOut(BaseModel):
    """A warning never blocks. `would_refuse`: a stricter house would have refused the visit for it."""

    code: str
    message: str
    rule: str
    would_refuse: bool


class LastResultOut(BaseModel):
    """`outcome`: compliant, rectify (by a day), first_violation_waived, minor_waived or case_opened."""

    item: str
    outcome: str
    rectify_by: date | None


class LastVisitOut(BaseModel):
    number: str
    started_at: datetime
    agency: str
    purpose: str
    category: str
    results: list[LastResultOut] | None = Field(
        default=None, description="what came of it, told for as long as results are recognised; null in older answers"
    )


class FrequencyOut(BaseModel):
    """Visits of the calendar year (Asia/Shanghai), this one included.

    `own` goes by what the agency itself says of its visits by now; `own_with_unconfirmed`, by which flags go, also
    counts what it took back, voided or called otherwise and no supervisor has confirmed.
    """

    year: int
    cap: int | None = Field(description="null for a subject without a licence: outside every cap")
    own: int
    own_with_unconfirmed: int
    all_agencies: int
    service_visits: int
    last_visits: list[LastVisitOut]


class LocationCheckOut(BaseModel):
    """`verdict`: inside, far or unknown; metres to the nearest registered premises."""

    verdict: str
    distance_m: int | None
    accuracy_m: int | None
    address: str | None
    longitude: str | None = Field(description="the fix in WGS-84 degrees, whatever its own datum")
    latitude: str | None


class ForOfficerOut(BaseModel):
    """For the officer's eyes, apart from what the enterprise is shown."""

    frequency: FrequencyOut | None
    warnings: list[WarningOut]
    location_check: LocationCheckOut
    unpublished_items: list[str] = Field(default=[], description="which of the named items no published list holds")


class OnsiteOut(BaseModel):
    """When the officer was at the door: `at` is the moment that counts; it lies between `earliest` and `latest`."""

    at: datetime
    earliest: datetime
    latest: datetime


class StandingOut(BaseModel):
    """What has become of the scan by now, and in which visit it stands: `open`, `withdrawn` (by its scanner), `voided`
    (a supervisor confirmed that it should not have been), or `unresolved`."""

    state: Literal["open", "withdrawn", "voided", "unresolved"]
    visit: str | None


class JoinOfferOut(BaseModel):
    """Another agency's open inspection at the same enterprise."""

    visit: str
    agency: str
    started_at: datetime


class TogetherOut(BaseModel):
    """How a visit stands: alone (`joint_id` null, nobody with it), or with whom."""

    visit: str
    joint_id: str | None
    joint_code: str
    officers: list[VisitOfficerOut]
    together_with: list[JoinOfferOut]
    server_time: datetime


class ScanOut(BaseModel):
    """The answer to a scan; a replay gets the same facts with a fresh electronic ID, filing status and time."""

    scan_id: UUID
    licence: LicenceOut
    visit: VisitOut | None
    enterprise: EnterpriseOut | None
    electronic_id: ElectronicIdOut | None = Field(description="null when the device or the officer is revoked")
    filing: FilingOut
    standing: StandingOut
    onsite: OnsiteOut | None = Field(default=None, description="null in answers from before it was kept")
    for_officer: ForOfficerOut
    join_offers: list[JoinOfferOut] = Field(
        default=[], description="whom the visit, which has joined nobody, may join: `POST /visits/{number}/join`"
    )
    server_time: datetime


class BlobOut(BaseModel):
    """A photo that is kept. `resolved`: scans of the caller that waited for it and are placed now."""

    sha256: str
    size: int
    resolved: list[UUID]
    server_time: datetime


class ProblemOut(BaseModel):
    """A refusal (RFC 9457) inside another answer; a kind of refusal may add members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class ItemOut(BaseModel):
    """What became of one scan of a batch. `drop`: the phone may take it out of its queue; `keep`: send it again later.

    `status`: what `POST /scans` would have answered; `answer`: that answer, or the problem.
    """

    scan_id: str | None = Field(description="as it was sent; null where there is none to read")
    outcome: Literal["drop", "keep"]
    status: int
    answer: ScanOut | ProblemOut


class BatchOut(BaseModel):
    """One outcome for each item, in the order in which they were sent. `resend_since`: as in `GET /me`."""

    items: list[ItemOut]
    resend_since: datetime | None
    server_time: datetime


class WithdrawalOut(BaseModel):
    """`visit_status`: what became of the visit; it stays `open` while other officers' scans hold it."""

    scan_id: UUID
    withdrawn_at: datetime
    reason: str
    visit: str
    visit_status: str
    server_time: datetime


class CorrectionOut(BaseModel):
    """How a voiding or a classification stands.

    `state`: `waiting` for a supervisor; `confirmed` or `rejected` by one, with a `note`; `at_once`, a word that had
    been missing and needs nobody's yes; `superseded` by what the agency said later. `claim`: what differs from how the
    visit stood. `visit_status`: `open`, `withdrawn`, `voided` or `absorbed` by now.
    """

    visit: str
    visit_status: str
    kind: Literal["voiding", "classification"]
    claim: dict[str, str | bool]
    reason: str
    claimed_at: datetime
    state: Literal["waiting", "confirmed", "rejected", "superseded", "at_once"]
    ruled_at: datetime | None
    note: str
    server_time: datetime
