"""What no HTTP library would send, to production's own server, byte by byte."""

import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests.restoring import Backup
from tests.serving import serving
from tests.town import build, scan_body

pytestmark = [pytest.mark.xdist_group("raw-http"), pytest.mark.embedded]

HEAD = b"POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer token-of-13050200101\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = HEAD + JSON + b"Transfer-Encoding: chunked\r\n"


@dataclass(frozen=True)
class Door:
    """Where the server listens, and the file that it writes."""

    port: int
    database: Path

    def say(self, request: bytes, *, half_close: bool = False) -> tuple[int, bytes]:
        """Send these bytes; the status (0: hung up without a word) and all that came back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            with suppress(OSError):  # it may answer, and hang up, before it has heard all
                line.sendall(request)
                if half_close:
                    line.shutdown(socket.SHUT_WR)
            answer = self._listen(line)
        found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return int(found[1]) if found else 0, answer

    @staticmethod
    def _listen(line: socket.socket) -> bytes:
        """Until the server closes, or has said no more for half a second after its first words."""
        answer = b""
        with suppress(TimeoutError, ConnectionResetError):
            while part := line.recv(65536):
                answer += part
                line.settimeout(0.5)
        return answer

    def scans(self) -> int:
        """How many are stored."""
        with sqlite3.connect(self.database) as database:
            return int(database.execute("SELECT count(*) FROM checkins_scan").fetchone()[0])


@pytest.fixture(scope="module")
def door(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """The town is founded in the tests' own database, which is migrated already, copied, and taken out again."""
    folder = tmp_path_factory.mktemp("raw")
    house = folder / "ruqi.sqlite3"
    with django_db_blocker.unblock():
        before = Backup()
        try:
            build()
            with closing(sqlite3.connect(house)) as copy:
                connection.connection.backup(copy)
        finally:
            before.restore()
            before.drop()
    with serving(f"sqlite:///{house}", log=folder / "log") as client:
        port = client.base_url.port
        assert port is not None
        yield Door(port, house)


def _body() -> bytes:
    return json.dumps(scan_body()).encode()


def _chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def _sized(body: bytes, *, length: int | None = None, head: bytes = HEAD + JSON) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def test_a_whole_request_is_taken(door: Door) -> None:
    before = door.scans()
    status, answer = door.say(_sized(_body()))
    assert status == 201, answer
    assert door.scans() == before + 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        CHUNKED + b"\r\n" + _chunks(_body(), b""),
        CHUNKED + b"\r\n" + _chunks(_body()[:50], _body()[50:], b""),
        CHUNKED + b"\r\n" + _chunks(b"x" * 10_000_000, b""),
        CHUNKED + b"Content-Length: 20\r\n\r\n" + _chunks(_body(), b""),
    ],
    ids=["one chunk", "two chunks", "10 MB", "and a length"],
)
def test_a_body_in_chunks_is_not_taken_for_an_empty_one(door: Door, request_bytes: bytes) -> None:
    before = door.scans()
    status, answer = door.say(request_bytes)
    assert status in {411, 400, 0}, answer
    if status == 411:
        assert b"application/problem+json" in answer
        assert "请求须带 Content-Length".encode() in answer
    assert door.scans() == before


def test_a_body_in_one_chunk_is_told_what_is_wanted(door: Door) -> None:
    status, answer = door.say(CHUNKED + b"\r\n" + _chunks(_body(), b""))
    assert status == 411, answer
    assert b"/problems/length-required" in answer


@pytest.mark.parametrize("size", [262_145, 10_000_000])
def test_a_large_body_is_refused(door: Door, size: int) -> None:
    before = door.scans()
    status, answer = door.say(_sized(b'{"a": "' + b"x" * (size - 9) + b'"}'))
    # The server hangs up on the rest of 10 MB, and the reset may overtake its answer.
    assert status == 413 or (status == 0 and size > 10**6), answer
    assert status == 0 or b"/problems/body-too-large" in answer
    assert door.scans() == before


@pytest.mark.parametrize(
    "request_bytes",
    [
        _sized(_body()[:-20], length=len(_body())),
        _sized(_body(), length=10),
        _sized(_body(), length=0),
        HEAD + JSON + b"\r\n" + _body(),
        HEAD + JSON + b"Content-Length: -1\r\n\r\n" + _body(),
        HEAD + JSON + b"Content-Length: ten\r\n\r\n" + _body(),
        HEAD + JSON + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + _body(),
        HEAD + b"X-Nothing: \x00\r\n" + JSON + b"Content-Length: 2\r\n\r\n{}",
        b"POST /api/v1/scans HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /api/v1/scans\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        HEAD + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n",
    ],
    ids=[
        "cut off",
        "ten bytes of it",
        "none of it",
        "no length",
        "length below zero",
        "length in words",
        "two lengths",
        "NUL in a header",
        "HTTP/9.9",
        "TLS",
        "NUL in the path",
        "endless header",
    ],
)
def test_what_is_no_whole_request_stores_nothing_and_breaks_nothing(door: Door, request_bytes: bytes) -> None:
    before = door.scans()
    status, answer = door.say(request_bytes, half_close=True)
    assert status == 0 or 400 <= status < 500, answer
    assert door.scans() == before
    assert door.say(_sized(_body()))[0] == 201


def test_head_has_no_body_and_a_strange_host_is_refused(door: Door) -> None:
    status, answer = door.say(b"HEAD /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert (status, answer.partition(b"\r\n\r\n")[2]) == (405, b"")
    status, answer = door.say(b"GET /api/v1/me HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert status == 400
    assert b"/problems/bad-request" in answer
