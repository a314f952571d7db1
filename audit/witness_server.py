"""The witness's door (C2SP tlog-witness over HTTP): `python -m audit.witness_server witness.toml`.

Runs on another agency's machine, from these modules, Python and `cryptography` alone.
"""

import argparse
import json
import re
import signal
import sys
import threading
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from audit.add_checkpoint import MOST_BYTES, PATH, SIZE_TYPE
from audit.log_keys import BadLogKeys, LogKeys
from audit.note import COSIGNATURE, Verifier
from audit.witness import ForeignFile, Memory, Refused, Witness

TEXT = "text/plain; charset=utf-8"
_LATEST = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)


class BadConfig(ValueError):
    """The file does not say who the witness is and what it watches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The TOML file: `name`, `key` and `state` (files, relative to it), `host`, `port`, and `logs`, the logs' vkeys.

    A log's origin is the name of its keys.
    """

    name: str
    key: Path
    state: Path
    host: str
    port: int
    logs: Mapping[str, list[Verifier]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises BadConfig."""
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
            logs: dict[str, list[Verifier]] = {}
            for vkey in said.get("logs", []):
                verifier = Verifier.of(vkey)
                if verifier.kind == COSIGNATURE:
                    raise BadConfig(f"{path}: {vkey}: a witness's key is no log's")
                logs.setdefault(verifier.name, []).append(verifier)
            return cls(
                name=str(said["name"]),
                key=path.parent / said["key"],
                state=path.parent / said["state"],
                host=str(said.get("host", "127.0.0.1")),
                port=int(said.get("port", 8020)),
                logs=logs,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadConfig(f"{path}: {error!r}") from error


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], *, witness: Witness) -> None:
        self.witness = witness
        super().__init__(address, Door)


class Door(BaseHTTPRequestHandler):
    """Parse, one call, answer."""

    server: Server
    server_version, sys_version = "ruqi-witness", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 10) or int(length) > MOST_BYTES:
            self.close_connection = True
            self._answer(413 if length else 411, "Content-Length\n")
            return
        content = self.rfile.read(int(length))
        if self.path != PATH:
            self._answer(404, "POST /add-checkpoint\n")
            return
        try:
            self._answer(200, self.server.witness.cosign(content, seconds=int(time.time())))
        except Refused as refusal:
            if refusal.size is not None:
                self._answer(refusal.status, f"{refusal.size}\n", content_type=SIZE_TYPE)
            else:
                self._answer(refusal.status, f"{refusal}\n")

    def do_GET(self) -> None:
        """The last cosigned checkpoint of a log, at the SHA-256 of its origin: what everybody may compare."""
        found = _LATEST.fullmatch(self.path)
        note = self.server.witness.latest(found.group(1)) if found else None
        self._answer(200 if note else 404, note or "no such log\n")

    def _answer(self, status: int, text: str, *, content_type: str = TEXT) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Quiet: what was cosigned is in the state file."""


def run(config: Path) -> None:
    """Watch until SIGTERM or SIGINT. The first line on standard output says where, and with which key.

    Raises BadConfig, BadLogKeys, ForeignFile, OSError.
    """
    told = Config.read(config)
    key = LogKeys.read(told.key).witness_key(told.name)
    with (
        Memory(told.state) as memory,
        Server((told.host, told.port), witness=Witness(key=key, logs=told.logs, memory=memory)) as server,
    ):
        port = server.server_address[1]
        line = {"event": "listening", "url": f"http://{told.host}:{port}", "vkey": key.verifier.vkey()}
        print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201
        _serve(server)


def make_key(config: Path) -> str:
    """Write a new key where the configuration wants one, never over another; its vkey. Raises BadConfig, OSError."""
    told = Config.read(config)
    keys = LogKeys.made()
    keys.write(told.key)
    return keys.witness_key(told.name).verifier.vkey()


def _serve(server: Server) -> None:
    def end(*_frame: Any) -> None:
        # shutdown waits for serve_forever, which this handler interrupts: so it waits elsewhere
        threading.Thread(target=server.shutdown).start()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> None:
    parser = argparse.ArgumentParser(description="A witness of transparency logs (C2SP tlog-witness).")
    parser.add_argument("config", type=Path, help="TOML: name, key, state, host, port, logs (vkeys)")
    parser.add_argument("--make-key", action="store_true", help="write a new key and print its vkey")
    asked = parser.parse_args()
    try:
        if asked.make_key:
            print(make_key(asked.config))  # noqa: T201
        else:
            run(asked.config)
    except (BadConfig, BadLogKeys, ForeignFile, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
