"""The receipt of a complaint (投诉回执): its number, and the code without which the number tells nothing. Pure.

The number stands in lists and filings; the code is on the complainant's receipt alone. It follows from the number by
a key that the database does not know, so that it is kept nowhere.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self
from zoneinfo import ZoneInfo

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SYMBOLS, _CODE_SYMBOLS, _GROUP = 10, 8, 4


def new_number(at: datetime) -> str:
    """`TS20260701-7K3M9QTB2X`: the Shanghai day and ten random symbols of Crockford's base 32 (50 bits)."""
    day = at.astimezone(ZoneInfo("Asia/Shanghai"))
    return f"TS{day:%Y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(_SYMBOLS))}"


def read_number(typed: str) -> str:
    """The number that was meant: case, spaces, full width and a forgotten hyphen do not matter."""
    symbols = _symbols(typed.strip())
    # `TS` is no part of the alphabet's misreadings: T and S are symbols of it.
    return f"{symbols[:10]}-{symbols[10:]}" if len(symbols) == 10 + _SYMBOLS else ""


class ReceiptKeys(Protocol):
    """Who must derive by SM3 (密评) writes another."""

    def code(self, number: str) -> str:
        """The code on the receipt of this number, grouped for reading: `7K3M-Q9TB`, 40 bits."""

    def fits(self, number: str, *, typed: str) -> bool:
        """Is this the code of that number? As typed by a person; compared in constant time."""


@dataclass(frozen=True, slots=True)
class HmacReceiptKeys:
    """HMAC-SHA-256. The first key makes the codes; codes of the others, retired, still fit."""

    keys: Sequence[bytes] = field(repr=False)

    @classmethod
    def from_secrets(cls, secret: str, *retired: str) -> Self:
        """Keys that serve here only, derived from secrets that have other uses too."""
        return cls([hashlib.sha256(b"audit.complaint:" + text.encode()).digest() for text in (secret, *retired)])

    def code(self, number: str) -> str:
        """See ReceiptKeys."""
        symbols = _derived(self.keys[0], number)
        return f"{symbols[:_GROUP]}-{symbols[_GROUP:]}"

    def fits(self, number: str, *, typed: str) -> bool:
        """See ReceiptKeys."""
        said = _symbols(typed).encode()
        return any(hmac.compare_digest(said, _derived(key, number).encode()) for key in self.keys)


def _symbols(typed: str) -> str:
    text = unicodedata.normalize("NFKC", typed).upper().translate(_MISREAD)
    return "".join(symbol for symbol in text if symbol in _ALPHABET)


def _derived(key: bytes, number: str) -> str:
    value = int.from_bytes(hmac.digest(key, number.encode(), "sha256"))
    return "".join(_ALPHABET[value >> (5 * place) & 31] for place in range(_CODE_SYMBOLS))
