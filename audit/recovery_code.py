"""A recovery code (恢复码): what opens the door once when the phone with the authenticator is lost. Pure.

Twenty-five of 32 symbols are 125 bits: from 112 bits on (OWASP ASVS 5, 6.5.2) a plain hash may keep such a secret, for
nobody finds it by trying, not even with the hash in hand.
"""

import hashlib
import re
import secrets

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's Base32: no I, L, O or U, which are misread on paper."""
LENGTH, GROUP, AT_ONCE = 25, 5, 10
_MISREAD = str.maketrans("OIL", "011")
_BETWEEN = re.compile(r"[\s-]+")


def make_codes() -> list[str]:
    """Ten new ones, as they are printed: `7K3QD-…`, five groups of five."""
    return [_grouped("".join(secrets.choice(SYMBOLS) for _ in range(LENGTH))) for _ in range(AT_ONCE)]


def read_code(text: str) -> str:
    """The code's symbols, however it is typed; empty if it is none."""
    typed = _BETWEEN.sub("", text).upper().translate(_MISREAD)
    return typed if len(typed) == LENGTH and set(typed) <= set(SYMBOLS) else ""


def digest(symbols: str) -> str:
    """What is kept of it: SHA-256, hexadecimal."""
    return hashlib.sha256(symbols.encode()).hexdigest()


def _grouped(symbols: str) -> str:
    return "-".join(symbols[at : at + GROUP] for at in range(0, LENGTH, GROUP))
