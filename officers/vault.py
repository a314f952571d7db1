"""Private keys at rest: sealed with AES-256-GCM under a key that follows from the operator's secret. Pure."""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE_BYTES = 12


class Unopenable(ValueError):
    """Sealed with a secret that is not at hand, for another key, or altered."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The first secret seals; all of them open, so that a secret can be replaced."""

    secrets: tuple[str, ...] = field(repr=False)

    def seal(self, private: bytes, *, about: bytes) -> bytes:
        """`about` stays in clear elsewhere (the key's name): what is moved beside another name does not open."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + _cipher(self.secrets[0]).encrypt(nonce, private, VERSION + about)

    def open(self, sealed: bytes, *, about: bytes) -> bytes:
        """What `seal` was given. Raises Unopenable."""
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] == VERSION and len(nonce) == NONCE_BYTES:
            for secret in self.secrets:
                try:
                    return _cipher(secret).decrypt(nonce, rest, VERSION + about)
                except InvalidTag:
                    continue
        raise Unopenable("no secret at hand opens this key")


def _cipher(secret: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"officers.vault").derive(secret.encode())
    return AESGCM(derived)
