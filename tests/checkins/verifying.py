"""The verifier's JavaScript, run by the Node that Playwright brings; and what an officer's phone shows it."""

import base64
import json
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateNumbers,
    EllipticCurvePublicNumbers,
)
from playwright._impl._driver import compute_driver_executable

from officers.es256 import Es256Signer
from tests.house.source import ROOT

SCRIPTS = ROOT / "checkins/static/checkins/verify"
RUNNER = Path(__file__).with_name("verify_in_node.mjs")
VECTORS = ROOT / "docs/reference/electronic-id-vectors.json"


@cache
def vectors() -> dict[str, Any]:
    """docs/reference/electronic-id-vectors.json."""
    read: dict[str, Any] = json.loads(VECTORS.read_text())
    return read


def in_node(
    cases: Iterable[Mapping[str, Any]] = (),
    *,
    jwks: Mapping[str, Any] | None = None,
    status_list: str | None = None,
    cbor: Iterable[bytes] = (),
    packed: Iterable[bytes] = (),
    older: bool = False,
) -> dict[str, Any]:
    """What the page's scripts answer to these cases; see verify_in_node.mjs."""
    words = {
        "folder": SCRIPTS.as_uri(),
        "jwks": jwks or vectors()["jwks"],
        "list": status_list,
        "cases": list(cases),
        "cbor": [data.hex() for data in cbor],
        "older": older,
        "packed": [base64.b64encode(data).decode() for data in packed],
    }
    node = compute_driver_executable()[0]
    ran = subprocess.run([node, str(RUNNER)], input=json.dumps(words), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def signer(name: str) -> Es256Signer:
    """One of the private keys that stand beside the vectors."""
    jwk = vectors()["private_keys"][name]
    x, y, d = (int.from_bytes(base64.urlsafe_b64decode(jwk[part] + "=")) for part in "xyd")
    return Es256Signer(EllipticCurvePrivateNumbers(d, EllipticCurvePublicNumbers(x, y, SECP256R1())).private_key())


def status_list(
    *,
    revoked: Iterable[int],
    iat: int,
    ttl: int = 3600,
    by: Es256Signer | None = None,
    places: int = 80_000,
    **header: Any,
) -> str:
    """A status list's token in which these places are taken back. `header` replaces members of its header."""
    by = by or signer("issuer")
    bits = bytearray(-(-places // 8))
    for place in revoked:
        bits[place // 8] |= 1 << place % 8
    claims = {
        "sub": "https://rq.example/status-lists/1",
        "iat": iat,
        "exp": iat + 2 * ttl,
        "ttl": ttl,
        "status_list": {"bits": 1, "lst": base64url(zlib.compress(bytes(bits)))},
    }
    head = {"alg": "ES256", "typ": "statuslist+jwt", "kid": base64url(by.kid), **header}
    said = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    return f"{said}.{base64url(by.sign(said.encode()))}"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
