"""Give entries their places in the log, in batches, and sign what the tree has become (sequencing, 存证排序).

Deeds only queue their entries (a database trigger does): no lock of the tree stands in a scan's transaction. One
sequencer at a time takes the queue, whoever it is: places, tiles, checkpoint and the queue's end are one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from audit.bulk import insert_rows, new_ids
from audit.log_keys import LogKeys
from audit.merkle import Edge, root_of
from audit.models import Checkpoint, Halt, Leaf, Log, PendingEntry, Tile
from audit.note import Head, signed
from audit.tiles import WIDTH, completed, split
from audit.tree import current_log, halted, head, loader, tree

LOCK = 0x5251_534D_4C4F_4753
"""One sequencer of a database (pg_try_advisory_xact_lock): "RQSMLOGS"."""
BATCH = 4_096


class Rewritten(RuntimeError):
    """The tree is not what its last checkpoint says: nothing is signed over it, and `manage.py verify` says why."""


class Halted(RuntimeError):
    """A witness has seen more of this log than is here, or another one: nothing is signed until a successor is opened
    (`manage.py resume --after-restore`)."""

    def __init__(self, halt: Halt) -> None:
        super().__init__(str(halt))
        self.halt = halt


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequenced:
    """What a batch did: the log's size before and after it, and its new checkpoint."""

    before: int
    checkpoint: Checkpoint


def sequence(*, keys: LogKeys, origin: str, at: datetime, limit: int = BATCH) -> Sequenced | None:
    """Take up to `limit` queued entries into the tree, the oldest first. None: nothing queued, or another is at it.

    `origin`: the name that the logs have in common. Raises Rewritten, Halted.
    """
    with transaction.atomic(durable=True):
        if not _only_one():
            return None
        rows = PendingEntry.objects.order_by("pk").values_list("pk", "entry__leaf")[:limit]
        queued = [(entry, bytes(leaf)) for entry, leaf in rows]
        if not queued:
            return None
        log = current_log() or Log.objects.create(number=1, origin=f"{origin}/1", opened_at=at)
        halt = halted(log)
        if halt is not None:
            raise Halted(halt)
        return grow(log, queued=queued, keys=keys, at=at)


def grow(log: Log, *, queued: Sequence[tuple[int, bytes]], keys: LogKeys, at: datetime) -> Sequenced:
    """Give these entries (key, leaf hash) the next places, and sign what the log has become. Part of a deed that holds
    LOCK. Raises Rewritten."""
    before = head(log)
    edge = _edge(log, before)
    start = edge.size
    for _entry, leaf in queued:
        edge.append(leaf)
    _place(log, [entry for entry, _leaf in queued], start=start)
    _tiles(log, [leaf for _entry, leaf in queued], start=start)
    PendingEntry.objects.filter(pk__in=[entry for entry, _leaf in queued]).delete()
    text = Head(log.origin, edge.size, edge.root()).text()
    checkpoint = Checkpoint.objects.create(
        log=log, size=edge.size, root=edge.root(), at=at, note=str(signed(text, keys=keys.note_keys(log.origin)))
    )
    return Sequenced(before=start, checkpoint=checkpoint)


def hold_log() -> None:
    """Wait until no batch is under way; none begins until the transaction ends. (SQLite: it is the one writer's.)"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _only_one() -> bool:
    """On SQLite the transaction is the one writer's already."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _edge(log: Log, before: Checkpoint | None) -> Edge:
    """The tree's right edge, read anew each time: a tree that was altered below it is found out, not signed."""
    if before is None:
        return Edge()
    edge = Edge.of(before.size, read=tree(log, size=before.size))
    if edge.root() != bytes(before.root):
        raise Rewritten(f"{log.origin} at {before.size}")
    return edge


def _place(log: Log, entries: Sequence[int], *, start: int) -> None:
    rows = [
        (pk, log.pk, start + at, entry)
        for at, (pk, entry) in enumerate(zip(new_ids(Leaf, len(entries)), entries, strict=True))
    ]
    insert_rows(Leaf, rows)


def _tiles(log: Log, leaves: Sequence[bytes], *, start: int) -> None:
    """Write the tiles that these leaves complete, the lower levels first."""
    load, roots = loader(log), _Roots(log)
    for place in completed(start, start + len(leaves)):
        first = place.number * WIDTH
        if place.level:
            hashes = b"".join(roots[place.level - 1, number] for number in range(first, first + WIDTH))
        else:
            begun = max(0, start - first)
            hashes = load(0, place.number, begun) if begun else b""
            hashes += b"".join(leaves[first + begun - start : first + WIDTH - start])
        root = roots[place.level, place.number] = root_of(split(hashes))
        Tile.objects.create(log=log, level=place.level, number=place.number, hashes=hashes, root=root)


class _Roots(dict[tuple[int, int], bytes]):
    """The roots of full tiles by level and number: those of this batch, and earlier ones as they are asked for."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def __missing__(self, key: tuple[int, int]) -> bytes:
        level, number = key
        first = number // WIDTH * WIDTH
        rows = Tile.objects.filter(log=self._log, level=level, number__gte=first, number__lt=first + WIDTH)
        self.update({(level, one): bytes(root) for one, root in rows.values_list("number", "root")})
        return self[key] if key in self else self._gone(key)

    def _gone(self, key: tuple[int, int]) -> bytes:
        raise Rewritten(f"{self._log.origin}: tile {key} is gone")
