"""Reads the log: its tiles, its heads, where an entry stands."""

from dataclasses import dataclass
from datetime import timedelta

from audit.merkle import Read, consistency_proof, inclusion_proof
from audit.models import Checkpoint, Cosignature, Entry, Halt, Leaf, Log, Tile
from audit.receipt import Receipt
from audit.tiles import WIDTH, Load, Place, reader

AWAY = timedelta(seconds=30)
"""So far may the newest cosigned checkpoint lie behind: half of what a promise leaves the log to take an entry in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """An entry in the tree: its place, and a checkpoint over it with all its signatures: the newest that a witness has
    cosigned, else the newest."""

    entry: Entry
    index: int
    proof: list[bytes]
    note: str


def current_log() -> Log | None:
    """The log that grows. None before the first entry is sequenced."""
    return Log.objects.order_by("-number").first()


def logs() -> list[str]:
    """What all logs are called, the first one first."""
    return list(Log.objects.order_by("number").values_list("origin", flat=True))


def head(log: Log) -> Checkpoint | None:
    """Its newest checkpoint."""
    return log.checkpoints.order_by("-size").first()


def cosigned_head(log: Log, *, newest: Checkpoint) -> Checkpoint | None:
    """The newest of its checkpoints that a witness has cosigned. None: none has. `newest`: of all. One statement.

    Keys of checkpoints grow with their log: the search goes back from the newest and ends at the first.
    """
    lines = Cosignature.objects.filter(checkpoint_id__lte=newest.pk, checkpoint__log=log)
    line = lines.select_related("checkpoint").order_by("-checkpoint_id").first()
    return line.checkpoint if line else None


def shown_head(log: Log) -> Checkpoint | None:
    """The checkpoint that stands for the log: the newest cosigned one; while witnesses are away, the newest. Two
    statements."""
    newest = head(log)
    cosigned = cosigned_head(log, newest=newest) if newest else None
    if newest is None or cosigned is None or newest.at - cosigned.at > AWAY:
        return newest
    return cosigned


def halted(log: Log) -> Halt | None:
    """Why it is given no further places; None: it grows."""
    return Halt.objects.filter(log=log).first()


def loader(log: Log) -> Load:
    """Load tiles of this log: full ones as they are kept, partial ones from the level below."""

    def load(level: int, number: int, width: int) -> bytes:
        if width == WIDTH:
            return bytes(Tile.objects.values_list("hashes", flat=True).get(log=log, level=level, number=number))
        first = number * WIDTH
        if level == 0:
            rows = Leaf.objects.filter(log=log, index__gte=first, index__lt=first + width)
            hashes = list(rows.order_by("index").values_list("entry__leaf", flat=True))
        else:
            tiles = Tile.objects.filter(log=log, level=level - 1, number__gte=first, number__lt=first + width)
            hashes = list(tiles.order_by("number").values_list("root", flat=True))
        if len(hashes) != width:
            raise LookupError(f"tile {Place(level, number, width).path()} of {log.origin} is not whole")
        return b"".join(bytes(one) for one in hashes)

    return load


def tree(log: Log, *, size: int) -> Read:
    """Read complete subtrees of the log's first `size` leaves."""
    return reader(size=size, load=loader(log))


def tile(log: Log, place: Place) -> bytes | None:
    """The bytes of a tile, as it is served. None where the tree does not have it (yet)."""
    newest = head(log)
    if newest is None or (place.number * WIDTH + place.width) > newest.size >> (8 * place.level):
        return None
    return loader(log)(place.level, place.number, place.width)


def note_of(checkpoint: Checkpoint) -> str:
    """The checkpoint with the log's and all witnesses' lines."""
    lines = Cosignature.objects.filter(checkpoint=checkpoint).order_by("pk").values_list("line", flat=True)
    return checkpoint.note + "".join(f"{line}\n" for line in lines)


def consistency(log: Log, size1: int, size2: int) -> list[bytes]:
    """The proof that the log at `size2` begins with what it was at `size1`. Empty for size1 = 0, as C2SP has it."""
    return consistency_proof(size1, size2, read=tree(log, size=size2)) if size1 else []


def standing(entry: Entry) -> Standing | None:
    """Where does this entry stand, and what proves it? None while no checkpoint holds it."""
    leaf = Leaf.objects.filter(entry=entry).select_related("log").first()
    newest = head(leaf.log) if leaf else None
    if leaf is None or newest is None or newest.size <= leaf.index:
        return None
    cosigned = cosigned_head(leaf.log, newest=newest)
    over = cosigned if cosigned and cosigned.size > leaf.index else newest
    proof = inclusion_proof(leaf.index, size=over.size, read=tree(leaf.log, size=over.size))
    return Standing(entry=entry, index=leaf.index, proof=proof, note=note_of(over))


def receipt(*, kind: str, subject: str) -> Receipt | None:
    """The receipt of the last entry of this kind about this subject.

    None where there is none, where it was wiped, or where no checkpoint holds it yet (`awaits_receipt` tells).
    """
    entry = Entry.objects.filter(subject=subject, kind=kind, body__isnull=False).order_by("-pk").first()
    found = standing(entry) if entry else None
    if entry is None or found is None:
        return None
    return Receipt(
        format=entry.format,
        salt=bytes(entry.salt or b""),
        body=bytes(entry.body or b""),
        index=found.index,
        proof=found.proof,
        note=found.note,
    )


def awaits_receipt(*, kind: str, subject: str) -> bool:
    """Is there such an entry at all? It waits for a checkpoint then."""
    return Entry.objects.filter(subject=subject, kind=kind, body__isnull=False).exists()
