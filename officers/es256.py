"""ECDSA on P-256 with SHA-256 (ES256), as COSE (RFC 9053 §2.1) and JOSE (RFC 7518 §3.4) write it. Pure.

One message has one signature: signing is deterministic (RFC 6979), s is in the lower half, and a signature with the
other s is refused, though it satisfies the curve's equation too.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

COSE_ALG, JOSE_ALG = -7, "ES256"
COORDINATE_BYTES, SIGNATURE_BYTES, KID_BYTES = 32, 64, 8
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""n, the number of points on P-256 (SEC 2)."""
_SIGNING = ECDSA(SHA256(), deterministic_signing=True)
_CHECKING = ECDSA(SHA256())


@dataclass(frozen=True)
class Es256Signer:
    """A private key in this process's memory; an IssuerSigner, and what a phone's key does."""

    key: EllipticCurvePrivateKey = field(repr=False)
    alg = COSE_ALG
    jose_alg = JOSE_ALG

    @cached_property
    def public(self) -> "Es256Verifier":
        return Es256Verifier(self.key.public_key())

    def private_jwk(self) -> dict[str, str]:
        """With `d`: for keys that are made here to be given away (the demo's phones, test vectors)."""
        return {**self.public.jwk(), "d": _base64url(self.key.private_numbers().private_value)}

    @cached_property
    def kid(self) -> bytes:
        """See `kid_of`."""
        return kid_of(self.public.jwk())

    def sign(self, message: bytes) -> bytes:
        """See IssuerSigner."""
        r, s = decode_dss_signature(self.key.sign(message, _SIGNING))
        return r.to_bytes(COORDINATE_BYTES) + min(s, ORDER - s).to_bytes(COORDINATE_BYTES)


@dataclass(frozen=True)
class Es256Verifier:
    """A public key on P-256."""

    key: EllipticCurvePublicKey

    @classmethod
    def from_point(cls, x: bytes, *, y_is_odd: bool) -> "Es256Verifier":
        """The key whose point has this x and the y of this parity. Raises ValueError where the curve has none."""
        return cls(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), (b"\x03" if y_is_odd else b"\x02") + x))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, str]) -> "Es256Verifier":
        """The key of a public JWK. Raises ValueError off the curve."""
        x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=")) for name in "xy")
        return cls(EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key())

    @property
    def point(self) -> tuple[bytes, bool]:
        """x, and whether y is odd."""
        numbers = self.key.public_numbers()
        return numbers.x.to_bytes(COORDINATE_BYTES), bool(numbers.y & 1)

    def jwk(self) -> dict[str, str]:
        """The four members that RFC 7517 wants of a public key."""
        numbers = self.key.public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _base64url(numbers.x), "y": _base64url(numbers.y)}

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """See Verifier."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = (int.from_bytes(half) for half in (signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]))
        if not (0 < r < ORDER and 0 < s <= ORDER // 2):
            return False
        try:
            self.key.verify(encode_dss_signature(r, s), message, _CHECKING)
        except InvalidSignature:
            return False
        return True


def kid_of(jwk: Mapping[str, str]) -> bytes:
    """What names a key: the first 8 bytes of its thumbprint (RFC 7638, SHA-256)."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()[:KID_BYTES]


def kid_text(kid: bytes) -> str:
    """The same name as JSON carries it: base64url, 11 characters."""
    return base64.urlsafe_b64encode(kid).rstrip(b"=").decode()


def _base64url(coordinate: int) -> str:
    return base64.urlsafe_b64encode(coordinate.to_bytes(COORDINATE_BYTES)).rstrip(b"=").decode()
