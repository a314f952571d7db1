"""Are the tiles the hashes of the leaves?"""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from audit.merkle import HASH_BYTES, root_of
from audit.models import Log, Tile
from audit.proving.discrepancy import Course, Discrepancy
from audit.tiles import HEIGHT, WIDTH, Place, split
from audit.tree import loader

TABLE = Tile._meta.db_table
AT_ONCE = 32
"""Tiles of a level in memory, 8 kB each."""


class Tiling:
    """Follows a growing log: at most one row of 256 hashes a level, and a few tiles, are in memory."""

    def __init__(self, log: Log, course: Course, *, size: int = 0) -> None:
        """`size`: where it begins; what lies before was verified earlier. Raises LookupError where its edge is gone."""
        self._log, self._course = log, course
        self._rows: list[list[bytes]] = []
        self._size = size
        load, level = loader(log), 0
        while width := size >> HEIGHT * level:
            part = width % WIDTH
            self._rows.append(split(load(level, width // WIDTH, part)) if part else [])
            level += 1
        self._kept: dict[int, tuple[int, dict[int, tuple[bytes, bytes]]]] = {}

    def kept(self, index: int) -> bytes | None:
        """What the tiles say is the hash of this leaf. None where no full tile has it."""
        tile = self._tile(0, index // WIDTH)
        found = split(tile[0]) if tile else []
        at = index % WIDTH
        return found[at] if at < len(found) and len(found[at]) == HASH_BYTES else None

    def append(self, leaf: bytes) -> Iterable[Discrepancy]:
        """One more leaf hash; what it completes is compared."""
        self._size += 1
        return self._add(0, leaf)

    def end(self) -> Iterator[Discrepancy]:
        """Tiles of places where the tree has none."""
        for level in sorted(set(Tile.objects.filter(log=self._log).values_list("level", flat=True).distinct())):
            beyond = Tile.objects.filter(log=self._log, level=level, number__gte=self._size >> HEIGHT * (level + 1))
            for key, number in beyond.order_by("number").values_list("pk", "number"):
                yield Discrepancy(TABLE, self._named(level, number, key), _("日志还没有这么多条目"))

    def _add(self, level: int, hashed: bytes) -> Iterable[Discrepancy]:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row.append(hashed)
        return self._complete(level) if len(row) == WIDTH else ()

    def _complete(self, level: int) -> Iterator[Discrepancy]:
        row, self._rows[level] = self._rows[level], []
        number, root = (self._size >> HEIGHT * (level + 1)) - 1, root_of(row)
        yield from self._compare(level, number, row, root)
        yield from self._add(level + 1, root)

    def _compare(self, level: int, number: int, row: list[bytes], expected: bytes) -> Iterator[Discrepancy]:
        self._course.counts["tiles"] += 1
        named, tile = self._named(level, number), self._tile(level, number)
        if tile is None:
            yield Discrepancy(TABLE, named, _("缺少这一瓦片"))
            return
        hashes, root = tile
        if hashes != b"".join(row):
            found = split(hashes)
            other = [number * WIDTH + at for at in range(WIDTH) if found[at : at + 1] != row[at : at + 1]]
            places = ", ".join(map(str, other[:HEIGHT])) + ("…" if len(other) > HEIGHT else "")
            yield Discrepancy(TABLE, named, _("与其下的哈希不符，位置 %(places)s") % {"places": places})
        if root != expected:
            yield Discrepancy(TABLE, named, _("根哈希与其下的哈希不符"))

    def _tile(self, level: int, number: int) -> tuple[bytes, bytes] | None:
        """Read with those that come next."""
        first = number // AT_ONCE * AT_ONCE
        if self._kept.get(level, (-1, {}))[0] != first:
            rows = Tile.objects.filter(log=self._log, level=level, number__gte=first, number__lt=first + AT_ONCE)
            found = rows.values_list("number", "hashes", "root")
            self._kept[level] = first, {one: (bytes(hashes), bytes(root)) for one, hashes, root in found}
        return self._kept[level][1].get(number)

    def _named(self, level: int, number: int, key: int | None = None) -> str:
        path = f"{self._log.origin} {Place(level, number).path()}"
        return f"{key} ({path})" if key else path
