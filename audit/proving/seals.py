"""What entries sealed of rows, found again by table and key. In a temporary file of SQLite's, not in memory."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from audit.sealing import Spelling

_TABLES = """
CREATE TABLE seal (
    tab TEXT, key TEXT, entry INTEGER, spelling INTEGER, hash TEXT, wiped TEXT, seen INTEGER DEFAULT 0,
    PRIMARY KEY (tab, key)
) WITHOUT ROWID;
CREATE TABLE lot (tab TEXT, first INTEGER, last INTEGER, PRIMARY KEY (tab, first)) WITHOUT ROWID;
"""


class Seal(NamedTuple):
    """An entry's word on one row: its hashes, in this spelling."""

    entry: int
    spelling: Spelling
    hashes: tuple[str, ...]


class Seals:
    """Filled while entries are read, asked while the tables are."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -65536; {_TABLES} BEGIN;")
        self._numbers: dict[Spelling, int] = {}
        self._spellings: list[Spelling] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self._db.close()

    def take(self, lot: Mapping[str, Any], *, entry: int) -> None:
        """A lot of an entry that seals rows. The first entry that seals a row is its word: no later one corrects it."""
        said = Spelling(lot["table"], tuple(lot["columns"]), tuple(lot.get("wipeable", ())))
        number = self._numbers.setdefault(said, len(self._spellings))
        if number == len(self._spellings):
            self._spellings.append(said)
        self._db.executemany(
            "INSERT OR IGNORE INTO seal (tab, key, entry, spelling, hash, wiped) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (said.table, key, entry, number, hashes[0], hashes[1] if hashes[1:] else None)
                for key, *hashes in lot["rows"]
            ],
        )

    def take_range(self, table: str, first: int, last: int) -> None:
        """Rows that were appended in bulk: their keys. Their content is proved by the lot's own root."""
        self._db.execute("INSERT OR IGNORE INTO lot VALUES (?, ?, ?)", (table, first, last))

    def find(self, table: str, keys: Sequence[str]) -> dict[str, Seal]:
        """What was sealed of these rows; from now on they are seen."""
        marks = ", ".join("?" * len(keys))
        where = f"tab = ? AND key IN ({marks})"
        found = self._db.execute(
            f"SELECT key, entry, spelling, hash, wiped FROM seal WHERE {where}",  # noqa: S608  (question marks only)
            (table, *keys),
        ).fetchall()
        self._db.execute(f"UPDATE seal SET seen = 1 WHERE {where}", (table, *keys))  # noqa: S608
        return {
            key: Seal(entry, self._spellings[number], (first,) if second is None else (first, second))
            for key, entry, number, first, second in found
        }

    def keys_of(self, table: str, *, most: int = 1_000) -> Iterator[list[str]]:
        """The keys of a table's rows that were sealed, so many at once."""
        last = ""
        while some := [
            key
            for (key,) in self._db.execute(
                "SELECT key FROM seal WHERE tab = ? AND key > ? ORDER BY key LIMIT ?", (table, last, most)
            )
        ]:
            yield some
            last = some[-1]

    def in_a_range(self, table: str, key: Any) -> bool:
        """Was the row of this key appended in bulk?"""
        if not isinstance(key, int):
            return False
        found = self._db.execute(
            "SELECT last FROM lot WHERE tab = ? AND first <= ? ORDER BY first DESC LIMIT 1", (table, key)
        ).fetchone()
        return found is not None and key <= found[0]

    def unseen(self) -> Iterator[tuple[str, str, int]]:
        """Table, key and entry of rows that were sealed and are not there."""
        return iter(self._db.execute("SELECT tab, key, entry FROM seal WHERE seen = 0 ORDER BY entry, tab, key"))


def lots_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lots that an entry's body tells. One that cannot be read is none: its rows are sealed by no entry."""
    lots = body.get("lots")
    return [lot for lot in lots if isinstance(lot, dict) and _is_lot(lot)] if isinstance(lots, list) else []


def _is_lot(lot: Mapping[str, Any]) -> bool:
    names = [lot.get("columns"), lot.get("wipeable", []), lot.get("gone", [])]
    if not isinstance(lot.get("table"), str) or not isinstance(lot.get("rows"), list):
        return False
    if not all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in names):
        return False
    return all(
        isinstance(row, list) and len(row) in (2, 3) and all(isinstance(part, str) for part in row)
        for row in lot["rows"]
    )
