"""The electronic ID (电子亮证): what the officer's screen shows at the door, and what its QR code proves.

Making one costs no database statement: everything it says is in the token or read when the token is opened.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from officers.policy import OfficerPolicy
from officers.rules import Caller, certificate_state
from officers.signing import Forged, Signer

PURPOSE = "electronic-id"
PHOTO_PURPOSE = "photo"
MATCH_DIGITS = 6
_HEAD = struct.Struct(">IIII")  # device, officer, issued and expires in seconds since 1970
_PHOTO = struct.Struct(">I32s")  # expires in seconds since 1970, SHA-256


class ElectronicId(TypedDict):
    """The contract's `electronic_id`. Dates are Asia/Shanghai days, moments RFC 3339 in UTC, both as text.

    `photo`: an address that works for `policy.photo_lifetime`, null for an officer without one. `state`: a
    CertificateState. `certified`: holds an inspection certificate; else `certificate_no` is a staff number, and the
    screen must not call its holder an officer. `match_code`: six digits that the page behind `url` shows too, and in a
    visit every other screen of this officer.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a genuine token says. `visit` is the visit's number, None outside a visit. `device_id`: the phone
    that shows it; 0 in a token that an older version of the house made."""

    officer_id: int
    device_id: int
    visit: str | None
    issued_at: datetime
    expires_at: datetime


def issue(
    *, caller: Caller, visit: str | None, at: datetime, policy: OfficerPolicy, signer: Signer, base_url: str
) -> ElectronicId:
    """A fresh electronic ID for this officer at `at`, good for `policy.electronic_id_lifetime`.

    An officer whose certificate is not valid gets one too: its page says so.
    """
    expires_at = at + policy.electronic_id_lifetime
    head = _HEAD.pack(caller.device_id, caller.officer_id, int(at.timestamp()), int(expires_at.timestamp()))
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
        certified=caller.certified,
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
    try:
        device_id, officer_id, issued, expires = _HEAD.unpack_from(payload)
        visit = payload[_HEAD.size :].decode()
    except (struct.error, UnicodeDecodeError) as error:  # ours, of another version
        raise Forged from error
    return Shown(
        officer_id=officer_id,
        device_id=device_id,
        visit=visit or None,
        issued_at=datetime.fromtimestamp(issued, UTC),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def read_living(token: str, *, at: datetime, signer: Signer) -> Shown:
    """What does this token say, while its time is not over? Raises Forged: an old address is no way to look a person
    up."""
    shown = read(token, signer=signer)
    if at >= shown.expires_at:
        raise Forged
    return shown


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
    try:
        expires, sha256 = _PHOTO.unpack(signer.read(token, purpose=PHOTO_PURPOSE))
    except struct.error as error:  # ours, of another version
        raise Forged from error
    if at.timestamp() >= expires:
        raise Forged
    return bytes(sha256).hex()
