"""The witnesses of our log as we see them: whom a checkpoint is shown, and what each says of it."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from django.db import transaction
from django.utils.translation import gettext as _

from audit.add_checkpoint import MOST_BYTES, SIZE_TYPE, AddCheckpoint, read_size
from audit.note import BadNote, Head, Note, Verifier, signature_lines
from audit.outward import Said, TooLong, client, exchange
from audit.policy import WitnessPolicy
from audit.reachable import Unreachable
from audit.watcher import Watcher


class Unanswered(Exception):
    """The witness is away, or said something that is no answer. It says nothing of our log."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """It continues what the witness knows: the line of its signature."""

    line: str


@dataclass(frozen=True, slots=True)
class Knows:
    """The witness cosigned this size last, and not the one that it was told."""

    size: int


@dataclass(frozen=True, slots=True)
class Disagrees:
    """The checkpoint does not continue what the witness cosigned."""

    detail: str


Answer = Cosigned | Knows | Disagrees


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Those whom the operator has named, and how they may be reached."""

    policy: WitnessPolicy

    def ask(self, watcher: Watcher, asked: AddCheckpoint) -> Answer:
        """Does the checkpoint continue what the witness knows? Raises Unanswered; inside a transaction
        TransactionManagementError."""
        return read_answer(self._say(watcher.door, asked.body()), asked, verifier=watcher.verifier)

    def shown(self, watcher: Watcher, *, origin: str, verifiers: list[Verifier]) -> str:
        """The last checkpoint of ours that it cosigned, signed by our log's keys and by its own. Empty: it shows none
        (C2SP leaves that to the witness), or one that was not signed so."""
        try:
            said = self._say(watcher.shows(origin), None)
            note = Note.of(said.content.decode()) if said.status == HTTPStatus.OK else None
            if note is None or not note.signed_by(verifiers) or not note.signed_by([watcher.verifier]):
                return ""
            return str(note) if Head.of(note.text).origin == origin else ""
        except (Unanswered, BadNote, UnicodeDecodeError):
            return ""

    def _say(self, url: str, content: bytes | None) -> Said:
        if transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("no HTTP inside a transaction")
        return asyncio.run(self._exchange(url, content))

    async def _exchange(self, url: str, content: bytes | None) -> Said:
        seconds = self.policy.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds), client(timeout=seconds) as through:
                return await exchange(
                    through,
                    "GET" if content is None else "POST",
                    url,
                    content=content,
                    headers={"Accept-Encoding": "identity", "Content-Type": "text/plain; charset=utf-8"},
                    allowed=self.policy.networks,
                    limit=MOST_BYTES,
                )
        except (TimeoutError, httpx.TimeoutException):
            raise Unanswered(_("见证方在 %g 秒内没有答复") % seconds) from None
        except Unreachable as error:
            raise Unanswered(_("见证方的网络地址不在允许之列：%s") % error) from None
        except TooLong as error:
            raise Unanswered(_("见证方的回答过长")) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unanswered(_("无法连接见证方：%s") % (str(error) or type(error).__name__)) from error


def read_answer(said: Said, asked: AddCheckpoint, *, verifier: Verifier) -> Answer:
    """What a witness's answer means. Raises Unanswered."""
    text = said.content.decode(errors="replace")
    if said.status == HTTPStatus.OK:
        return Cosigned(_cosignature(text, asked, verifier=verifier))
    if said.status == HTTPStatus.CONFLICT and said.headers.get("Content-Type", "").split(";")[0] == SIZE_TYPE:
        size = read_size(text.removesuffix("\n"))
        if size is not None:
            return Knows(size)
    if said.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
        return Disagrees(text[:200])
    raise Unanswered(_("见证方答复 HTTP %(status)d：%(said)s") % {"status": said.status, "said": text[:120]})


def _cosignature(text: str, asked: AddCheckpoint, *, verifier: Verifier) -> str:
    """The line of its own among those that it answered, checked."""
    try:
        lines = [one for one in signature_lines(text) if (one.name, one.key_id) == (verifier.name, verifier.key_id)]
        Note(Note.of(asked.note).text, tuple(lines[:1])).signed_by([verifier])
    except BadNote as error:
        raise Unanswered(_("见证方的签名不成立：%s") % error) from error
    return lines[0].line().removesuffix("\n")
