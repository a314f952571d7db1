"""Did a log grow as it says: places without gaps, entries as they were, tiles, the root under each checkpoint?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from audit.merkle import HASH_BYTES, Edge
from audit.models import Entry, Leaf, Log
from audit.note import Verifier
from audit.promise import WITHIN
from audit.proving.chunks import chunks
from audit.proving.discrepancy import LISTED, Course, Discrepancy
from audit.proving.entries import TABLE as ENTRIES
from audit.proving.entries import named
from audit.proving.heads import TABLE as CHECKPOINTS
from audit.proving.heads import SignedHead, heads
from audit.proving.tiling import Tiling
from audit.tiles import WIDTH
from audit.tree import tree

TABLE = Leaf._meta.db_table
_NOTHING = bytes(HASH_BYTES)
_SPAN = 2
_GAP = 4_096
"""So many missing places in a row are named one by one; a row beyond is one that stands in a wrong place."""


def log_altered(log: Log, course: Course, *, verifiers: Sequence[Verifier], size: int = 0) -> Iterator[Discrepancy]:
    """The log from its first place to its last, once. `size`: from there on; its edge must be what was signed then."""
    try:
        growth = Growth(log, course, verifiers=verifiers, size=size)
    except LookupError:
        yield Discrepancy(TABLE, f"{log.origin}/{size}", _("此前核验过的部分已不是当时签署的"))
        return
    for some in chunks(Leaf.objects.filter(log=log, index__gte=size).values("id", "index", "entry_id"), by="index"):
        entries = _entries([row["entry_id"] for row in some])
        for leaf in some:
            entry = entries.get(leaf["entry_id"])
            if not growth.goes_on(leaf["index"], entry):
                yield from growth.take(leaf, entry)
        course.went("leaves", len(some))
    yield from growth.end()


class Written(NamedTuple):
    """Of an entry, what its place is compared with."""

    id: int
    at: datetime
    leaf: bytes


def _entries(keys: Sequence[int]) -> dict[int, Written]:
    """Those of these keys that are there. Neighbours in the log are nearly so in their table: a span is asked for, as
    a thousand keys one by one cost more than the rows."""
    first, last = min(keys), max(keys)
    near = last - first < _SPAN * len(keys)
    rows = Entry.objects.filter(pk__gte=first, pk__lte=last) if near else Entry.objects.filter(pk__in=keys)
    return {key: Written(key, at, bytes(leaf)) for key, at, leaf in rows.values_list("id", "at", "leaf")}


class Growth:
    """The tree's right edge while places are read, and the checkpoints that it reaches.

    `_sound`: False from the first place whose hash nobody knows or whose root is not what was signed. Roots after it
    are not compared, as they could only be wrong for the same reason.
    """

    def __init__(self, log: Log, course: Course, *, verifiers: Sequence[Verifier], size: int = 0) -> None:
        """Raises LookupError where the first `size` places are not what their checkpoint says."""
        self._log, self._course = log, course
        self._tiling = Tiling(log, course, size=size)
        self._edge = Edge.of(size, read=tree(log, size=size))
        if size and not log.checkpoints.filter(size=size, root=self._edge.root()).exists():
            raise LookupError(size)
        self._heads = heads(log, verifiers=verifiers, after=size)
        self._next = next(self._heads, None)
        self._sound, self._signed = True, size
        self._batch: list[Written] = []

    def goes_on(self, index: int, entry: Written | None) -> bool:
        """Take the next place as nearly all are: of a later entry than the last, no tile complete and no checkpoint
        reached with it, so that there is nothing to compare yet. False: it is not so, and nothing was done."""
        size, batch = self._edge.size, self._batch
        if entry is None or index != size or (batch and entry.id < batch[-1].id) or not entry.leaf:
            return False
        if (self._next is not None and self._next.size <= size + 1) or not (size + 1) % WIDTH:
            return False
        batch.append(entry)
        self._edge.append(entry.leaf)
        self._tiling.append(entry.leaf)
        return True

    def take(self, leaf: Mapping[str, Any], entry: Written | None) -> Iterator[Discrepancy]:
        """The next row of places, with its entry if that is there."""
        if not 0 <= leaf["index"] - self._edge.size <= _GAP:
            says = _("位置 %(place)s 不在日志之内") % {"place": leaf["index"]}
            yield Discrepancy(TABLE, f"{leaf['id']} ({leaf['entry_id']})", says)
            return
        while self._edge.size < leaf["index"]:
            yield Discrepancy(TABLE, self._place(), _("缺少这一位置"))
            yield from self._append(None)
        if entry is None:
            yield Discrepancy(
                ENTRIES, str(leaf["entry_id"]), _("条目已不在，其位置是 %(place)s") % {"place": self._place()}
            )
        else:
            if self._batch and entry.id < self._batch[-1].id:
                told = {"place": self._place(), "other": self._batch[-1].id, "entry": entry.id}
                says = _("位置 %(place)s：条目 %(entry)s 排在更晚的 %(other)s 之后") % told
                yield Discrepancy(TABLE, str(leaf["id"]), says)
            self._batch.append(entry)
        yield from self._append(entry.leaf if entry else None)

    def end(self) -> Iterator[Discrepancy]:
        """What was signed of places that are not there, and places of which nothing was signed."""
        size = self._edge.size
        while self._next is not None:
            yield from self._next.wrong or (
                Discrepancy(CHECKPOINTS, self._next.row, _("日志只有 %(size)s 个位置") % {"size": size}),
            )
            self._signed = max(self._signed, self._next.size)
            self._next = self._count_next()
        if size > self._signed:
            says = _("从 %(first)s 起没有检查点") % {"first": self._signed}
            yield Discrepancy(TABLE, f"{self._log.origin}/{self._signed}…{size - 1}", says)
        yield from self._tiling.end()

    def _append(self, leaf: bytes | None) -> Iterable[Discrepancy]:
        """A hash that no entry tells any more is taken from the tile, if one has it."""
        known = leaf or self._tiling.kept(self._edge.size)
        self._sound = self._sound and known is not None
        self._edge.append(known or _NOTHING)
        found = self._tiling.append(known or _NOTHING)
        if self._next is None or self._next.size > self._edge.size:
            return found
        return chain(found, self._reached())

    def _reached(self) -> Iterator[Discrepancy]:
        """The checkpoints up to here."""
        while self._next is not None and self._next.size <= self._edge.size:
            yield from self._reach(self._next)
            self._next = self._count_next()

    def _reach(self, head: SignedHead) -> Iterator[Discrepancy]:
        yield from head.wrong
        if not head.wrong and head.size == self._edge.size:
            if self._sound and head.root != self._edge.root():
                self._sound = False
                says = _("其中有的不是检查点 %(checkpoint)s 所签的") % {"checkpoint": head.row}
                yield Discrepancy(TABLE, f"{self._log.origin}/{self._signed}…{head.size - 1}", says)
            elif not self._sound:
                self._course.counts["unreached"] += 1
            self._came_late([entry.id for entry in self._batch if head.at - entry.at > WITHIN])
        self._signed = max(self._signed, head.size if head.size <= self._edge.size else 0)
        self._batch = []

    def _came_late(self, keys: Sequence[int]) -> None:
        listed = keys[: max(0, LISTED - len(self._course.late))]
        self._course.counts["late"] += len(keys) - len(listed)
        if listed:
            for row in Entry.objects.filter(pk__in=listed).order_by("pk").values("id", "kind", "subject"):
                self._course.came_late(named(row))

    def _count_next(self) -> SignedHead | None:
        self._course.counts["checkpoints"] += 1
        return next(self._heads, None)

    def _place(self) -> str:
        return f"{self._log.origin}/{self._edge.size}"
