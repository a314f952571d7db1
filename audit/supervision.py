"""The supervision platform (监督平台) as we see it: one address that takes one letter at a time over HTTP.

The only HTTP client of this floor. It follows no redirect, obeys no proxy of the environment, reads at most
`ANSWER_LIMIT` bytes, and gives a letter `timeout` in all: a platform that answers one byte a second is as late as
one that does not answer.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from django.db import transaction
from django.utils.translation import gettext as _

from audit.canonical import canonical

ANSWER_LIMIT = 65_536
RECEIPT_LENGTH = 120
DETAIL_LENGTH = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What the platform is told: one filing (备案), the same bytes at every try."""

    number: str
    event: str
    credit_code: str
    visit: str
    created_at: datetime
    payload: Mapping[str, Any]

    def body(self) -> bytes:
        """The canonical JSON that is posted; `created_at` in UTC."""
        return canonical(
            {
                "number": self.number,
                "event": self.event,
                "credit_code": self.credit_code,
                "visit": self.visit,
                "created_at": self.created_at,
                "payload": dict(self.payload),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The platform has the letter: `status` is `stored` or `duplicate` (it had it); `number` is the platform's own."""

    status: str
    number: str
    http_status: int


class NotDelivered(Exception):
    """A try that ended without a receipt. `detail` is for people, at most 300 characters."""

    def __init__(self, detail: str, *, http_status: int | None = None) -> None:
        printable = "".join(character if character.isprintable() else " " for character in detail)
        self.detail = printable[:DETAIL_LENGTH]
        self.http_status = http_status
        super().__init__(self.detail)


def is_address(url: str) -> bool:
    """Can letters be posted there? An http or https URL with a host and without a password in it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        )
    except ValueError:
        return False


def read_answer(http_status: int, content: bytes) -> Receipt:
    """What does the platform's answer mean? Raises NotDelivered unless it is 2xx, stored or duplicate, a receipt."""
    said = content[:120].decode(errors="replace")
    if 300 <= http_status < 400:
        raise NotDelivered(_("平台要求转往别处（HTTP %d），不予跟随") % http_status, http_status=http_status)
    if not 200 <= http_status < 300:
        raise NotDelivered(
            _("平台拒收（HTTP %(status)d）：%(said)s") % {"status": http_status, "said": said}, http_status=http_status
        )
    try:
        answer = json.loads(content)
        status, number = answer["status"], answer["receipt"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise NotDelivered(_("平台的回答不是回执：%s") % said, http_status=http_status) from None
    if status not in ("stored", "duplicate") or not _is_receipt_number(number):
        raise NotDelivered(_("平台的回答不是回执：%s") % said, http_status=http_status)
    return Receipt(status=status, number=number, http_status=http_status)


def _is_receipt_number(number: Any) -> bool:
    return isinstance(number, str) and 0 < len(number) <= RECEIPT_LENGTH and number.isprintable()


class Platform:
    """An open line to the platform; several letters may be under way at once. Use it in a `with` block.

    `timeout` bounds one letter from the name look-up to the last byte of the answer. The HTTP happens in a thread of
    its own that touches no database.
    """

    def __init__(self, *, url: str, token: str, timeout: timedelta) -> None:
        self._url = url
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a small answer, read as it comes: nothing to inflate
        } | ({"Authorization": f"Bearer {token}"} if token else {})
        self._timeout = timeout.total_seconds()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="platform", daemon=True)
        # The system's own store of authorities: a government network's authority is installed there.
        self._client = httpx.AsyncClient(
            timeout=self._timeout, trust_env=False, follow_redirects=False, verify=ssl.create_default_context()
        )

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

    def send(self, letter: Letter) -> Receipt:
        """Post a letter and wait for its receipt. Raises NotDelivered, or what `post` raises."""
        return self.post(letter).result()

    def post(self, letter: Letter) -> "Future[Receipt]":
        """Put a letter on its way; the future ends within `timeout` with a Receipt or NotDelivered.

        Raises TransactionManagementError inside a transaction: a row must not stay locked while a platform thinks.
        """
        if transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("no HTTP inside a transaction")
        return asyncio.run_coroutine_threadsafe(self._post(letter), self._loop)

    async def _post(self, letter: Letter) -> Receipt:
        try:
            async with asyncio.timeout(self._timeout):
                return read_answer(*await self._exchange(letter))
        except (TimeoutError, httpx.TimeoutException):
            raise NotDelivered(_("平台在 %g 秒内没有答复") % self._timeout) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotDelivered(_("无法连接平台：%s") % (str(error) or type(error).__name__)) from error

    async def _exchange(self, letter: Letter) -> tuple[int, bytes]:
        async with self._client.stream("POST", self._url, content=letter.body(), headers=self._headers) as response:
            content = b""
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > ANSWER_LIMIT:
                    raise NotDelivered(_("平台的回答过长"), http_status=response.status_code)
            return response.status_code, content

    async def _hang_up(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()
