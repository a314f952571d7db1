"""COSE_Sign1 (RFC 9052 §4.2), untagged: [protected, {}, payload, signature]. Pure."""

from dataclasses import dataclass, field

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
    header: dict[int, int | bytes] = {ALG: signer.alg, KID: signer.kid} if named else {ALG: signer.alg}
    protected = cbor2.dumps(header)
    return assembled(protected, payload, signer.sign(_signed_bytes(protected, payload)))


def assembled(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The four parts as one run of bytes."""
    return cbor2.dumps([protected, {}, payload, signature])


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
    return cbor2.dumps(["Signature1", protected, b"", payload])
