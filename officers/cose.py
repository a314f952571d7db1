"""COSE_Sign1 (RFC 9052 §4.2), untagged: [protected, {}, payload, signature]. Pure."""

from dataclasses import dataclass, field
from functools import lru_cache

import cbor2

from officers import strict_cbor
from officers.es256 import COSE_ALG, KID_BYTES, SIGNATURE_BYTES
from officers.issuer import IssuerSigner, Verifier
from officers.reasons import Reason, Refused

ALG, KID = 1, 4
"""Header parameters (RFC 9052 §3.1)."""
_PARTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Sign1:
    """What was signed and the signature, as they stand there: nothing is proved yet. `kid` None: by a phone's key."""

    kid: bytes | None
    payload: bytes
    protected: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def signed_by(self, verifier: Verifier) -> bool:
        return verifier.verifies(_signed_bytes(self.protected, self.payload), self.signature)

    def written(self) -> bytes:
        """The bytes that were read: there is only one way to write them."""
        return assembled(self.protected, self.payload, self.signature)


def make(payload: bytes, *, signer: IssuerSigner, named: bool) -> bytes:
    """Sign this payload. `named`: the protected header carries the key's `kid`."""
    protected = _header(signer.alg, signer.kid if named else None)
    return assembled(protected, payload, signer.sign(_signed_bytes(protected, payload)))


def assembled(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The four parts as one run of bytes, by hand as cbor2 writes them: that takes a quarter of a signature's time."""
    return b"\x84" + _string(protected) + b"\xa0" + _string(payload) + _string(signature)


def read(data: bytes) -> Sign1:
    """Take it apart. Raises ValueError: not these bytes; Refused (wrong_algorithm): another algorithm than ES256."""
    parts = strict_cbor.read(data)
    if not (isinstance(parts, list) and len(parts) == _PARTS):
        raise ValueError("not a COSE_Sign1")
    protected, unprotected, payload, signature = parts
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise ValueError("a part of another type")
    if unprotected != {}:
        raise ValueError("an unprotected header")
    header = strict_cbor.read(protected)
    if not (isinstance(header, dict) and {ALG} <= header.keys() <= {ALG, KID}):
        raise ValueError("a header without an algorithm, or with more than that and a key's name")
    alg, kid = header[ALG], header.get(KID)
    if not isinstance(alg, int | str) or isinstance(alg, bool):
        raise ValueError("an algorithm is a number or a name")
    if kid is not None and not (isinstance(kid, bytes) and len(kid) == KID_BYTES):
        raise ValueError("a key's name of another length")
    if alg != COSE_ALG:
        raise Refused(Reason.WRONG_ALGORITHM)
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError("a signature of another length")
    return Sign1(kid=kid, payload=payload, protected=protected, signature=signature)


def _signed_bytes(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure (RFC 9052 §4.4), without further authenticated data."""
    return b"\x84\x6aSignature1" + _string(protected) + b"\x40" + _string(payload)


@lru_cache(maxsize=16)
def _header(alg: int, kid: bytes | None) -> bytes:
    header: dict[int, int | bytes] = {ALG: alg} if kid is None else {ALG: alg, KID: kid}
    return cbor2.dumps(header)


def _string(data: bytes) -> bytes:
    """A byte string of less than 65,536 bytes, with the shortest head."""
    length = len(data)
    if length < 24:
        return bytes((0x40 + length,)) + data
    return (b"\x58" + length.to_bytes(1) if length < 256 else b"\x59" + length.to_bytes(2)) + data
