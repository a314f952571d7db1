"""What an owner types to prove to be the enterprise's: a one-time code (验证码), or a PIN. Pure."""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, Self
from uuid import UUID

CODE_DIGITS = 6
PIN_DIGITS = (6, 12)
_UPWARDS = "01234567890123456789"


def new_code() -> str:
    """Six random digits from the operating system."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def digits(typed: str) -> str:
    """The digits that were meant: full width, spaces and hyphens do not matter. Empty for anything else."""
    text = "".join(unicodedata.normalize("NFKC", typed[:64]).replace("-", "").split())
    return text if text.isascii() and text.isdecimal() else ""


def is_weak(pin: str, *, known: Iterable[str] = ()) -> bool:
    """Would this PIN be among the first that a stranger tries? One digit again and again, a row of digits up or down, a
    short pattern repeated, or digits that stand in what is `known` of the enterprise (its phone, its credit code)."""
    repeated = any(pin == (pin[:length] * len(pin))[: len(pin)] for length in (1, 2, 3))
    in_a_row = pin in _UPWARDS or pin[::-1] in _UPWARDS
    return repeated or in_a_row or any(pin in text for text in known)


def wait_after(wrong: int, *, tries: int, wait: timedelta, longest: timedelta) -> timedelta | None:
    """For how long is a PIN closed after so many wrong ones in a row? None: it is not. Doubles each time."""
    rounds, rest = divmod(wrong, tries)
    if not rounds or rest:
        return None
    doublings: int = 2 ** min(rounds - 1, 20)
    return min(wait * doublings, longest)


class CodeKeys(Protocol):
    """Who must hash by SM3 (密评) writes another."""

    def digest(self, code: str, *, of: UUID) -> bytes:
        """What is kept of a code; without the key a million codes tried against it say nothing."""


@dataclass(frozen=True, slots=True)
class HmacCodeKeys:
    """HMAC-SHA-256. A code lives for minutes, so a changed key needs no predecessor."""

    key: bytes = field(repr=False)

    @classmethod
    def from_secret(cls, secret: str) -> Self:
        """A key that serves here only, derived from a secret that has other uses too."""
        return cls(hashlib.sha256(b"enterprises.owner_code:" + secret.encode()).digest())

    def digest(self, code: str, *, of: UUID) -> bytes:
        """See CodeKeys."""
        return hmac.digest(self.key, of.bytes + code.encode(), "sha256")


def is_code(typed: str, *, kept: bytes, of: UUID, keys: CodeKeys) -> bool:
    """Is this the code? Compared in constant time."""
    return hmac.compare_digest(keys.digest(typed, of=of), kept)
