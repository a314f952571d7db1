"""A supervision platform (监督平台) as we see it: one address that takes one letter at a time over HTTP.

It speaks as audit/outward.py says, and gives a letter `timeout` in all: a platform that answers one byte a second is as
late as one that does not answer.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx
from django.db import transaction
from django.utils.translation import gettext as _

from audit.addressee import Addressee
from audit.canonical import utc_text
from audit.envelope import CONTENT_TYPE, Envelope
from audit.outward import TooLong, client, exchange
from audit.reachable import Networks, Unreachable
from audit.webhook import Seal

ANSWER_LIMIT = 65_536
MANIFEST_LIMIT = 16_777_216
"""Of the answer to a manifest, which may name every letter of a day."""
RECEIPT_LENGTH = 120
NUMBER_LENGTH = 80
DETAIL_LENGTH = 300
MOST_POSITIONS = 2**63
LONGEST_REST = timedelta(hours=1)
"""A platform may ask for a longer rest (Retry-After); it gets this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The platform has the letter: `status` is `stored` or `duplicate` (it had it); `number` is the platform's own."""

    status: str
    number: str
    http_status: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What a platform says of a day's manifest: how many letters of that day it holds, and the difference."""

    receipt: str
    held: int
    missing: tuple[str, ...]
    surplus: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A letter as a platform gives it back: the message, when the platform took it, its receipt, and the headers that
    signed it (by lower-case names)."""

    letter: Envelope
    received_at: datetime
    receipt: str
    headers: Mapping[str, str] = field(default_factory=dict)


class NotDelivered(Exception):
    """A try that ended without a receipt. `detail` is for people, at most 300 characters.

    `retry_after`: how long the platform asked to be left alone, if it did."""

    def __init__(self, detail: str, *, http_status: int | None = None, retry_after: timedelta | None = None) -> None:
        printable = "".join(character if character.isprintable() else " " for character in detail)
        self.detail = printable[:DETAIL_LENGTH]
        self.http_status = http_status
        self.retry_after = retry_after
        super().__init__(self.detail)


def retry_after(text: str, *, now: datetime) -> timedelta | None:
    """How long does this Retry-After ask for (seconds or a date)? At most `LONGEST_REST`; None: nothing readable."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_REST.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = until.replace(tzinfo=until.tzinfo or UTC) - now
    return min(max(wait, timedelta()), LONGEST_REST)


def read_answer(http_status: int, content: bytes, *, retry_after: timedelta | None = None) -> Receipt:
    """What does the platform's answer mean? Raises NotDelivered unless it is 2xx, stored or duplicate, a receipt."""
    said = content[:120].decode(errors="replace")
    if 300 <= http_status < 400:
        raise NotDelivered(_("平台要求转往别处（HTTP %d），不予跟随") % http_status, http_status=http_status)
    if not 200 <= http_status < 300:
        raise NotDelivered(
            _("平台拒收（HTTP %(status)d）：%(said)s") % {"status": http_status, "said": said},
            http_status=http_status,
            retry_after=retry_after,
        )
    try:
        answer = json.loads(content)
        status, number = answer["status"], answer["receipt"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise NotDelivered(_("平台的回答不是回执：%s") % said, http_status=http_status) from None
    if status not in ("stored", "duplicate") or not _is_receipt_number(number):
        raise NotDelivered(_("平台的回答不是回执：%s") % said, http_status=http_status)
    return Receipt(status=status, number=number, http_status=http_status)


def read_difference(receipt: Receipt, content: bytes) -> Answered:
    """What does the platform lack of a day, and what has it beyond it? Raises NotDelivered for nonsense."""
    said = json.loads(content)
    held, missing, surplus = said.get("held"), said.get("missing"), said.get("surplus")
    sound = isinstance(held, int) and not isinstance(held, bool) and 0 <= held < 2**31
    if not (sound and _are_numbers(missing) and _are_numbers(surplus)):
        raise NotDelivered(_("平台的回答不是对账结果"), http_status=receipt.http_status)
    return Answered(receipt=receipt.number, held=held, missing=tuple(missing), surplus=tuple(surplus))


def read_held(content: bytes) -> tuple[list[Held], int | None]:
    """The letters that a platform gives back, and where there is more. Raises NotDelivered for nonsense."""
    try:
        said = json.loads(content)
        more = said["next"]
        if not (more is None or (isinstance(more, int) and 0 < more < MOST_POSITIONS)):
            raise TypeError(more)
        return [_held(one) for one in said["filings"]], more
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise NotDelivered(_("平台交还的不是备案")) from None


def _held(told: Any) -> Held:
    letter = Envelope(
        number=told["number"],
        event=told["event"],
        lane=told["credit_code"],
        subject=told["visit"],
        time=datetime.fromisoformat(told["created_at"]),
        data=told["payload"],
        sequence=told["sequence"],
        source=told["source"],
    )
    Envelope.read(letter.body())
    received_at = datetime.fromisoformat(told["received_at"])
    if not _is_receipt_number(told["receipt"]) or received_at.tzinfo is None:
        raise ValueError(told["receipt"])
    headers = {str(name).lower(): text for name, text in told.get("headers", {}).items() if isinstance(text, str)}
    return Held(letter=letter, received_at=received_at, receipt=told["receipt"], headers=headers)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, str) and len(one) <= 80 and one.isprintable() for one in value
    )


