"""The secret in the address of an enterprise's own door (门牌码): how it is made, and what finds it again. Pure.

The database keeps its SHA-256 alone. The token itself follows from the enterprise and its generation by a key that
the database does not know, so that a poster can be printed again and a stolen copy of the database opens no door.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, Self

TOKEN_BYTES = 16
TOKEN_CHARACTERS = 22


class DoorKeys(Protocol):
    """Who must derive by SM3 (密评) writes another."""

    def tokens(self, credit_code: str, *, generation: int) -> Iterator[str]:
        """What this door's token is by each key, the key in force first, then retired ones."""


@dataclass(frozen=True, slots=True)
class HmacDoorKeys:
    """HMAC-SHA-256 cut to 128 bits, as base64url without padding: 22 characters."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_secrets(cls, secret: str, *retired: str) -> Self:
        """Keys that serve here only, derived from secrets that have other uses too."""
        return cls(tuple(hashlib.sha256(b"enterprises.door:" + text.encode()).digest() for text in (secret, *retired)))

    def tokens(self, credit_code: str, *, generation: int) -> Iterator[str]:
        for key in self.keys:
            mac = hmac.digest(key, f"{credit_code}:{generation}".encode(), "sha256")[:TOKEN_BYTES]
            yield base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def fingerprint(token: str) -> bytes:
    """What the database keeps of a token. It has 128 random bits, so a slow hash would buy nothing."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
