"""The day credential (日证): who holds a phone, signed by the issuer for at most twelve hours. Pure.

A COSE_Sign1 whose payload is a CWT (RFC 8392) with the phone's key as `cnf` (RFC 8747), small enough for a QR code.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import cbor2

from officers import cose, strict_cbor
from officers.cose import Sign1
from officers.es256 import COORDINATE_BYTES
from officers.issuer import IssuerSigner

EXP, IAT, CNF, COSE_KEY, HOLDER = 4, 6, 8, 1, -65537
LONGEST_LIFE = 12 * 3600
"""Seconds; a credential that lives longer is refused, whoever signed it."""
MOST_BYTES = 349
"""Of a presentation: with `LZ1:` 528 characters, what a QR code of version 14-M holds."""
LEAST_NAME_BYTES = 9
PHOTO_BYTES = 16
CUT = "…"
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_EC2, _P256 = 2, 1
_PAYLOAD, _ENVELOPE, _AROUND = 63, 82, 119
"""Bytes of a payload beside the holder, of the COSE_Sign1 around it with a kid, and what a presentation adds to a
credential of up to 255 bytes; one more where it is longer."""


class NameDoesNotFit(ValueError):
    """Agency code and certificate number leave less than nine bytes for a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Whom it names. `photo`: the first 16 bytes of the picture's SHA-256, none without a picture.

    `status_index`: the place in the issuer's status list that says whether this has been taken back.
    """

    name: str
    agency_code: str
    certificate_no: str
    photo: bytes
    status_index: int

    def told(self) -> list[Any]:
        return [self.name, self.agency_code, self.certificate_no, self.photo, self.status_index]

    def size(self) -> int:
        """Bytes of its CBOR. A place of less than five bytes is counted as five."""
        texts = (self.name, self.agency_code, self.certificate_no)
        return 1 + sum(string_size(len(text.encode())) for text in texts) + string_size(len(self.photo)) + 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """What a credential says, as it stands there: nothing is proved yet. Times in seconds since 1970.

    `x` and `y_is_odd`: the phone's public key, a point on P-256.
    """

    holder: Holder
    issued_at: int
    expires_at: int
    x: bytes
    y_is_odd: bool
    signed: Sign1 = field(repr=False)

    @property
    def kid(self) -> bytes:
        """Which of the issuer's keys signed it."""
        return cast(bytes, self.signed.kid)


def make(*, holder: Holder, x: bytes, y_is_odd: bool, issued_at: int, expires_at: int, signer: IssuerSigner) -> bytes:
    """Sign a credential for the phone with this key. `holder`: as `fitted` made it."""
    payload = _payload(holder, x=x, y_is_odd=y_is_odd, issued_at=issued_at, expires_at=expires_at)
    return cose.make(payload, signer=signer, named=True)


def fitted(holder: Holder) -> Holder:
    """The same holder, the name cut so that a presentation fits a QR code of version 14-M. Raises NameDoesNotFit."""
    return cut(holder, _fits)


def cut(holder: Holder, fits: Callable[[Holder], bool]) -> Holder:
    """The same holder with a name that fits, whole or ending in …. Raises NameDoesNotFit."""
    if not fits(replace(holder, name="x" * LEAST_NAME_BYTES)):
        raise NameDoesNotFit
    shorter, left = holder, len(holder.name)
    while not fits(shorter):
        left -= 1
        shorter = replace(holder, name=holder.name[:left] + CUT)
    return shorter


def read(data: bytes) -> Credential:
    """Take it apart. Raises ValueError: not these bytes; Refused (wrong_algorithm)."""
    signed = cose.read(data)
    claims = strict_cbor.read(signed.payload)
    if signed.kid is None or not (isinstance(claims, dict) and claims.keys() == {EXP, IAT, CNF, HOLDER}):
        raise ValueError("other claims")
    issued_at, expires_at = seconds(claims[IAT]), seconds(claims[EXP])
    if not 0 < expires_at - issued_at <= LONGEST_LIFE:
        raise ValueError("no time, or too long a time")
    confirmation = claims[CNF]
    if not (isinstance(confirmation, dict) and confirmation.keys() == {COSE_KEY}):
        raise ValueError("no key")
    x, y_is_odd = _point(confirmation[COSE_KEY])
    return Credential(
        holder=read_holder(claims[HOLDER]),
        issued_at=issued_at,
        expires_at=expires_at,
        x=x,
        y_is_odd=y_is_odd,
        signed=signed,
    )


def read_holder(told: Any) -> Holder:
    """The five members. Raises ValueError."""
    if not (isinstance(told, list) and [type(one) for one in told] == [str, str, str, bytes, int]):
        raise ValueError("no holder")
    name, agency_code, certificate_no, photo, status_index = told
    if len(photo) not in {0, PHOTO_BYTES} or status_index < 0:
        raise ValueError("no photo's fingerprint, or no place in a list")
    return Holder(
        name=name, agency_code=agency_code, certificate_no=certificate_no, photo=photo, status_index=status_index
    )


def seconds(told: Any) -> int:
    """A moment or a number of steps, never negative. Raises ValueError."""
    if type(told) is not int or told < 0:
        raise ValueError("no moment")
    return told


def _point(told: Any) -> tuple[bytes, bool]:
    if not (isinstance(told, dict) and told.keys() == {_KTY, _CRV, _X, _Y}):
        raise ValueError("no key")
    x, y_is_odd = told[_X], told[_Y]
    # A bool equals a number in Python, hence the types.
    ordinary = type(told[_KTY]) is int and type(told[_CRV]) is int and (told[_KTY], told[_CRV]) == (_EC2, _P256)
    if not (ordinary and isinstance(x, bytes) and len(x) == COORDINATE_BYTES and isinstance(y_is_odd, bool)):
        raise ValueError("not a point on P-256 as x and the parity of y")
    return x, y_is_odd


def _payload(holder: Holder, *, x: bytes, y_is_odd: bool, issued_at: int, expires_at: int) -> bytes:
    """In the order of the keys' bytes, which is the deterministic one."""
    key = {_KTY: _EC2, _CRV: _P256, _X: x, _Y: y_is_odd}
    return cbor2.dumps({EXP: expires_at, IAT: issued_at, CNF: {COSE_KEY: key}, HOLDER: holder.told()})


def _fits(holder: Holder) -> bool:
    payload = _PAYLOAD + holder.size()
    size = _ENVELOPE + string_size(payload)
    return size + _AROUND + (size > 0xFF) <= MOST_BYTES


def string_size(length: int) -> int:
    """Bytes that a string of this many bytes takes, its head included."""
    return length + (1 if length < 24 else 2 if length < 256 else 3)