def _is_receipt_number(number: Any) -> bool:
    return isinstance(number, str) and 0 < len(number) <= RECEIPT_LENGTH and number.isprintable()


class Platform:
    """An open line to the platform; several letters may be under way at once. Use it in a `with` block.

    `timeout` bounds one letter from the name look-up to the last byte of the answer; `clock` dates signatures. The
    HTTP happens in a thread of its own that touches no database.
    """

    def __init__(
        self,
        *,
        addressee: Addressee,
        seal: Seal,
        timeout: timedelta,
        allowed: Networks,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._addressee = addressee
        self._seal = seal
        self._allowed = allowed
        self._headers = {
            "Content-Type": CONTENT_TYPE,
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a small answer, read as it comes: nothing to inflate
        } | ({"Authorization": f"Bearer {addressee.token}"} if addressee.token else {})
        self._timeout = timeout.total_seconds()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="platform", daemon=True)
        self._client = client(timeout=self._timeout)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, letter: Envelope) -> Receipt:
        """Post a letter and wait for its receipt. Raises NotDelivered, or what `post` raises."""
        return self.post(letter).result()

    def post(self, letter: Envelope) -> "Future[Receipt]":
        """Put a letter on its way; the future ends within `timeout` with a Receipt or NotDelivered.

        Raises TransactionManagementError inside a transaction: a row must not stay locked while a platform thinks.
        """
        if transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("no HTTP inside a transaction")
        return asyncio.run_coroutine_threadsafe(self._post(letter), self._loop)

    async def _post(self, letter: Envelope) -> Receipt:
        status, content, later = await self._exchange(self._addressee.url, letter, ANSWER_LIMIT)
        return read_answer(status, content, retry_after=later)

    def reconcile(self, manifest: Envelope) -> Answered:
        """Post a day's manifest and wait for what the platform says of it. Raises NotDelivered, or as `post` does."""
        if transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("no HTTP inside a transaction")
        return asyncio.run_coroutine_threadsafe(self._reconcile(manifest), self._loop).result()

    async def _reconcile(self, manifest: Envelope) -> Answered:
        status, content, later = await self._exchange(self._addressee.manifests, manifest, MANIFEST_LIMIT)
        receipt = read_answer(status, content, retry_after=later)
        return read_difference(receipt, content)

    def held(self, *, since: datetime, after: int) -> tuple[list[Held], int | None]:
        """What this platform holds of us, made from a moment on, behind its position `after`, in the order of arrival;
        and after which position there is more. Raises NotDelivered, or as `post` does."""
        if transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("no HTTP inside a transaction")
        return asyncio.run_coroutine_threadsafe(self._held(since, after), self._loop).result()

    async def _held(self, since: datetime, after: int) -> tuple[list[Held], int | None]:
        asked = httpx.URL(self._addressee.url, params={"since": utc_text(since), "after": str(after)})
        status, content, _later = await self._exchange(str(asked), None, MANIFEST_LIMIT)
        if status != HTTPStatus.OK:
            said = {"status": status, "said": content[:120].decode(errors="replace")}
            raise NotDelivered(_("平台拒收（HTTP %(status)d）：%(said)s") % said, http_status=status)
        return read_held(content)

    async def _exchange(self, url: str, letter: Envelope | None, limit: int) -> tuple[int, bytes, timedelta | None]:
        """Status, content and Retry-After of the answer. Raises NotDelivered."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._say(url, letter, limit)
        except (TimeoutError, httpx.TimeoutException):
            raise NotDelivered(_("平台在 %g 秒内没有答复") % self._timeout) from None
        except Unreachable as error:
            raise NotDelivered(_("平台的网络地址不在允许之列：%s") % error) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotDelivered(_("无法连接平台：%s") % (str(error) or type(error).__name__)) from error

    async def _say(self, url: str, letter: Envelope | None, limit: int) -> tuple[int, bytes, timedelta | None]:
        body = letter.body() if letter else None
        signed = self._seal.headers(message=letter.number, at=self._clock(), body=body) if letter and body else {}
        try:
            said = await exchange(
                self._client,
                "POST" if letter else "GET",
                url,
                content=body,
                headers={**self._headers, **signed},
                allowed=self._allowed,
                limit=limit,
            )
        except TooLong as error:
            raise NotDelivered(_("平台的回答过长"), http_status=error.status) from error
        return said.status, said.content, retry_after(said.headers.get("Retry-After", ""), now=self._clock())

    async def _hang_up(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()
