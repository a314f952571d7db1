"""Platforms to deliver to: the real receiver in a process of its own, and one that says what a test wants."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from audit.addressee import ONLY, Addressee
from audit.log_keys import LogKeys
from audit.supervision import Platform
from audit.webhook import Seal

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "the-platform-knows-us"
KEY = LogKeys.derived("the house under test").filing_key()
HOUSE = "https://ruqi.example.gov.cn"


def manage(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """`manage.py` in a process of its own, in the house under test."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLATFORM_")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**inherited, "RUQI_ENV": "test", "PLATFORM_TOKEN": TOKEN, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]", by: signal.Signals) -> int:
    """Signal a process and wait for it: its exit code."""
    if process.poll() is None:
        process.send_signal(by)
    process.communicate(timeout=20)
    return process.returncode


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
        return httpx.post(self.filings, content=content, headers={"Authorization": f"Bearer {token}"}, trust_env=False)

    def of_enterprise(self, credit_code: str) -> list[str]:
        """The numbers of an enterprise's letters in the order of arrival."""
        answer = httpx.get(self.filings, params={"credit_code": credit_code}, trust_env=False)
        return [filing["number"] for filing in answer.json()["filings"]]

    def has(self, number: str) -> bool:
        return httpx.get(f"{self.filings}/{number}", trust_env=False).status_code == 200


def line_to(url: str, *, timeout: float = 5, allowed: tuple[str, ...] = ("127.0.0.0/8",)) -> Platform:
    """A line to a platform that knows our token, as the worker opens one."""
    addressee = Addressee(code=ONLY, name="市监督平台", url=url, token=TOKEN)
    return Platform(addressee=addressee, seal=Seal(private=KEY), timeout=timedelta(seconds=timeout), allowed=allowed)


@contextmanager
def receiver(state: Path, *options: str, **environment: str) -> Iterator[Receiver]:
    """`manage.py receiver` on a free port (or the one in `options`)."""
    process = manage(
        "receiver",
        "--state",
        str(state),
        *(options if "--port" in options else ("--port", "0", *options)),
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
