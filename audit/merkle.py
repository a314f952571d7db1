"""The Merkle tree hash of RFC 9162 §2.1.1 over SHA-256. Pure."""

import hashlib
from collections.abc import Iterable

LEAF = b"\x00"
NODE = b"\x01"


def root(leaves: Iterable[bytes]) -> bytes:
    """Which 32 bytes stand for these leaves in this order? Without leaves: SHA-256 of nothing.

    The standard splits n leaves at the largest power of two below n. Pairing neighbours level by level, an odd last
    one going up as it is, gives the same tree.
    """
    level = [hashlib.sha256(LEAF + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        paired = [hashlib.sha256(NODE + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = [*paired, *(level[-1:] if len(level) % 2 else [])]
    return level[0]
