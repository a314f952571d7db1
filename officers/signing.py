"""Short URL-safe tokens that only this house can make, behind one small interface.

An operator who must sign with SM2 or SM3 (密评) writes another Signer; nobody else changes.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Protocol, Self

MAC_BYTES = 16
VERSION = "1"


class Forged(ValueError):
    """This token was not made here, not for this purpose, or was altered."""


class Signer(Protocol):
    """`purpose` separates what is signed: an electronic ID's token opens no photo."""

    def sign(self, payload: bytes, *, purpose: str) -> str:
        """The token that carries `payload` in clear, as RFC 3986 unreserved characters."""

    def read(self, token: str, *, purpose: str) -> bytes:
        """The payload of a token made by `sign` for this purpose. Raises Forged for anything else."""

    def digits(self, text: str, *, count: int) -> str:
        """Decimal digits that follow from a text, and cannot be known without the key."""


@dataclass(frozen=True, slots=True)
class HmacSigner:
    """HMAC-SHA-256 cut to 128 bits. The first key signs; the others, retired, are still read (key rotation)."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_secrets(cls, secret: str, *retired: str) -> Self:
        """Keys that serve here only, derived from secrets that have other uses too."""
        return cls(tuple(hashlib.sha256(b"officers.signing:" + text.encode()).digest() for text in (secret, *retired)))

    def sign(self, payload: bytes, *, purpose: str) -> str:
        """`1` and base64url of MAC ‖ payload, without padding: 22 characters and four for three payload bytes."""
        mac = _mac(self.keys[0], payload, purpose)
        return VERSION + base64.urlsafe_b64encode(mac + payload).rstrip(b"=").decode()

    def read(self, token: str, *, purpose: str) -> bytes:
        """See Signer. The spelling is strict: one payload has one token."""
        try:
            raw = base64.b64decode(token[1:] + "=" * (-len(token[1:]) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Forged from error
        mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
        genuine = any(hmac.compare_digest(mac, _mac(key, payload, purpose)) for key in self.keys)
        if not genuine or token != VERSION + base64.urlsafe_b64encode(raw).rstrip(b"=").decode():
            raise Forged
        return payload

    def digits(self, text: str, *, count: int) -> str:
        """See Signer. Evenly spread to within 10^count / 2^128."""
        number = int.from_bytes(_mac(self.keys[0], text.encode(), "digits"))
        return f"{number % 10**count:0{count}d}"


def _mac(key: bytes, payload: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\x00" + payload, "sha256")[:MAC_BYTES]
