"""What taking a file into a register changes, field by field: foreseen when it is shown, and again when it is taken.

It is found by taking the rows for real, in a transaction that the caller keeps or takes back: so what is shown is what
will be done, down to what the database itself refuses.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.intake import Intake, Outcome, Row
from audit.policy import ImportPolicy
from audit.register import Column, recordable
from audit.sheet import sheet_of
from audit.upload import UploadRefused

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHOWN = 200
"""Lines of each kind that are shown; the totals count all."""

Take = Callable[[Sequence[Row], Actor, datetime, str], Outcome]
"""Takes some rows of a file: `rows, actor, at, reason`. It writes what it can and refuses the other rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """A register that takes files. `label`: `app.model`; `models`: whose columns the changes name, the first one's
    register it is. `in_service`: the column, and its value, of what is in service; `in_service_total` counts them.
    `masks`: columns that nobody sees whole. `at_once`: rows that are taken together. `most`: lines on a page, where
    each costs more than elsewhere.
    """

    label: str
    title: "StrOrPromise"
    models: Sequence[type[Model]]
    columns: Sequence[Column]
    key: str
    take: Take
    identity: Callable[[dict[str, Any]], str]
    repeats: Callable[[dict[str, Any]], bool] = lambda _values: False
    in_service: tuple[str, str] | None = None
    in_service_total: Callable[[], int] = lambda: 0
    masks: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    at_once: int = 1_000
    most: int = 1_000_000

    def most_lines(self, policy: ImportPolicy) -> int:
        """Of one file on a page."""
        return min(self.most, policy.lines)


@dataclass(kw_only=True, slots=True)
class Foreseen:
    """`new`: line and what it says, by column; `changed`: line, key, and each column from what to what; `refused`:
    line, column, value, sentence. Lists are cut at SHOWN (`refused` is whole); counts and `digest` are of all."""

    lines: int = 0
    news: int = 0
    changes: int = 0
    unchanged: int = 0
    bad_lines: int = 0
    leaving: int = 0
    total: int = 0
    unknown: list[str] = field(default_factory=list)
    new: list[list[Any]] = field(default_factory=list)
    changed: list[list[Any]] = field(default_factory=list)
    refused: list[list[Any]] = field(default_factory=list)
    digest: str = ""

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Foreseen":
        return cls(**kept)

    def needs_a_word(self, policy: ImportPolicy) -> bool:
        """Would so many leave service that it may be the wrong file?"""
        return self.leaving > policy.leaving * self.total


def take_all(
    register: Register, *, content: bytes, suffix: str, policy: ImportPolicy, actor: Actor, at: datetime, reason: str
) -> Foreseen:
    """Take all rows of the file, in the caller's transaction. Raises UnreadableSheet, and UploadRefused for too many
    lines or none; then the caller's transaction holds nothing that counts."""
    found, digest, most = Foreseen(total=register.in_service_total()), sha256(), register.most_lines(policy)
    with sheet_of(content, suffix=suffix) as sheet:
        intake = Intake(sheet, register.columns, key=register.key, identity=register.identity, repeats=register.repeats)
        found.unknown = [_storable(name[:100]) for name in intake.unknown[:20]]
        for chunk in intake.chunks(register.at_once):
            found.lines += chunk.lines
            if found.lines > most:
                sentence = _("一次至多导入 %(limit)s 行，更多的请分成几个文件，或用命令行导入")
                raise UploadRefused(sentence % {"limit": most})
            outcome = register.take(chunk.rows, actor, at, reason) if chunk.rows else Outcome()
            outcome.refused = sorted([*chunk.refused, *outcome.refused], key=lambda each: each.line)
            _note(found, register, outcome, {row.line: row for row in chunk.rows}, digest)
    if not found.lines:
        raise UploadRefused(_("表头下面没有内容"))
    found.digest = digest.hexdigest()
    return found


def _note(found: Foreseen, register: Register, outcome: Outcome, rows: Mapping[int, Row], digest: Any) -> None:
    found.news += outcome.new
    found.changes += outcome.changed
    found.unchanged += outcome.unchanged
    found.bad_lines += len({each.line for each in outcome.refused})
    for each in outcome.refused:
        column, value = each.refusal.column, each.refusal.value
        found.refused.append([each.line, column, _seen(register, column, value), each.refusal.sentence])
        digest.update(_spelt([each.line, column]))
    for taken in outcome.taken:
        said = [[name, _kept(old), _kept(new)] for name, old, new in taken.changes]
        digest.update(_spelt([taken.line, taken.new, said]))
        if register.in_service and any(
            name == register.in_service[0] and old == register.in_service[1] for name, old, _new in said
        ):
            found.leaving += 1
        shown = [[name, _masked(register, name, old), _masked(register, name, new)] for name, old, new in said]
        if taken.new and len(found.new) < SHOWN:
            values = rows[taken.line].values
            found.new.append([taken.line, [[name, _masked(register, name, _kept(values[name]))] for name in values]])
        elif not taken.new and len(found.changed) < SHOWN:
            found.changed.append([taken.line, taken.key, shown])


def _spelt(said: list[Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _kept(value: Any) -> Any:
    """In a form that JSON keeps."""
    if isinstance(value, datetime):
        return value.isoformat()
    return recordable(value)


def _masked(register: Register, name: str, value: Any) -> Any:
    return register.masks[name](value) if value and name in register.masks else value


def _seen(register: Register, heading: str, value: str) -> str:
    """A refused cell; one of a masked column is not repeated."""
    hidden = {str(column.heading) for column in register.columns if column.name in register.masks}
    return "***" if value and heading in hidden else _storable(value)


def _storable(text: str) -> str:
    """PostgreSQL's JSON holds no NUL."""
    return text.replace("\x00", "\ufffd")
