"""The activation code (激活码): what an administrator reads out and an officer types.

Twelve symbols of Crockford's base 32 (no I, L, O, U) in three groups, `7K3M-Q9TB-2XWE`: 60 random bits.
A person may type it in lower case, in full width, without hyphens, with O for 0 and I or L for 1.
"""

import hashlib
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
GROUP = 4
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """A fresh code, grouped for reading. 60 bits from the operating system."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(symbols[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def code_hash(text: str) -> bytes:
    """SHA-256 of what was meant by this typed text; any text has one, so a wrong code is simply not found.

    No slow hash: 60 bits live for a day, and every scan of a registry of codes would cost 2^59 digests.
    """
    typed = unicodedata.normalize("NFKC", text).upper().translate(_MISREAD)
    symbols = "".join(symbol for symbol in typed if symbol in ALPHABET)
    return hashlib.sha256(b"activation:" + symbols.encode()).digest()
