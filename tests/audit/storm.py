"""A platform in bad weather, for the suite and for bench/delivery.py."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from audit.receiving import Archive, read_envelope, read_letter


class Storm:
    """A real archive behind a door that fails, hangs, drops, babbles and forgets to answer, by the dice."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.dice = random.Random(20261122)
        self.calm = self.away = False
        self.letters = 0

    def mood(self) -> str:
        self.letters += 1
        moods = ["well"] * 12 + ["500", "503", "nonsense", "html", "stored-unheard", "hangs", "drops", "twice"]
        return "well" if self.calm else self.dice.choice(moods)


@contextmanager
def stormy(storm: Storm) -> Iterator[str]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            content = self.rfile.read(length)
            if len(content) < length:  # its worker was killed in the middle of it
                self.close_connection = True
                return
            if storm.away:
                self.close_connection = True
                return
            if self.path == "/manifests":
                answer = storm.archive.reckon(read_envelope(content), at=datetime.now(UTC))
                self._say(201, json.dumps(answer).encode())
                return
            mood, letter = storm.mood(), read_letter(content)
            if mood in ("well", "stored-unheard", "hangs", "twice"):
                status, receipt = storm.archive.take(letter, at=datetime.now(UTC))
                said = json.dumps({"status": status, "receipt": receipt}).encode()
            if mood == "hangs":
                time.sleep(1.5)
            if mood == "twice":
                storm.archive.take(letter, at=datetime.now(UTC))
            if mood in ("stored-unheard", "drops"):
                self.close_connection = True
            elif mood in ("500", "503"):
                self._say(int(mood), b"")
            elif mood in ("nonsense", "html"):
                self._say(200, b"<html>" if mood == "html" else b"\xff\x00")
            else:
                self._say(201, said)

        def _say(self, status: int, content: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A killed worker's connection is reset: that is what the storm is about."""

    with Server(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/filings"
        finally:
            server.shutdown()
            thread.join()
