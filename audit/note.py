"""Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and cosignatures (tlog-cosignature). Pure.

A note is text and, after an empty line, one line a signature: `— <name> base64(4 bytes of key id ‖ signature)`. Ours
carry an Ed25519 line and an ECDSA P-256 line, so that a reader needs only one of the two algorithms.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from audit.merkle import HASH_BYTES

ED25519: Final = 0x01
ECDSA_SHA256: Final = 0x02
COSIGNATURE: Final = 0x04
MOST_BYTES: Final = 65_536
MOST_SIGNATURES: Final = 64
_SIGNATURE_BYTES: Final = 64
_DASH: Final = "— "


class BadNote(ValueError):
    """This is not a note, or no key that we trust has signed it."""


class NoteKey(Protocol):
    """What signs notes. An HSM, or SM2 under a signature type of its own, can stand behind it."""

    @property
    def verifier(self) -> "Verifier":
        """Its public half."""

    def sign(self, message: bytes) -> bytes:
        """The signature of its type over the message."""


@lru_cache(maxsize=256)
def _key_id(name: str, kind: int, material: bytes) -> bytes:
    named = b"" if kind == ECDSA_SHA256 else name.encode() + b"\n" + bytes([kind])
    return hashlib.sha256(named + material).digest()[:4]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name. `material`: 32 bytes for Ed25519 and cosignatures, SPKI in DER for ECDSA."""

    name: str
    kind: int
    material: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes. For ECDSA the cut SHA-256 of the SPKI alone, as transparency-dev/witness has it."""
        return _key_id(self.name, self.kind, self.material)

    def vkey(self) -> str:
        """`<name>+<key id in hex>+base64(kind ‖ key)`, the form in which operators exchange keys."""
        return f"{self.name}+{self.key_id.hex()}+{_text(bytes([self.kind]) + self.material)}"

    @classmethod
    def of(cls, vkey: str) -> Self:
        """Read a vkey. Raises BadNote."""
        parts = vkey.split("+", 2)
        if len(parts) != 3 or not _is_name(parts[0]):
            raise BadNote("not a vkey")
        raw = _bytes(parts[2])
        one = cls(parts[0], raw[0] if raw else 0, raw[1:])
        if one.kind not in {ED25519, ECDSA_SHA256, COSIGNATURE} or one.key_id.hex() != parts[1]:
            raise BadNote("not a vkey")
        return one

    def accepts(self, signature: bytes, *, message: bytes) -> bool:
        """Has this key signed the message?"""
        try:
            if self.kind == ECDSA_SHA256:
                key = load_der_public_key(self.material)
                if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
                    return False
                key.verify(signature, message, ECDSA(SHA256()))
            else:
                Ed25519PublicKey.from_public_bytes(self.material).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def ecdsa_verifier(name: str, key: EllipticCurvePublicKey) -> Verifier:
    """The Verifier of a P-256 key."""
    return Verifier(name, ECDSA_SHA256, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `value`: what stands after the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {_text(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a line end, and its signatures in the order of the file."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def of(cls, data: str) -> Self:
        """Read a note. Raises BadNote. Whether anybody trusted has signed it is `signed_by`'s question."""
        if len(data.encode()) > MOST_BYTES or any(sign < " " and sign != "\n" for sign in data):
            raise BadNote("too long, or with control characters")
        text, gap, tail = data.rpartition("\n\n")
        lines = tail.split("\n")
        if not gap or not text or lines[-1] or not 2 <= len(lines) <= MOST_SIGNATURES + 1:
            raise BadNote("no text, or no signatures")
        return cls(text + "\n", tuple(_signature(line) for line in lines[:-1]))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(one.line() for one in self.signatures)

    def signed_by(self, verifiers: Iterable[Verifier]) -> list[Verifier]:
        """Which of these keys have signed the text? Raises BadNote if one's signature is wrong, or there is none."""
        known = {(one.name, one.key_id): one for one in verifiers}
        found = [(known[key], one) for one in self.signatures if (key := (one.name, one.key_id)) in known]
        for verifier, signature in found:
            if not _holds(verifier, signature, text=self.text):
                raise BadNote(f"the signature of {verifier.name} does not hold")
        if not found:
            raise BadNote("nobody we know has signed this")
        return [verifier for verifier, _signature in found]

    def with_lines(self, lines: Iterable[Signature]) -> "Note":
        """The same text with further signatures."""
        return Note(self.text, (*self.signatures, *(one for one in lines if one not in self.signatures)))


def signature_lines(text: str) -> list[Signature]:
    """The lines that a witness answers. Raises BadNote."""
    lines = text.split("\n")
    if lines[-1] or not 2 <= len(lines) <= MOST_SIGNATURES + 1:
        raise BadNote("no signature lines")
    return [_signature(line) for line in lines[:-1]]


def signed(text: str, *, keys: Sequence[NoteKey]) -> Note:
    """The note with one line a key."""
    return Note(text, tuple(signature(text, key=key) for key in keys))


def signature(text: str, *, key: NoteKey) -> Signature:
    """The line of this key under that text."""
    verifier = key.verifier
    return Signature(verifier.name, verifier.key_id, key.sign(text.encode()))


def cosigned(text: str, *, key: NoteKey, seconds: int) -> Signature:
    """A witness's cosignature on a checkpoint's text, at `seconds` since 1970."""
    verifier = key.verifier
    value = seconds.to_bytes(8) + key.sign(_cosigned_message(text, seconds))
    return Signature(verifier.name, verifier.key_id, value)


def cosigned_at(signature: Signature) -> int:
    """When, in seconds since 1970, a cosignature was given."""
    return int.from_bytes(signature.value[:8])


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: the log's origin, its size, its root, and lines of its own."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    def text(self) -> str:
        """The note text of tlog-checkpoint."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), _text(self.root), *self.more))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a checkpoint's text. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise BadNote("not a checkpoint")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit() and len(size) < 20) or str(int(size)) != size:
            raise BadNote("not a checkpoint's size")
        if len(hashed := _bytes(root)) != HASH_BYTES:
            raise BadNote("not a checkpoint's root")
        return cls(origin, int(size), hashed, tuple(lines[3:-1]))


def _holds(verifier: Verifier, signature: Signature, *, text: str) -> bool:
    if verifier.kind != COSIGNATURE:
        return verifier.accepts(signature.value, message=text.encode())
    if len(signature.value) != 8 + _SIGNATURE_BYTES:
        return False
    return verifier.accepts(signature.value[8:], message=_cosigned_message(text, cosigned_at(signature)))


def _cosigned_message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _signature(line: str) -> Signature:
    name, gap, coded = line.removeprefix(_DASH).rpartition(" ")
    raw = _bytes(coded)
    if not line.startswith(_DASH) or not gap or not _is_name(name) or len(raw) < 5:
        raise BadNote("not a signature line")
    return Signature(name, raw[:4], raw[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("not base64") from error
    if _text(raw) != text:
        raise BadNote("not the one spelling of base64")
    return raw
