"""Platforms to deliver to: the real receiver in a process of its own, and one that says what a test wants."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from django.db import connection, transaction
from django.utils import timezone

from audit.addressee import ONLY, Addressee
from audit.log_keys import LogKeys
from audit.services.file import file
from audit.supervision import Platform
from audit.webhook import Seal

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "the-platform-knows-us"
KEY = LogKeys.derived("the house under test").filing_key()
HOUSE = "https://ruqi.example.gov.cn"


def manage(*arguments: str, quiet: bool = False, **environment: str) -> "subprocess.Popen[str]":
    """`manage.py` in a process of its own, in the house under test. `quiet`: nobody reads what it says, so that it does
    not wait for a reader."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLATFORM_")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**inherited, "RUQI_ENV": "test", "PLATFORM_TOKEN": TOKEN, **environment},
        stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]", by: signal.Signals) -> int:
    """Signal a process and wait for it: its exit code."""
    if process.poll() is None:
        process.send_signal(by)
    process.communicate(timeout=20)
    return process.returncode


# One for all: each client of httpx reads the certificates of all authorities, 20 ms, for addresses without TLS.
# Nothing is kept open, because receivers end and tests fork.
HTTP = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass
class Receiver:
    """A running receiver. `filings` is its PLATFORM_URL."""

    filings: str
    process: "subprocess.Popen[str]"

    @property
    def home(self) -> str:
        return self.filings.removesuffix("/filings")

    def post(self, letter: Any, token: str = TOKEN) -> httpx.Response:
        content = letter if isinstance(letter, bytes) else json.dumps(letter).encode()
        return HTTP.post(self.filings, content=content, headers={"Authorization": f"Bearer {token}"})

    def of_enterprise(self, credit_code: str) -> list[str]:
        """The numbers of an enterprise's letters in the order of arrival."""
        answer = HTTP.get(self.filings, params={"credit_code": credit_code})
        return [filing["number"] for filing in answer.json()["filings"]]

    def has(self, number: str) -> bool:
        return HTTP.get(f"{self.filings}/{number}").status_code == 200


def city(url: str = "http://127.0.0.1:9/filings") -> Addressee:
    """The city's platform, which gave us a token."""
    return Addressee(code=ONLY, name="市监督平台", url=url, token=TOKEN)


def line_to(url: str, *, timeout: float = 5, allowed: tuple[str, ...] = ("127.0.0.0/8",)) -> Platform:
    """A line to a platform that knows our token, as the worker opens one."""
    return Platform(
        addressee=city(url),
        seal=Seal(private=KEY),
        timeout=timedelta(seconds=timeout),
        allowed=allowed,
        clock=lambda: datetime.now(UTC),
    )


@contextmanager
def receiver(state: Path, *options: str, reading: str = "--open-reads", **environment: str) -> Iterator[Receiver]:
    """`manage.py receiver` on a free port (or the one in `options`), which tests may read."""
    process = manage(
        "receiver",
        "--state",
        str(state),
        *([reading] if reading else []),
        *(options if "--port" in options else ("--port", "0", *options)),
        quiet=False,
        **environment,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate()[1])
        yield Receiver(filings=json.loads(line)["filings"], process=process)
    finally:
        end(process, signal.SIGKILL)


@dataclass(frozen=True)
class Answer:
    """What a scripted platform says to one letter; `drip`: seconds between the bytes of the answer's head."""

    status: int = 200
    content: bytes = b'{"status": "stored", "receipt": "R1"}'
    location: str = ""
    retry_after: str = ""
    drip: float = 0.0


@contextmanager
def scripted(reply: Callable[[dict[str, Any]], Answer]) -> Iterator[str]:
    """A platform over real HTTP that answers each letter as `reply` says. Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if answer.drip:
                self._drip(answer.drip)
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.content)))
            if answer.retry_after:
                self.send_header("Retry-After", answer.retry_after)
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.content)

        def _drip(self, seconds: float) -> None:
            self.close_connection = True
            for byte in b"HTTP/1.1 200 OK\r\nX-Patience: " + b"." * 1000:
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return
                if leaving.wait(seconds):
                    return

        def log_message(self, *_: Any) -> None:
            pass

    leaving = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/filings"
        finally:
            leaving.set()
            server.shutdown()
            thread.join()


class Outbox:
    """The database that worker processes see: PostgreSQL's own, or a copy in a file of the SQLite in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started: list[subprocess.Popen[str]] = []

    def owe(self, *letters: tuple[str, str]) -> None:
        """Filings (number, credit code), all in one deed, and from now on seen by the workers."""
        with transaction.atomic():
            for number, credit_code in letters:
                file(
                    number=number,
                    event="visit.filed",
                    credit_code=credit_code,
                    visit="V",
                    payload={"officers": ["张伟"]},
                    at=timezone.now() - timedelta(seconds=1),
                )
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(self._path)) as copy:
                connection.connection.backup(copy)

    @property
    def url(self) -> str:
        if connection.vendor == "sqlite":
            return f"sqlite:///{self._path}"
        where = connection.settings_dict
        return f"postgres://{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}/{where['NAME']}"

    def sql(self, statement: str) -> list[Any]:
        """Run a statement in the workers' database."""
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(self._path, timeout=20)) as copy, copy:
                return copy.execute(statement).fetchall()
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def statuses(self) -> dict[str, tuple[str, int]]:
        """number → (status, attempts)."""
        rows = self.sql(
            "SELECT number, coalesce(d.status, f.status), coalesce(attempts, 0) FROM audit_filing f "
            "LEFT JOIN audit_delivery d ON d.filing_id = f.id ORDER BY f.id"
        )
        return {number: (status, attempts) for number, status, attempts in rows}

    def worker(
        self, *options: str, platform: str = "", quiet: bool = False, **environment: str
    ) -> "subprocess.Popen[str]":
        process = manage("work", *options, quiet=quiet, DATABASE_URL=self.url, PLATFORM_URL=platform, **environment)
        self._started.append(process)
        return process

    def leave(self) -> None:
        """No worker outlives its test, however that ended."""
        for process in self._started:
            with process:
                process.kill()
