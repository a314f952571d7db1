"""Standard Webhooks (standardwebhooks.com, 1.0): who sent these bytes, and when? Pure.

`webhook-signature` holds signatures apart by blanks: `v1a,` Ed25519 (anybody who has the public key can check it) and
`v1,` HMAC-SHA256 (whoever checks it could have made it). Each signs `<webhook-id>.<webhook-timestamp>.<body>`.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE: Final = timedelta(minutes=5)
"""How far the sender's clock may be from the receiver's: what is older may be a recording."""
SECRET, PUBLIC = "whsec_", "whpk_"
SECRET_BYTES: Final = range(24, 65)
SIGNATURES: Final = 16
"""No sender needs more; a receiver checks no more."""


class BadKey(ValueError):
    """This text is no key of that kind."""


class BadSignature(ValueError):
    """These bytes are not from there, or not from now. The text says why, in Chinese."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """What a sender signs with. `secret` empty: no HMAC; `private` None: no Ed25519; neither: headers, unsigned."""

    private: Ed25519PrivateKey | None = field(default=None, repr=False)
    secret: bytes = field(default=b"", repr=False)

    def headers(self, *, message: str, at: datetime, body: bytes) -> dict[str, str]:
        """The three headers (two where nothing signs) for this message sent at this moment."""
        content = _content(message, str(int(at.timestamp())), body)
        signatures = []
        if self.private is not None:
            signatures.append("v1a," + base64.b64encode(self.private.sign(content)).decode())
        if self.secret:
            signatures.append("v1," + base64.b64encode(_hmac(self.secret, content)).decode())
        told = {ID: message, TIMESTAMP: str(int(at.timestamp()))}
        return told | ({SIGNATURE: " ".join(signatures)} if signatures else {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whom a receiver believes. With a public key only Ed25519 counts; else HMAC."""

    public: Ed25519PublicKey | None = None
    secret: bytes = field(default=b"", repr=False)

    @classmethod
    def read(cls, *, public: str = "", secret: str = "") -> Self:
        """From an operator's texts, `whpk_…` and `whsec_…`. Raises BadKey."""
        return cls(public=public_key(public) if public else None, secret=secret_key(secret) if secret else b"")

    def __bool__(self) -> bool:
        return self.public is not None or bool(self.secret)

    def check(self, headers: Mapping[str, str], *, body: bytes, at: datetime) -> str:
        """The message's id, if somebody believed sent it within `TOLERANCE` of `at`. Raises BadSignature.

        `headers` by lower-case names.
        """
        message, stamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        if not message or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise BadSignature("缺少 webhook-id 或 webhook-timestamp")
        try:
            away = abs(at - datetime.fromtimestamp(int(stamp), UTC))
        except (ValueError, OverflowError, OSError):  # a year that no calendar has
            away = timedelta.max
        if away > TOLERANCE:
            raise BadSignature("webhook-timestamp 与本机时间相差过大")
        return self.check_ever(headers, body=body)

    def check_ever(self, headers: Mapping[str, str], *, body: bytes) -> str:
        """The same for a message that was sent at any time: whoever kept it gives it back. Raises BadSignature."""
        message, stamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        content = _content(message, stamp, body)
        for said in headers.get(SIGNATURE, "").split(" ")[:SIGNATURES]:
            version, _comma, text = said.partition(",")
            if self._holds(version, text, content):
                return message
        raise BadSignature("没有可信的签名")

    def _holds(self, version: str, text: str, content: bytes) -> bool:
        try:
            signature = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return False
        if self.public is None:
            return version == "v1" and bool(self.secret) and hmac.compare_digest(signature, _hmac(self.secret, content))
        if version != "v1a":
            return False
        try:
            self.public.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def public_text(private: Ed25519PrivateKey) -> str:
    """What the receiver's operator is given: `whpk_` and 32 bytes in base64."""
    return PUBLIC + base64.b64encode(private.public_key().public_bytes_raw()).decode()


def public_key(text: str) -> Ed25519PublicKey:
    """The key that `public_text` spells. Raises BadKey."""
    try:
        return Ed25519PublicKey.from_public_bytes(_decoded(text, PUBLIC))
    except ValueError as error:
        raise BadKey(f"{PUBLIC}…: 32 bytes in base64") from error


def secret_key(text: str) -> bytes:
    """The secret that both sides hold: `whsec_` and 24 to 64 bytes in base64. Raises BadKey."""
    secret = _decoded(text, SECRET)
    if len(secret) not in SECRET_BYTES:
        raise BadKey(f"{SECRET}…: 24 to 64 bytes in base64")
    return secret


def _decoded(text: str, prefix: str) -> bytes:
    try:
        if not text.startswith(prefix):
            raise ValueError(prefix)
        return base64.b64decode(text.removeprefix(prefix), validate=True)
    except ValueError as error:
        raise BadKey(f"{prefix}… in base64") from error


def _content(message: str, stamp: str, body: bytes) -> bytes:
    return f"{message}.{stamp}.".encode() + body


def _hmac(secret: bytes, content: bytes) -> bytes:
    return hmac.digest(secret, content, hashlib.sha256)
