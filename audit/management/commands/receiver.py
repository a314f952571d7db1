"""`manage.py receiver`: a small, real supervision platform in a process of its own, for demos, tests and drills."""

import hmac
import ipaddress
import json
import signal
import threading
import time
from argparse import ArgumentParser
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from django.utils import timezone

from audit.envelope import Envelope
from audit.policy import ReceiverPolicy
from audit.receiving import Archive, ForeignFile, Nonsense, read_envelope, read_letter
from audit.webhook import ID, SIGNATURE, TIMESTAMP, BadKey, BadSignature, Trust

BODY_LIMIT = 1_048_576
MANIFEST_LIMIT = 16_777_216
"""A manifest names every letter of a day."""
PAGE_LENGTH = 100
RECOVERY_LENGTH = 200
"""Letters in one answer to a house that asks for what it has lost."""
MANIFESTS_SHOWN = 7
SIGNED = (ID, TIMESTAMP, SIGNATURE)
"""The headers that are kept with a letter, so that its house can be shown its own signature."""
HEADER_LENGTH = 2_000


class Receiver(ThreadingHTTPServer):
    """The listening side. `fail_first`: so many posts are answered 500; `delay`: seconds before each post's answer.

    `reads_are_open`: to browsers and programs of this machine, without the token. Not beyond loopback.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        host: str,
        port: int,
        *,
        archive: Archive,
        token: str,
        trust: Trust,
        open_reads: bool,
        fail_first: int,
        delay: float,
    ) -> None:
        if open_reads and not is_this_machine(host):
            raise ValueError("--open-reads: 127.0.0.1")
        self.reads_are_open = open_reads
        self.archive = archive
        self.token = token
        self.trust = trust
        self.delay = delay
        self._failures_left = fail_first
        self._lock = threading.Lock()
        super().__init__((host, port), Door)

    def fails_now(self) -> bool:
        """Does this post meet one of the first failures?"""
        with self._lock:
            fails = self._failures_left > 0
            self._failures_left -= fails
            return fails


def is_this_machine(host: str) -> bool:
    """Does this name loopback, with or without a port? A page from elsewhere may bear another name that leads here."""
    try:
        name = urlsplit(f"//{host if host.count(':') < 2 or host.startswith('[') else f'[{host}]'}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Door(BaseHTTPRequestHandler):
    """Parse, one call, answer."""

    server: Receiver
    server_version, sys_version = "ruqi-receiver", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        content = self._content()
        if content is None:
            return
        if not self._is_believed(content):
            return
        place = urlsplit(self.path).path
        if place not in ("/filings", "/manifests"):
            self._refuse(HTTPStatus.NOT_FOUND, "not_found", "备案请 POST 到 /filings，对账单到 /manifests")
            return
        time.sleep(self.server.delay)
        if self.server.fails_now():
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "on_purpose", "按 --fail-first 的要求失败")
            return
        try:
            answer = self._take_manifest(content) if place == "/manifests" else self._take_letter(content)
        except Nonsense as nonsense:
            self._refuse(nonsense.status, nonsense.code, str(nonsense))
            return
        self._json(201 if answer["status"] == "stored" else 200, answer)

    def _take_letter(self, content: bytes) -> dict[str, Any]:
        letter = read_letter(content)
        self._check_id(letter)
        headers = {name: self.headers[name][:HEADER_LENGTH] for name in SIGNED if self.headers[name]}
        status, receipt = self.server.archive.take(letter, at=timezone.now(), headers=headers)
        return {"status": status, "receipt": receipt}

    def _take_manifest(self, content: bytes) -> dict[str, Any]:
        manifest = read_envelope(content)
        self._check_id(manifest)
        return self.server.archive.reckon(manifest, at=timezone.now())

    def _check_id(self, letter: Envelope) -> None:
        """What was signed as one message is not another one inside."""
        if self.server.trust and self.headers.get(ID) != letter.number:
            raise Nonsense("id", "webhook-id 应与 id 相同")

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        if not self._may_read():
            self._refuse(HTTPStatus.UNAUTHORIZED, "unauthorized", "令牌无效")
        elif target.path == "/":
            self._page()
        elif target.path == "/manifests":
            self._json(200, {"manifests": self.server.archive.manifests(PAGE_LENGTH)})
        elif target.path == "/filings" and "since" in parse_qs(target.query):
            self._since(parse_qs(target.query))
        elif target.path == "/filings":
            codes = parse_qs(target.query).get("credit_code", [])
            if len(codes) != 1:
                self._refuse(422, "credit_code", "请用 ?credit_code= 指明一家企业")
                return
            found = self.server.archive.of_enterprise(codes[0])
            self._json(200, {"filings": [arrival.public() for arrival in found]})
        elif target.path.startswith("/filings/"):
            arrival = self.server.archive.one(unquote(target.path.removeprefix("/filings/")))
            if arrival is None:
                self._refuse(HTTPStatus.NOT_FOUND, "not_found", "没有收到过该备案号")
            else:
                self._json(200, arrival.public())
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "not_found", "没有该地址")

    def _since(self, asked: dict[str, list[str]]) -> None:
        """`next` is what to ask `after` for more; null at the end."""
        try:
            since, after = datetime.fromisoformat(asked["since"][0]), int(asked.get("after", ["0"])[0])
            found = self.server.archive.since(since, after=after, limit=RECOVERY_LENGTH)
        except (ValueError, OverflowError):
            self._refuse(422, "since", "since 应为带时区的时间，after 应为位置")
            return
        more = found[-1].position if len(found) == RECOVERY_LENGTH else None
        self._json(200, {"filings": [arrival.public() for arrival in found], "next": more})

    def _content(self) -> bytes | None:
        """The posted bytes, read to the end so that the connection may be used again; None when refused."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self.close_connection = True
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "length_required", "须有 Content-Length")
            return None
        limit = MANIFEST_LIMIT if urlsplit(self.path).path == "/manifests" else BODY_LIMIT
        if len(length) > 9 or int(length) > limit:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "内容过大")
            # Closing with bytes unread resets the connection, and the poster may never see the refusal.
            self.rfile.read(min(int(length[:9]), 8 * BODY_LIMIT))
            return None
        return self.rfile.read(int(length))

    def _is_believed(self, content: bytes) -> bool:
        """Do the token and the signature hold, as far as they were set? Answers whoever is not believed."""
        if not self._knows_the_token():
            self._refuse(HTTPStatus.UNAUTHORIZED, "unauthorized", "令牌无效")
            return False
        if not self.server.trust:
            return True
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.trust.check(headers, body=content, at=timezone.now())
        except BadSignature as refusal:
            self._refuse(HTTPStatus.UNAUTHORIZED, "signature", str(refusal))
            return False
        return True

    def _may_read(self) -> bool:
        """Whoever has the token; with --open-reads whoever knocks at this machine under its own name. A proxy before it
        is on loopback, too."""
        if self.server.token and self._knows_the_token():
            return True
        return self.server.reads_are_open and is_this_machine(self.headers.get("Host", ""))

    def _knows_the_token(self) -> bool:
        if not self.server.token:
            return True
        said = self.headers.get("Authorization", "")
        return hmac.compare_digest(said.encode(), f"Bearer {self.server.token}".encode())

    def _page(self) -> None:
        arrivals = self.server.archive.latest(PAGE_LENGTH)
        html = render_to_string(
            "audit/receiver.html",
            {
                "arrivals": arrivals,
                "count": self.server.archive.count(),
                "manifests": self.server.archive.manifests(MANIFESTS_SHOWN),
            },
        )
        self._answer(200, "text/html; charset=utf-8", html.encode())

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._json(status, {"error": code, "detail": detail})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, "application/json", json.dumps(body, ensure_ascii=False).encode())

    def _answer(self, status: int, content_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses (an unknown method, a broken request line) is JSON as well."""
        self.close_connection = True
        self._refuse(405 if code == HTTPStatus.NOT_IMPLEMENTED else code, "bad_request", message or "请求有误")

    def log_message(self, *_args: Any) -> None:
        """Quiet: the list at / is the log."""


class Command(BaseCommand):
    help = "Runs a small supervision platform: POST /filings, GET /filings/<number>, ?credit_code=, a list at /."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="0 takes a free one; the first line says which")
        parser.add_argument("--state", type=Path, required=True, metavar="FILE", help="the receiver's own SQLite file")
        parser.add_argument("--host", default="127.0.0.1", help="where it listens (127.0.0.1)")
        parser.add_argument("--open-reads", action="store_true", help="on this machine reading needs no token: demos")
        parser.add_argument("--fail-first", type=int, default=0, metavar="N", help="answer the first N posts with 500")
        parser.add_argument("--delay-ms", type=int, default=0, metavar="MS", help="wait before each post's answer")

    def handle(
        self,
        *args: Any,
        port: int,
        state: Path,
        host: str,
        open_reads: bool,
        fail_first: int,
        delay_ms: int,
        **options: Any,
    ) -> None:
        policy: ReceiverPolicy = settings.RECEIVER_POLICY
        try:
            trust = Trust.read(public=policy.public_key, secret=policy.secret)
        except BadKey as error:
            raise CommandError(f"PLATFORM_PUBLIC_KEY, PLATFORM_SECRET: {error}") from error
        if not policy.token and not trust:
            raise CommandError("PLATFORM_PUBLIC_KEY、PLATFORM_SECRET、PLATFORM_TOKEN 均未设置：接收端不知道该信谁")
        try:
            with (
                Archive(state) as archive,
                Receiver(
                    host,
                    port,
                    archive=archive,
                    token=policy.token,
                    trust=trust,
                    open_reads=open_reads,
                    fail_first=fail_first,
                    delay=max(0, delay_ms) / 1000,
                ) as server,
            ):
                self._serve(server)
        except ForeignFile as error:
            raise CommandError(str(error)) from error
        except (OSError, OverflowError, ValueError) as error:
            raise CommandError(f"{host}:{port}: {error}") from error

    def _serve(self, server: Receiver) -> None:
        def end(*_frame: Any) -> None:
            # shutdown waits for serve_forever, which this handler interrupts: so it waits elsewhere
            threading.Thread(target=server.shutdown).start()

        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
        host, port = server.server_address[0], server.server_address[1]
        place = f"[{host!s}]" if ":" in str(host) else str(host)
        self.stdout.write(json.dumps({"event": "listening", "filings": f"http://{place}:{port}/filings"}))
        self.stdout.flush()
        try:
            server.serve_forever(poll_interval=0.1)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
