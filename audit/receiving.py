"""The other side of a filing: what a platform does with a letter. Used by the small receiver (`manage.py receiver`).

It keeps its letters in an SQLite file of its own, in the order of arrival, each number once. Nothing here touches the
project's database.
"""

import json
import re
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from audit.canonical import canonical, utc_text
from audit.envelope import LANE, MANIFEST, Envelope, NoEnvelope, day_bounds, manifest_root

# Marks a file as the receiver's ("RQSM"), so that it never opens another program's database.
APPLICATION_ID = 0x5251534D
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TABLE = """
CREATE TABLE IF NOT EXISTS arrivals (
    position INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL UNIQUE, event TEXT NOT NULL,
    credit_code TEXT NOT NULL, visit TEXT NOT NULL, created_at TEXT NOT NULL, received_at TEXT NOT NULL,
    receipt TEXT NOT NULL, digest BLOB NOT NULL, letter TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS arrivals_lane ON arrivals (credit_code, position);
CREATE INDEX IF NOT EXISTS arrivals_day ON arrivals (created_at);
CREATE TABLE IF NOT EXISTS manifests (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, day TEXT NOT NULL,
    received_at TEXT NOT NULL, receipt TEXT NOT NULL, answer TEXT NOT NULL, manifest TEXT NOT NULL);
"""


class Nonsense(Exception):
    """The letter is not one: `code` for programs, `status` for HTTP, the text for people."""

    def __init__(self, code: str, detail: str, *, status: int = 422) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status


class ForeignFile(Exception):
    """The state file belongs to another program, or is no SQLite file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A stored letter. `position` counts arrivals from 1; `received_at` is UTC text; `letter` is what it
    said (`credit_code` is its lane)."""

    position: int
    number: str
    event: str
    credit_code: str
    visit: str
    created_at: str
    received_at: str
    receipt: str
    letter: Mapping[str, Any]

    @property
    def received(self) -> datetime:
        """`received_at` as an aware moment."""
        return datetime.fromisoformat(self.received_at)

    def public(self) -> dict[str, Any]:
        """The arrival as JSON."""
        return {
            "position": self.position,
            "received_at": self.received_at,
            "receipt": self.receipt,
            **self.letter,
        }


def read_envelope(content: bytes) -> Envelope:
    """The posted message, checked. Raises Nonsense for anything that is not one."""
    try:
        return Envelope.read(content)
    except NoEnvelope as error:
        raise Nonsense(error.code, str(error), status=400 if error.code == "unreadable" else 422) from None


def read_letter(content: bytes) -> Envelope:
    """The posted letter, checked. Raises Nonsense for anything that is not one."""
    letter = read_envelope(content)
    if not LANE.fullmatch(letter.lane):
        sentence = "partitionkey 应为 18 位统一社会信用代码，或 agency: 加执法单位代码，或 about: 加事项编号"
        raise Nonsense("partitionkey", sentence)
    return letter


def read_manifest(manifest: Envelope) -> tuple[str, set[str]]:
    """Day and numbers of a manifest whose count and root are those of its numbers. Raises Nonsense."""
    data = manifest.data
    day, count, told_root, numbers = (data.get(name) for name in ("day", "count", "root", "ids"))
    if manifest.event != MANIFEST or not isinstance(day, str) or not _DAY.fullmatch(day):
        raise Nonsense("day", "对账单应写明日期（YYYY-MM-DD）")
    if not isinstance(numbers, list) or not all(isinstance(one, str) for one in numbers):
        raise Nonsense("ids", "ids 应为备案号的列表")
    if len(set(numbers)) != len(numbers) or count != len(numbers) or told_root != manifest_root(numbers):
        raise Nonsense("root", "件数或根哈希与备案号不符")
    try:
        day_bounds(day)
    except ValueError:
        raise Nonsense("day", "没有这一天") from None
    return day, set(numbers)


def _kept(letter: Envelope) -> dict[str, Any]:
    return {
        "number": letter.number,
        "event": letter.event,
        "credit_code": letter.lane,
        "visit": letter.subject,
        "created_at": letter.time,
        "payload": dict(letter.data),
        "sequence": letter.sequence,
        "source": letter.source,
    }


