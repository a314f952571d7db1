"""In whose name electronic IDs are signed, and how anybody checks it: one small interface. Pure.

Other than `officers.signing`, whose tokens only this house reads, these signatures are checked by strangers with a
published key. An HSM, or SM2 (密评), stands behind IssuerSigner; readers must then know its algorithm too.
"""

from dataclasses import dataclass
from typing import Protocol


class IssuerSigner(Protocol):
    """A private key, wherever it is kept. `alg`: COSE's number of its algorithm; `kid`: 8 bytes that name the key."""

    @property
    def alg(self) -> int: ...

    @property
    def jose_alg(self) -> str:
        """JOSE's name of the same algorithm, for the status list's JWT."""

    @property
    def kid(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`, as COSE and JOSE write it (ES256: r ‖ s, 64 bytes, s in the lower half)."""


class Verifier(Protocol):
    """A public key."""

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Is this signature over this message by the private half? Never raises."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A published key. `usable_from`: seconds since 1970; what claims to be signed earlier was not signed with it."""

    verifier: Verifier
    usable_from: int
