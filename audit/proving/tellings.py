"""What entries told of other rows, found again by visit and version. In a temporary file of SQLite's, not in memory."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

_MOST = 1 << 31
_TABLES = """
CREATE TABLE told (
    subject TEXT, version INTEGER, entry INTEGER, at TEXT, words INTEGER, digest BLOB,
    row INTEGER DEFAULT 0, filing INTEGER DEFAULT 0, PRIMARY KEY (subject, version)
) WITHOUT ROWID;
CREATE TABLE lot (first INTEGER PRIMARY KEY, last INTEGER);
CREATE TABLE wiped (at TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Telling:
    """An entry's word: it told these `words` of the subject in this version, with this digest, at this moment."""

    entry: int
    at: str
    words: tuple[str, ...]
    digest: bytes

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Do these values, as far as the entry told them, say the same?"""
        return self.digest == digest({word: values.get(word) for word in self.words})


class Tellings:
    """Filled while entries are read, asked while the other tables are. A subject is a visit, or a complaint (version
    0)."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode = OFF; {_TABLES} BEGIN;")
        self._words: dict[tuple[str, ...], int] = {}
        self._spelt: list[tuple[str, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self._db.close()

    def tell(self, subject: str, version: int, values: Mapping[str, Any], *, entry: int, at: str, row: bool) -> None:
        """`row`: is there a table that repeats it, beside the filing?"""
        words = tuple(sorted(values))
        if words not in self._words:
            self._words[words] = len(self._spelt)
            self._spelt.append(words)
        said = (subject, version, entry, at, self._words[words], digest(values), int(not row))
        self._db.execute(
            "INSERT OR IGNORE INTO told (subject, version, entry, at, words, digest, row) VALUES (?, ?, ?, ?, ?, ?, ?)",
            said,
        )

    def tell_lot(self, first: int, last: int) -> None:
        """Visit facts that were appended in bulk: their keys. Their content is proved by the lot's own root."""
        self._db.execute("INSERT OR IGNORE INTO lot VALUES (?, ?)", (first, last))

    def wipe(self, at: str) -> None:
        """An entry of this moment was wiped lawfully: what it told cannot be compared any more."""
        self._db.execute("INSERT OR IGNORE INTO wiped VALUES (?)", (at,))

    def find(self, subject: str, version: int, *, seen_as: str) -> Telling | None:
        """What was told of it; from now on it is seen as a `row` or a `filing`."""
        found = self._db.execute(
            "SELECT entry, at, words, digest FROM told WHERE subject = ? AND version = ?", (subject, version)
        ).fetchone()
        if found is None:
            return None
        column = "row" if seen_as == "row" else "filing"
        # S608: one of two names
        self._db.execute(f"UPDATE told SET {column} = 1 WHERE subject = ? AND version = ?", (subject, version))  # noqa: S608
        entry, at, words, told = found
        return Telling(entry, at, self._spelt[words], told)

    def in_a_lot(self, key: int) -> bool:
        """Was the visit fact of this key appended in bulk?"""
        found = self._db.execute("SELECT last FROM lot WHERE first <= ? ORDER BY first DESC LIMIT 1", (key,)).fetchone()
        return found is not None and key <= found[0]

    def may_be_wiped(self, at: str) -> bool:
        """Was an entry of this moment wiped?"""
        return self._db.execute("SELECT 1 FROM wiped WHERE at = ?", (at,)).fetchone() is not None

    def unseen(self, *, seen_as: str) -> Iterable[tuple[str, int, int]]:
        """Subject, version and entry of what was told, and stands in no row (or filing)."""
        column = "row" if seen_as == "row" else "filing"
        rows: Iterator[tuple[str, int, int]] = self._db.execute(
            f"SELECT subject, version, entry FROM told WHERE {column} = 0 ORDER BY entry"  # noqa: S608
        )
        return rows


def facts_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The versions of visits that an entry's body tells, as `told` in audit/services/visit_fact.py has them."""
    said = body.get("facts")
    return [one for one in said if isinstance(one, dict) and _is_fact(one)] if isinstance(said, list) else []


def _is_fact(one: Mapping[str, Any]) -> bool:
    version = one.get("version")
    return isinstance(one.get("visit"), str) and isinstance(version, int) and 0 < version < _MOST


def digest(values: Mapping[str, Any]) -> bytes:
    """Of values as JSON has them."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).digest()
