"""The tree as C2SP tlog-tiles stores and serves it: rows of 256 neighbouring hashes. Pure.

Level 0 holds leaf hashes; a hash of level l stands for a full tile of level l − 1, that is for 256^l leaves. Entry
bundles are not served: our leaves are salted records with personal data, and a receipt carries the one that it proves.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from audit.merkle import HASH_BYTES, Read, root_of

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
FULL_BYTES: Final = WIDTH * HASH_BYTES
_PATH: Final = re.compile(r"(0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)

Load = Callable[[int, int, int], bytes]
"""`load(level, number, width)` gives the first `width` hashes of a tile, concatenated."""


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Which tile: its level, its number in the level from 0, and how many of its hashes there are (256: full)."""

    level: int
    number: int
    width: int = WIDTH

    def path(self) -> str:
        """As in an address: `0/x001/x234/067`, a partial one with `.p/<width>`."""
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"{self.level}/" + "".join(f"x{group}/" for group in groups[:-1]) + groups[-1] + partial

    @classmethod
    def of(cls, path: str) -> "Place | None":
        """The tile at this part of an address; None unless it is spelt as `path` spells it."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        level, groups, width = found.groups()
        place = cls(int(level), int(groups.replace("x", "").replace("/", "")), int(width or WIDTH))
        return place if place.level < 64 and place.path() == path else None


def tiles_of(size: int) -> Iterator[Place]:
    """The tiles that a tree of `size` leaves ends in: the partial one of each level, if it has any hashes."""
    level = 0
    while size:
        if size % WIDTH:
            yield Place(level, size // WIDTH, size % WIDTH)
        size //= WIDTH
        level += 1


def completed(before: int, after: int) -> Iterator[Place]:
    """The tiles that become full while a tree grows from `before` to `after` leaves, the lower levels first."""
    level = 0
    while after := after // WIDTH:
        before //= WIDTH
        for number in range(before, after):
            yield Place(level, number)
        level += 1


def reader(*, size: int, load: Load) -> Read:
    """Read complete subtrees of a tree of `size` leaves from its tiles; each tile is loaded once."""
    kept: dict[tuple[int, int], list[bytes]] = {}

    def hashes(level: int, number: int) -> list[bytes]:
        if (level, number) not in kept:
            width = min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH)
            kept[level, number] = split(load(level, number, width))
        return kept[level, number]

    def read(level: int, index: int) -> bytes:
        tile, within = divmod(level, HEIGHT)
        first = index << within
        row = hashes(tile, first // WIDTH)
        at = first % WIDTH
        return root_of(row[at : at + (1 << within)])

    return read


def split(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
