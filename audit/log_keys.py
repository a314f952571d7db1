"""The keys with which a log signs: Ed25519 and ECDSA P-256, in one PEM file of the operator's."""

import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from audit.note import COSIGNATURE, ED25519, Verifier, ecdsa_verifier

FILING = b"ruqi-saoma:filing:ed25519:1"
"""What the key of letters is drawn for."""
OWNER_ONLY = 0o600
_END = "-----END PRIVATE KEY-----"
# The order of P-256's base point, less one: a derived secret is taken modulo this and raised by one.
_P256_SECRETS = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - 1


class BadLogKeys(ValueError):
    """The file does not hold one Ed25519 and one P-256 private key."""


@lru_cache(maxsize=64)
def _public(name: str, kind: int, private: Ed25519PrivateKey) -> Verifier:
    """Every scan is promised under the same few keys: taking the public half costs as much as signing."""
    return Verifier(name, kind, private.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class EdwardsKey:
    """A NoteKey over Ed25519, for notes (`kind` ED25519) or cosignatures."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)
    kind: int = ED25519

    @property
    def verifier(self) -> Verifier:
        return _public(self.name, self.kind, self.private)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class P256Key:
    """A NoteKey over ECDSA P-256 with SHA-256; its signatures are DER."""

    name: str
    private: EllipticCurvePrivateKey = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        return ecdsa_verifier(self.name, self.private.public_key())

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message, ECDSA(SHA256()))


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Both private keys. An HSM stands behind the same two methods."""

    edwards: Ed25519PrivateKey = field(repr=False)
    p256: EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def made(cls) -> Self:
        """Fresh ones."""
        return cls(Ed25519PrivateKey.generate(), generate_private_key(SECP256R1()))

    @classmethod
    def derived(cls, secret: str) -> Self:
        """From a secret, always the same: for houses whose record proves nothing (demo, test)."""
        edwards = hashlib.sha256(b"audit.log_keys:ed25519:" + secret.encode()).digest()
        p256 = hashlib.sha512(b"audit.log_keys:p256:" + secret.encode()).digest()
        return cls(
            Ed25519PrivateKey.from_private_bytes(edwards),
            derive_private_key(int.from_bytes(p256) % _P256_SECRETS + 1, SECP256R1()),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """From the operator's file. Raises BadLogKeys, also where it cannot be read."""
        try:
            text = path.read_text(encoding="ascii")
            keys = [load_pem_private_key(f"{part}{_END}\n".encode(), None) for part in text.split(_END)[:-1]]
        except (OSError, ValueError) as error:
            raise BadLogKeys(f"{path}: {error}") from error
        edwards = [one for one in keys if isinstance(one, Ed25519PrivateKey)]
        p256 = [one for one in keys if isinstance(one, EllipticCurvePrivateKey) and isinstance(one.curve, SECP256R1)]
        if (len(keys), len(edwards), len(p256)) != (2, 1, 1):
            raise BadLogKeys(f"{path}: one Ed25519 and one P-256 private key are wanted")
        return cls(edwards[0], p256[0])

    def pem(self) -> str:
        """The file's text. It is the operator's secret."""
        return "".join(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            for key in (self.edwards, self.p256)
        )

    def write(self, path: Path) -> None:
        """A new file that only its owner reads. One that is there already is never overwritten: what its keys have
        signed could not be continued. Raises OSError."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="ascii") as out:
            out.write(self.pem())

    def note_keys(self, name: str) -> tuple[EdwardsKey, P256Key]:
        """As the log of this name signs its checkpoints."""
        return EdwardsKey(name, self.edwards), P256Key(name, self.p256)

    def promise_key(self, name: str) -> EdwardsKey:
        """As the log promises (audit/promise.py): Ed25519 alone, whose signature of one text is always the same."""
        return EdwardsKey(f"{name}/promise", self.edwards)

    def filing_key(self) -> Ed25519PrivateKey:
        """As letters to platforms are signed (audit/webhook.py).

        A key of its own, drawn from the Ed25519 one by HKDF: one file to keep, and no letter's bytes can ever pass for
        a checkpoint or a promise.
        """
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=FILING).derive(self.edwards.private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(seed)

    def witness_key(self, name: str) -> EdwardsKey:
        """As a witness of this name cosigns."""
        return EdwardsKey(name, self.edwards, COSIGNATURE)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPolicy:
    """Which name do the logs bear (the first one with `/1` behind it), and which keys sign? Without keys none does."""

    origin: str
    keys: LogKeys | None


def log_keys(path: str, *, secret: str) -> LogKeys | None:
    """The keys of the operator's file; without a file those derived from `secret`, without either none.

    Raises BadLogKeys.
    """
    if path:
        return LogKeys.read(Path(path))
    return LogKeys.derived(secret) if secret else None
