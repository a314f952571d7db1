"""The electronic ID (电子亮证): what the officer's screen shows at the door, and what its QR code proves.

Making one costs no database statement: everything it says is in the token or read when the token is opened.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypedDict

from officers.policy import OfficerPolicy
from officers.rules import Caller, CertificateState, certificate_state
from officers.signing import Forged, Signer

PURPOSE = "electronic-id"
PHOTO_PURPOSE = "photo"
MATCH_DIGITS = 6
_HEAD = struct.Struct(">QII")  # officer, issued and expires in seconds since 1970
_PHOTO = struct.Struct(">I32s")  # expires in seconds since 1970, SHA-256


class ElectronicId(TypedDict):
    """The contract's `electronic_id`. Dates are Asia/Shanghai days, moments RFC 3339 in UTC, both as text.

    `photo`: an address that works for `policy.photo_lifetime`, null for an officer without one. `state`: a
    CertificateState. `match_code`: six digits that the page behind `url` shows too, and in a visit every other
    screen of this officer.
    """

    name: str
    agency: str
    certificate_no: str
    photo: str | None
    valid_until: str
    state: str
    token: str
    url: str
    match_code: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a genuine token says. `visit` is the visit's number, None outside a visit."""

    officer_id: int
    visit: str | None
    issued_at: datetime
    expires_at: datetime


class Verdict(StrEnum):
    """What the page behind the QR code says in large type."""

    GENUINE = "genuine"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


def issue(
    *, caller: Caller, visit: str | None, at: datetime, policy: OfficerPolicy, signer: Signer, base_url: str
) -> ElectronicId:
    """A fresh electronic ID for this officer at `at`, good for `policy.electronic_id_lifetime`.

    An officer whose certificate is not valid gets one too: its page says so.
    """
    expires_at = at + policy.electronic_id_lifetime
    head = _HEAD.pack(caller.officer_id, int(at.timestamp()), int(expires_at.timestamp()))
    token = signer.sign(head + (visit or "").encode(), purpose=PURPOSE)
    state = certificate_state(
        status=caller.status,
        status_since=caller.status_since,
        valid_from=caller.valid_from,
        valid_until=caller.valid_until,
        at=at,
    )
    return ElectronicId(
        name=caller.name,
        agency=caller.agency_name,
        certificate_no=caller.certificate_no,
        photo=photo_url(sha256=caller.photo_sha256, at=at, policy=policy, signer=signer, base_url=base_url),
        valid_until=caller.valid_until.isoformat(),
        state=state.value,
        token=token,
        url=f"{base_url.rstrip('/')}/v/{token}",
        match_code=screen_code(token, visit=visit, certificate_no=caller.certificate_no, signer=signer),
        expires_at=datetime.fromtimestamp(int(expires_at.timestamp()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def read(token: str, *, signer: Signer) -> Shown:
    """What does this token say? Raises Forged. Whether it has expired is the reader's question: it knows the time."""
    payload = signer.read(token, purpose=PURPOSE)
    officer_id, issued, expires = _HEAD.unpack_from(payload)
    return Shown(
        officer_id=officer_id,
        visit=payload[_HEAD.size :].decode() or None,
        issued_at=datetime.fromtimestamp(issued, UTC),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def verdict(*, shown: Shown, state: CertificateState, at: datetime) -> Verdict:
    """Is the person with this token entitled at `at`? `state`: of the certificate, at `at` too.

    What was taken from the person weighs more than what ran out: a revoked officer's old screen says revoked.
    """
    if state in {CertificateState.REVOKED, CertificateState.SUSPENDED}:
        return Verdict(state.value)
    if at >= shown.expires_at or state is CertificateState.EXPIRED:
        return Verdict.EXPIRED
    if state is CertificateState.NOT_YET_VALID:
        return Verdict.NOT_YET_VALID
    return Verdict.GENUINE


def match_code(*, visit: str, certificate_no: str, signer: Signer) -> str:
    """The six digits (核对码) that all screens of this officer show in this visit, and its door page asks for."""
    return signer.digits(f"{visit}:{certificate_no}", count=MATCH_DIGITS)


def screen_code(token: str, *, visit: str | None, certificate_no: str, signer: Signer) -> str:
    """The six digits (核对码) that go with one screen: the visit's, or outside a visit those of its token alone."""
    if visit is None:
        return signer.digits(token, count=MATCH_DIGITS)
    return match_code(visit=visit, certificate_no=certificate_no, signer=signer)


def photo_url(*, sha256: str, at: datetime, policy: OfficerPolicy, signer: Signer, base_url: str) -> str | None:
    """Where this picture can be seen for `policy.photo_lifetime` from `at`; None without a picture."""
    if not sha256:
        return None
    payload = _PHOTO.pack(int((at + policy.photo_lifetime).timestamp()), bytes.fromhex(sha256))
    return f"{base_url.rstrip('/')}/v/photo/{signer.sign(payload, purpose=PHOTO_PURPOSE)}"


def photo_sha256(token: str, *, at: datetime, signer: Signer) -> str:
    """Which picture may be shown for this token at `at`? Raises Forged, also when its time is over."""
    expires, sha256 = _PHOTO.unpack(signer.read(token, purpose=PHOTO_PURPOSE))
    if at.timestamp() >= expires:
        raise Forged
    return bytes(sha256).hex()
