"""Who appears in the vectors: keys, officers, one visit, one moment."""

import base64
import hashlib
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from officers import credential
from officers.credential import Holder
from officers.es256 import ORDER, Es256Signer
from officers.presentation import STEP, by_issuer, by_phone

NOW = 1_798_761_600 // STEP * STEP
"""1 January 2027, 08:00 in Shanghai: the beginning of a step."""
HOUR = 3600
CREDIT_CODE = "91110108551385082Q"
SCAN_ID = UUID("019b76da-a800-7000-8000-0123456789ab")
REVOKED = (9, 70_000)


def key(words: str) -> Es256Signer:
    """The private key that follows from these words."""
    secret = int.from_bytes(hashlib.sha256(words.encode()).digest()) % (ORDER - 1) + 1
    return Es256Signer(derive_private_key(secret, SECP256R1()))


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


ISSUER = (key("electronic-id issuer"), NOW - 30 * 24 * HOUR)
ISSUER_BEFORE = (key("electronic-id issuer before"), NOW - 400 * 24 * HOUR)
STRANGER = key("electronic-id stranger")
PHONE = key("electronic-id phone")
PHONE_EVEN = key("electronic-id phone even 3")

ZHANG_WEI = Holder(
    name="张伟",
    agency_code="130502-SCJG",
    certificate_no="13050200017",
    photo=hashlib.sha256(b"a picture of zhang wei").digest()[:16],
    status_index=7,
)


def day_credential(
    holder: Holder = ZHANG_WEI,
    *,
    phone: Es256Signer = PHONE,
    issued_at: int = NOW - HOUR,
    life: int = 12 * HOUR,
    signer: Es256Signer = ISSUER[0],
) -> bytes:
    x, y_is_odd = phone.public.point
    return credential.make(
        holder=holder, x=x, y_is_odd=y_is_odd, issued_at=issued_at, expires_at=issued_at + life, signer=signer
    )


def shown(data: bytes | None = None, *, phone: Es256Signer = PHONE, at: int = NOW, **visit: Any) -> str:
    """What a phone shows in the step of `at`, at the visit."""
    told = {"scan_id": SCAN_ID, "credit_code": CREDIT_CODE, **visit}
    return by_phone(
        credential=data if data is not None else day_credential(phone=phone), step=at // STEP, key=phone, **told
    )


def shown_by_issuer(holder: Holder = ZHANG_WEI, *, at: int = NOW, signer: Es256Signer = ISSUER[0], **visit: Any) -> str:
    """What a phone without a key shows, from `at` on."""
    told = {"scan_id": SCAN_ID, "credit_code": CREDIT_CODE, **visit}
    return by_issuer(holder=holder, issued_at=at, signer=signer, **told)
