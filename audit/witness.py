"""A witness (见证方) of other houses' logs: it cosigns a checkpoint only if it continues all that it cosigned before.

It needs its own key, the logs' public keys and one file, and nothing of the house that it watches: no database, no
Django. `audit/witness_server.py` is its door.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from audit.add_checkpoint import AddCheckpoint, BadRequest
from audit.merkle import EMPTY_ROOT, BadProof, check_consistency
from audit.note import BadNote, Head, Note, NoteKey, Verifier, cosigned

# Marks a file as a witness's ("RQWI"), so that it never opens another program's database.
APPLICATION_ID: Final = 0x52515749
_TABLE = """
CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL)
"""


class Refused(Exception):
    """No cosignature. `status` as C2SP tlog-witness has it; `size`: what the witness has, where that is the reason."""

    def __init__(self, status: int, why: str, *, size: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.size = size


class ForeignFile(Exception):
    """The state file belongs to another program, or is no SQLite file."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint of a log that was cosigned, with all its lines."""

    head: Head
    note: str


class Memory:
    """What was cosigned last of each log, on disk before it is answered. One thread at a time (the witness's lock);
    a second process on the same file waits for the first one's transaction."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=20)
            (owner,) = self._db.execute("PRAGMA application_id").fetchone()
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if owner != APPLICATION_ID and (owner or tables):
                raise sqlite3.DatabaseError("not a witness's file")
            self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self._db.execute("PRAGMA synchronous=EXTRA")
            self._db.execute(_TABLE)
        except sqlite3.Error as error:
            raise ForeignFile(f"{path}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self._db.close()

    def begin(self) -> None:
        """Nobody else changes what is read from here on."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def seen(self, origin: str) -> Seen | None:
        """None: nothing of this log was cosigned yet."""
        row = self._db.execute("SELECT size, root, note FROM seen WHERE origin = ?", [origin]).fetchone()
        return Seen(Head(origin, row[0], bytes(row[1])), row[2]) if row else None

    def keep(self, seen: Seen) -> None:
        head = seen.head
        self._db.execute(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", [head.origin, head.size, head.root, seen.note]
        )


class Witness:
    """`logs`: by origin, the keys of which at least one must have signed. Safe to use from several threads."""

    def __init__(self, *, key: NoteKey, logs: Mapping[str, Sequence[Verifier]], memory: Memory) -> None:
        self._key, self._logs, self._memory = key, logs, memory
        self._by_hash = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in logs}
        self._lock = threading.Lock()

    def cosign(self, content: bytes, *, seconds: int) -> str:
        """The cosignature's line, at `seconds` since 1970. Raises Refused."""
        asked, note, head = self._read(content)
        with self._lock:
            self._memory.begin()
            try:
                self._check_growth(asked, head)
                line = cosigned(note.text, key=self._key, seconds=seconds)
                self._memory.keep(Seen(head, str(note.with_lines([line]))))
                self._memory.commit()
            finally:
                self._memory.undo()
        return line.line()

    def latest(self, origin_hash: str) -> str | None:
        """The last checkpoint that was cosigned of the log whose origin has this SHA-256 in hex, with all lines."""
        origin = self._by_hash.get(origin_hash)
        with self._lock:
            seen = self._memory.seen(origin) if origin else None
        return seen.note if seen else None

    def _read(self, content: bytes) -> tuple[AddCheckpoint, Note, Head]:
        try:
            asked = AddCheckpoint.read(content)
            note = Note.of(asked.note)
            head = Head.of(note.text)
        except (BadRequest, BadNote) as error:
            raise Refused(400, str(error)) from error
        known = self._logs.get(head.origin)
        if known is None:
            raise Refused(404, "unknown log")
        try:
            signers = {(one.name, one.key_id) for one in note.signed_by(known)}
        except BadNote as error:
            raise Refused(403, str(error)) from error
        if asked.old > head.size:
            raise Refused(400, "the old size is larger than the checkpoint's")
        # Lines of strangers are not kept: who reads the note here reads what was checked.
        return asked, Note(note.text, tuple(one for one in note.signatures if (one.name, one.key_id) in signers)), head

    def _check_growth(self, asked: AddCheckpoint, head: Head) -> None:
        seen = self._memory.seen(head.origin)
        before = seen.head if seen else Head(head.origin, 0, EMPTY_ROOT)
        if asked.old != before.size:
            raise Refused(409, "another size was cosigned last", size=before.size)
        if before.size == head.size and before.root != head.root:
            raise Refused(409, "another root of this size was cosigned", size=before.size)
        try:
            if before.size:
                check_consistency(before.size, head.size, root1=before.root, root2=head.root, proof=asked.proof)
            elif asked.proof:
                raise BadProof("a proof from nothing is empty")
        except BadProof as error:
            raise Refused(422, str(error)) from error
