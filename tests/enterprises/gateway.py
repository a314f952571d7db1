"""A gateway for short messages in a process of its own: `python gateway.py SECRET LOG`. Prints its port.

What it is posted, and whether the signature is right, goes to LOG, a JSON line each. HMAC is written out here after
RFC 2104, so that the sender's is compared with another one. `/slow` never answers, `/broken` answers 500, `/moved` 302.
"""

import base64
import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

SECRET, LOG = base64.b64decode(sys.argv[1].removeprefix("whsec_")), Path(sys.argv[2])


def hmac_sha256(key: bytes, text: bytes) -> bytes:
    padded = key.ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + text).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signed = hmac_sha256(SECRET, f"{name}.{at}.".encode() + body)
        genuine = self.headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
        line = {"genuine": genuine, "id": name, "at": int(at), "type": self.headers["Content-Type"]}
        line |= json.loads(body)
        with LOG.open("a") as log:
            log.write(json.dumps(line) + "\n")
        if self.path == "/slow":
            time.sleep(5)
        self.send_response({"/broken": 500, "/moved": 302}.get(self.path, 202))
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
