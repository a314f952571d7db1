"""The Merkle tree of RFC 9162 §2.1 over SHA-256: its root, its proofs, its right edge. Pure.

A subtree is named by (level, index): the 2^level leaves from index · 2^level on. `read(level, index)` gives the hash
of a complete one; tiles (audit/tiles.py) and lists are both such readers.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

LEAF = b"\x00"
NODE = b"\x01"
HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Read = Callable[[int, int], bytes]


class BadProof(ValueError):
    """This proof does not lead to that root."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf's bytes."""
    return hashlib.sha256(LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return hashlib.sha256(NODE + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Which 32 bytes stand for these leaves in this order? Without leaves: SHA-256 of nothing."""
    return root_of([leaf_hash(leaf) for leaf in leaves])


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over the roots of equally large subtrees.

    The standard splits n leaves at the largest power of two below n. Pairing neighbours level by level, an odd last
    one going up as it is, gives the same tree.
    """
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = [*paired, *(level[-1:] if len(level) % 2 else [])]
    return level[0]


def root_at(size: int, *, read: Read) -> bytes:
    """The root of the tree's first `size` leaves."""
    return _span(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, *, size: int, read: Read) -> list[bytes]:
    """RFC 9162 §2.1.3.1: the siblings on the way from leaf `index` up to the root of `size` leaves.

    Raises IndexError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise IndexError(index)
    low, high, siblings = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    return [_span(*sibling, read) for sibling in reversed(siblings)]


def consistency_proof(size1: int, size2: int, *, read: Read) -> list[bytes]:
    """RFC 9162 §2.1.4.1: shows that the tree of `size2` leaves begins with that of `size1`; empty for equal ones.

    Raises IndexError unless 0 < size1 ≤ size2.
    """
    if not 0 < size1 <= size2:
        raise IndexError(size1)
    low, high, known, parts = 0, size2, True, []
    while size1 < high:
        middle = low + _split(high - low)
        if size1 <= middle:
            parts.append((middle, high))
            high = middle
        else:
            parts.append((low, middle))
            low, known = middle, False
    if not known:
        parts.append((low, high))
    return [_span(*part, read) for part in reversed(parts)]


def check_inclusion(index: int, *, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 §2.1.3.2: is the leaf hash `leaf` number `index` under `root`? Raises BadProof."""
    _check_lengths(leaf, root, *proof)
    if not 0 <= index < size:
        raise BadProof(f"{index} is not in a tree of {size}")
    at, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        if at & 1 or at == last:
            reached = node_hash(sibling, reached)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")
    if reached != root:
        raise BadProof("the proof leads to another root")


def check_consistency(size1: int, size2: int, *, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162 §2.1.4.2: does the tree under `root2` begin with that under `root1`? Raises BadProof.

    An empty tree begins every tree, and that says nothing, so it is no proof.
    """
    _check_lengths(root1, root2, *proof)
    if not 0 < size1 <= size2:
        raise BadProof(f"{size1} leaves are no beginning of {size2}")
    if size1 == size2:
        if proof or root1 != root2:
            raise BadProof("trees of one size are equal or not")
        return
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    # A first tree that is one complete subtree is the proof's own beginning.
    path = list(proof) if at else [root1, *proof]
    if not path:
        raise BadProof("the proof is too short")
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")
    if old != root1 or new != root2:
        raise BadProof("the proof leads to other roots")


@dataclass(slots=True)
class Edge:
    """A growing tree's right edge: what is needed to append and to know the root, at most one hash a level.

    `hashes`: of the complete subtrees whose sizes are the binary digits of `size`, the largest first.
    """

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, *, read: Read) -> Self:
        """The edge of the first `size` leaves."""
        parts, low = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                parts.append(read(level, low >> level))
                low += 1 << level
        return cls(size=size, hashes=parts)

    def append(self, leaf: bytes) -> None:
        """One more leaf hash."""
        reached, size = leaf, self.size
        while size & 1:
            reached = node_hash(self.hashes.pop(), reached)
            size >>= 1
        self.hashes.append(reached)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self.hashes:
            return EMPTY_ROOT
        reached = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            reached = node_hash(left, reached)
        return reached


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _span(low: int, high: int, read: Read) -> bytes:
    """The hash over leaves [low, high); `low` is a multiple of the largest power of two below the span."""
    size = high - low
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, low >> level)
    middle = low + _split(size)
    return node_hash(_span(low, middle, read), _span(middle, high, read))


def _check_lengths(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise BadProof("a hash has 32 bytes")