class Archive:
    """The receiver's file. Safe to use from several threads; each arrival is on disk before it is acknowledged."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=20)
        except sqlite3.Error as error:
            raise ForeignFile(f"{path}: {error}") from error
        try:
            self._open()
        except sqlite3.Error as error:
            self._connection.close()
            raise ForeignFile(f"{path}: {error}") from error

    def _open(self) -> None:
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if owner != APPLICATION_ID and (owner or tables):
            raise sqlite3.DatabaseError("不是接收端的文件")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        self._connection.executescript(_TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._connection.close()

    def take(self, letter: Envelope, *, at: datetime, headers: Mapping[str, str] | None = None) -> tuple[str, str]:
        """Store a checked letter once: (`stored` | `duplicate`, receipt). Raises Nonsense (409) for a number that came
        with other content before.

        `headers`: its sender's signature (`webhook-…`), kept beside it: so that a house that lost the letter can see
        that it is its own.
        """
        mark = letter.mark()
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            kept = self._connection.execute(
                "SELECT digest, receipt FROM arrivals WHERE number = ?", [letter.number]
            ).fetchone()
            if kept is not None:
                if kept[0] != mark:
                    raise Nonsense("number_conflict", "该备案号已收到过，但内容不同", status=409)
                return "duplicate", str(kept[1])
            (last,) = self._connection.execute("SELECT coalesce(max(position), 0) FROM arrivals").fetchone()
            receipt = f"PT{utc_text(at)[:10].replace('-', '')}{last + 1:08d}"
            self._connection.execute(
                "INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    last + 1,
                    letter.number,
                    letter.event,
                    letter.lane,
                    letter.subject,
                    utc_text(letter.time),
                    utc_text(at),
                    receipt,
                    mark,
                    canonical({**_kept(letter), "headers": dict(headers or {})}).decode(),
                ],
            )
            return "stored", receipt

    def reckon(self, manifest: Envelope, *, at: datetime) -> dict[str, Any]:
        """Compare a day's manifest with what arrived of that house and day, and keep both: the answer to be given.

        The same manifest again: the same answer. Raises Nonsense where it does not add up.
        """
        day, numbers = read_manifest(manifest)
        first, last = day_bounds(day)
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            kept = self._connection.execute("SELECT answer FROM manifests WHERE id = ?", [manifest.number]).fetchone()
            if kept is not None:
                return {**json.loads(kept[0]), "status": "duplicate"}
            rows = self._connection.execute(
                "SELECT number, coalesce(json_extract(letter, '$.source'), ?) FROM arrivals "
                "WHERE created_at >= ? AND created_at < ?",
                [manifest.source, utc_text(first), utc_text(last)],
            )
            held = {number for number, source in rows if source == manifest.source}
            (last_one,) = self._connection.execute("SELECT coalesce(max(position), 0) FROM manifests").fetchone()
            answer = {
                "status": "stored",
                "receipt": f"DZ{day.replace('-', '')}{last_one + 1:06d}",
                "held": len(held),
                "missing": sorted(numbers - held),
                "surplus": sorted(held - numbers),
            }
            self._connection.execute(
                "INSERT INTO manifests VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    last_one + 1,
                    manifest.number,
                    manifest.source,
                    day,
                    utc_text(at),
                    answer["receipt"],
                    canonical(answer).decode(),
                    manifest.body().decode(),
                ],
            )
            return answer

    def manifests(self, limit: int) -> list[dict[str, Any]]:
        """The newest reckonings, newest first: day, receipt, received_at and the answer."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT day, received_at, answer FROM manifests ORDER BY position DESC LIMIT ?", [limit]
            ).fetchall()
        return [{"day": day, "received_at": received_at, **json.loads(answer)} for day, received_at, answer in rows]

    def one(self, number: str) -> Arrival | None:
        """The letter with this number."""
        return next(iter(self._select("WHERE number = ?", [number])), None)

    def of_enterprise(self, credit_code: str) -> list[Arrival]:
        """One enterprise's letters in the order of arrival."""
        return self._select("WHERE credit_code = ? ORDER BY position", [credit_code])

    def since(self, moment: datetime, *, after: int, limit: int) -> list[Arrival]:
        """What was made from a moment on (`created_at`) and arrived behind position `after`, in the order of arrival:
        for a house that has lost a part of what it filed."""
        condition = "WHERE created_at >= ? AND position > ? ORDER BY position LIMIT ?"
        return self._select(condition, [utc_text(moment), after, limit])

    def latest(self, limit: int) -> list[Arrival]:
        """The newest arrivals, newest first."""
        return self._select("ORDER BY position DESC LIMIT ?", [limit])

    def count(self) -> int:
        """How many letters have arrived?"""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM arrivals").fetchone()[0])

    def _select(self, condition: str, values: list[Any]) -> list[Arrival]:
        columns = "position, number, event, credit_code, visit, created_at, received_at, receipt, letter"
        with self._lock:
            rows = self._connection.execute(f"SELECT {columns} FROM arrivals {condition}", values).fetchall()  # noqa: S608
        names = columns.split(", ")
        return [Arrival(**{**dict(zip(names, row, strict=True)), "letter": json.loads(row[-1])}) for row in rows]
