"""The presentation (出示): what the officer's screen shows as a QR code, at one visit, now. Pure.

By the phone's own key over its day credential, renewed every 15 seconds; or, for a phone without a key, signed by the
issuer for 60 seconds. `LZ1:` and base45 of a COSE_Sign1; the two are told apart by the `kid` in its header.
"""

from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

import cbor2

from officers import base45, cose, strict_cbor
from officers.cose import Sign1
from officers.credential import EXP, HOLDER, IAT, MOST_BYTES, Credential, Holder, cut, read_holder, seconds, string_size
from officers.credential import read as read_credential
from officers.issuer import IssuerSigner

PREFIX = "LZ1:"
LONGEST_TEXT = 700
STEP = 15
"""Seconds after which a phone signs anew."""
SERVER_LIFE = 60
"""Seconds that a presentation signed by the issuer lives."""
SHOWN = -65538
SCAN_ID_BYTES, CREDIT_CODE_BYTES = 16, 18
_CLAIMS, _ENVELOPE = 60, 82
"""Bytes of what the issuer signs beside the holder, and of the COSE_Sign1 around it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ByPhone:
    """Signed with the phone's key in step `step`, each of 15 seconds since 1970. Nothing is proved yet."""

    credential: Credential
    scan_id: UUID
    credit_code: str
    step: int
    signed: Sign1 = field(repr=False)

    @property
    def holder(self) -> Holder:
        return self.credential.holder


@dataclass(frozen=True, kw_only=True, slots=True)
class ByIssuer:
    """Signed by the issuer at `issued_at`, seconds since 1970. Nothing is proved yet."""

    holder: Holder
    scan_id: UUID
    credit_code: str
    issued_at: int
    expires_at: int
    signed: Sign1 = field(repr=False)


Presentation: TypeAlias = ByPhone | ByIssuer


def by_phone(*, credential: bytes, scan_id: UUID, credit_code: str, step: int, key: IssuerSigner) -> str:
    """What a phone with this key shows in this step."""
    payload = cbor2.dumps([credential, scan_id.bytes, credit_code, step])
    return written(cose.make(payload, signer=key, named=False))


def by_issuer(*, holder: Holder, scan_id: UUID, credit_code: str, issued_at: int, signer: IssuerSigner) -> str:
    """What a phone without a key shows. `holder`: as `fitted` made it."""
    payload = _claims(holder, scan_id=scan_id, credit_code=credit_code, issued_at=issued_at)
    return written(cose.make(payload, signer=signer, named=True))


def fitted(holder: Holder) -> Holder:
    """The same holder, the name cut so that what the issuer signs fits a QR code of version 14-M.

    Raises NameDoesNotFit.
    """
    return cut(holder, _fits)


def _fits(holder: Holder) -> bool:
    return _ENVELOPE + string_size(_CLAIMS + holder.size()) <= MOST_BYTES


def _claims(holder: Holder, *, scan_id: UUID, credit_code: str, issued_at: int) -> bytes:
    """In the order of the keys' bytes, which is the deterministic one."""
    claims = {
        EXP: issued_at + SERVER_LIFE,
        IAT: issued_at,
        HOLDER: holder.told(),
        SHOWN: [scan_id.bytes, credit_code],
    }
    return cbor2.dumps(claims)


def written(data: bytes) -> str:
    return PREFIX + base45.encode(data)


def read(text: str) -> Presentation:
    """Take it apart. Raises ValueError: not this text; Refused (wrong_algorithm)."""
    if len(text) > LONGEST_TEXT or not text.startswith(PREFIX):
        raise ValueError("too long, or another kind of text")
    signed = cose.read(base45.decode(text[len(PREFIX) :]))
    said = strict_cbor.read(signed.payload)
    return _by_phone(signed, said) if signed.kid is None else _by_issuer(signed, said)


def _by_phone(signed: Sign1, said: strict_cbor.Value) -> ByPhone:
    if not (isinstance(said, list) and len(said) == 4 and isinstance(said[0], bytes)):
        raise ValueError("no credential, visit and time")
    scan_id, credit_code = _visit(said[1:3])
    return ByPhone(
        credential=read_credential(said[0]),
        scan_id=scan_id,
        credit_code=credit_code,
        step=seconds(said[3]),
        signed=signed,
    )


def _by_issuer(signed: Sign1, said: strict_cbor.Value) -> ByIssuer:
    if not (isinstance(said, dict) and said.keys() == {EXP, IAT, HOLDER, SHOWN}):
        raise ValueError("other claims")
    issued_at, expires_at = seconds(said[IAT]), seconds(said[EXP])
    if expires_at - issued_at != SERVER_LIFE:
        raise ValueError("another life than a minute")
    scan_id, credit_code = _visit(said[SHOWN])
    return ByIssuer(
        holder=read_holder(said[HOLDER]),
        scan_id=scan_id,
        credit_code=credit_code,
        issued_at=issued_at,
        expires_at=expires_at,
        signed=signed,
    )


def _visit(told: strict_cbor.Value) -> tuple[UUID, str]:
    match told:
        case [bytes() as scan_id, str() as credit_code]:
            pass
        case _:
            raise ValueError("no visit")
    if len(scan_id) != SCAN_ID_BYTES or len(credit_code.encode()) != CREDIT_CODE_BYTES:
        raise ValueError("an id or a credit code of another length")
    return UUID(bytes=scan_id), credit_code
