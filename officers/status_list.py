"""The issuer's word on what has been taken back: a Token Status List (IETF draft-ietf-oauth-status-list). Pure.

A signed JWT, one bit a place; 1 is taken back.
"""

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any

from officers.es256 import kid_text
from officers.issuer import IssuerSigner

TYPE = "statuslist+jwt"
MEDIA_TYPE = "application/statuslist+jwt"
BITS = 1
ROOM = 1024
"""Places beyond the last one given out, so that a phone that gets one within the list's life stands on it."""


def bits(taken_back: Iterable[int], *, last: int) -> bytes:
    """The first place in the lowest bit of the first byte; `last`: the greatest place that was given out."""
    found = bytearray((last + ROOM) // 8 + 1)
    for place in taken_back:
        found[place >> 3] |= 1 << (place & 7)
    return bytes(found)


def token(listed: bytes, *, address: str, issued_at: int, ttl: int, signer: IssuerSigner) -> str:
    """The list as anybody may fetch it at `address`; to be believed for `ttl` seconds."""
    header = {"alg": signer.jose_alg, "kid": kid_text(signer.kid), "typ": TYPE}
    claims = {
        "sub": address,
        "iat": issued_at,
        "exp": issued_at + ttl,
        "ttl": ttl,
        "status_list": {"bits": BITS, "lst": _base64url(zlib.compress(listed, 9))},
    }
    signed = f"{_json(header)}.{_json(claims)}"
    return f"{signed}.{_base64url(signer.sign(signed.encode()))}"


def _json(value: dict[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
