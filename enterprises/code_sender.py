"""Who brings a one-time code to the contact's phone: the operator's gateway for short messages, or a console.

A sender is a class with one method. The operator names it in `OWNER_CODE_SENDER`; docs/guides/owners.md says what
is posted.
"""

import asyncio
import json
import ssl
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from audit.webhook import Seal, secret_key
from enterprises.policy import SenderPolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What is to be sent. `number` names it for ever, for a gateway that is asked twice. `minutes`: the code's life."""

    number: str
    phone: str
    code: str
    enterprise: str
    minutes: int
    at: datetime

    def text(self) -> str:
        """The message as the contact reads it."""
        words = {"code": self.code, "minutes": self.minutes, "enterprise": self.enterprise}
        return (
            _("验证码 %(code)s，%(minutes)s 分钟内有效，用于查看%(enterprise)s的入企检查记录。请勿告诉他人。") % words
        )

    def told(self) -> dict[str, Any]:
        """The message as a gateway gets it; one that fills templates of its own leaves `text` aside."""
        return {
            "number": self.number,
            "phone": self.phone,
            "code": self.code,
            "enterprise": self.enterprise,
            "minutes": self.minutes,
            "text": self.text(),
        }


class NotSent(Exception):
    """It has not been sent, or nobody knows. The text is for the operator's log: it names neither phone nor code."""


class Sender(Protocol):
    """Brings messages out. `send` returns once the message is accepted; raises NotSent."""

    def send(self, message: Message) -> None: ...


class ConsoleSender:
    """Writes the message to standard output, one JSON line: for trying it out, never in production."""

    def send(self, message: Message) -> None:
        sys.stdout.write(json.dumps({"event": "owner_code", **message.told()}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpSender:
    """Posts the message as JSON to the operator's gateway, signed (Standard Webhooks); any 2xx means that it took it.

    It follows no redirect, obeys no proxy of the environment, and gives the whole exchange `timeout` seconds.
    """

    url: str
    secret: str
    timeout: float

    def send(self, message: Message) -> None:
        """Raises TransactionManagementError inside a transaction: a row must not stay locked while a gateway thinks."""
        if transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError("no HTTP inside a transaction")
        status = asyncio.run(self._post(message))
        if not 200 <= status < 300:
            raise NotSent(f"the gateway answered {status}")

    async def _post(self, message: Message) -> int:
        body = json.dumps(message.told(), ensure_ascii=False).encode()
        seal = Seal(secret=secret_key(self.secret))
        headers = {
            "Content-Type": "application/json",
            **seal.headers(message=message.number, at=message.at, body=body),
        }
        try:
            async with (
                asyncio.timeout(self.timeout),
                # The system's own store of authorities: a government network's authority is installed there.
                httpx.AsyncClient(
                    timeout=self.timeout, trust_env=False, follow_redirects=False, verify=ssl.create_default_context()
                ) as client,
                client.stream("POST", self.url, content=body, headers=headers) as response,
            ):
                return response.status_code
        except (TimeoutError, httpx.TimeoutException):
            raise NotSent(f"no answer within {self.timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotSent(f"no connection: {type(error).__name__}") from error


def sender(policy: SenderPolicy) -> Sender | None:
    """The sender that the operator has named; None: nobody sends codes here. Raises ImportError for no such class."""
    if not policy.name:
        return None
    if policy.name == "console":
        return ConsoleSender()
    if policy.name.startswith(("http://", "https://")):
        return HttpSender(url=policy.name, secret=policy.secret, timeout=policy.timeout.total_seconds())
    named: Sender = import_string(policy.name)()
    return named
