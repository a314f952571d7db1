"""A small OpenID issuer, on a port of this machine: what the house meets outside. It does what a real one must."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import serialize_compact

CLIENT, SECRET = "ruqi", "s3cret with space"


@dataclass
class Issuer:
    """`claims`, `header`, `discovery`: what it says otherwise than it should. `key`: what it signs with."""

    address: str
    rsa: RSAKey
    ec: ECKey
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    published: list[Any] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    token_status: int = 200

    def as_usual(self) -> None:
        self.claims, self.discovery, self.header = {}, {}, {}
        self.key = self.published = None
        self.codes, self.asked, self.token_status = {}, [], 200

    def consent(self, way: str) -> dict[str, str]:
        """Somebody logs in at the issuer: the words with which the browser is sent back."""
        words = {name: values[0] for name, values in parse_qs(urlsplit(way).query).items()}
        assert words["response_type"] == "code"
        assert words["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = words
        return {"code": code, "state": words["state"], "iss": self.address}

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize?tenant=1",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.discovery,
        }

    def keys(self) -> dict[str, Any]:
        public = [key.as_dict(private=False) for key in (self.rsa, self.ec)]
        return {"keys": self.published if self.published is not None else public}

    def redeem(self, words: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if self.token_status != 200:
            return self.token_status, {"error": "server_error"}
        if self.document().get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
            proved = words.get("client_secret") == SECRET
        else:
            proved = authorization == "Basic " + base64.b64encode(f"{CLIENT}:s3cret%20with%20space".encode()).decode()
        asked = self.codes.pop(words["code"], None)  # once
        if not proved or asked is None or words["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(words["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self.token(asked["nonce"])}

    def token(self, nonce: str) -> str:
        key = self.key or self.rsa
        header = {"alg": "ES256" if isinstance(key, ECKey) else "RS256", "kid": key.kid, **self.header}
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "0001",
            "preferred_username": "li.jing",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.claims,
        }
        said = json.dumps({name: value for name, value in claims.items() if value is not None})
        return serialize_compact({name: value for name, value in header.items() if value is not None}, said, key)


@contextmanager
def running() -> Iterator[Issuer]:
    """It answers until the end of the block."""
    issuer: Issuer

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize"):
                self.send_back()
                return
            issuer.asked.append(self.path)
            found = {"/.well-known/openid-configuration": issuer.document, "/keys": issuer.keys}.get(self.path)
            self.say(200, found()) if found else self.say(404, {})

        def send_back(self) -> None:
            """In a real browser: whoever comes has logged in here long ago."""
            words = issuer.consent(self.path)
            self.send_response(302)
            self.send_header("Location", f"{issuer.codes[words['code']]['redirect_uri']}?{urlencode(words)}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            words = {name: values[0] for name, values in parse_qs(text).items()}
            self.say(*issuer.redeem(words, self.headers.get("Authorization", "")))

        def say(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        issuer = Issuer(
            address=f"http://127.0.0.1:{server.server_port}",
            rsa=RSAKey.generate_key(2048, {"kid": "r1"}),
            ec=ECKey.generate_key("P-256", {"kid": "e1"}),
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
