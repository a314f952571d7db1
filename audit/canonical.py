"""One spelling for one fact: the bytes that digests and leaves are made of.

Format 1 is JSON after RFC 8785 for the types we admit: keys sorted by code point, no white space,
UTF-8, no floats (two machines may print one float in two ways; write metres and degrees as text).
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

FORMAT = 1


def _checked(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        return {str(key): _checked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(item) for item in value]
    if isinstance(value, datetime):
        return utc_text(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def utc_text(moment: datetime) -> str:
    """An aware moment as `2026-11-22T01:02:03.000456Z`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset means nothing")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Any) -> bytes:
    """The canonical bytes of a fact. Raises TypeError for a float or a foreign type."""
    return json.dumps(_checked(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes, 32 bytes."""
    return hashlib.sha256(canonical(value)).digest()


def leaf_hash(*, salt: bytes, body: bytes) -> bytes:
    """The Merkle leaf after RFC 9162 §2.1.1 (SHA-256 over 0x00 ‖ leaf), the leaf being salt ‖ body.

    The random salt keeps a wiped body unguessable from its leaf.
    """
    return hashlib.sha256(b"\x00" + salt + body).digest()
