"""docs/reference/electronic-id-vectors.json: what every reader of electronic IDs must answer, byte for byte.

The keys are derived from public words, so that anybody can make further ones: they are worth nothing.
"""

import json
from typing import Any

from officers import base45
from project.reference.vectors import genuine, hostile, worthless
from project.reference.vectors.cast import (
    ISSUER,
    ISSUER_BEFORE,
    PHONE,
    PHONE_EVEN,
    REVOKED,
    STRANGER,
    base64url,
)
from project.reference.vectors.vector import Vector

BYTES = (b"", b"A", b"AB", b"Hello!!", b"base-45", b"ietf!", bytes(range(256)), b"\xff" * 5)


def document() -> str:
    """The file."""
    told = {
        "about": "docs/reference/electronic-id.md. now: seconds since 1970 by the reader's clock; credit_code: of the "
        "enterprise whose page reads; status_list: whether the reader has a list that is young enough.",
        "jwks": {
            "keys": [
                {**key.public.jwk(), "kid": base64url(key.kid), "alg": "ES256", "use": "sig", "nbf": usable_from}
                for key, usable_from in (ISSUER, ISSUER_BEFORE)
            ]
        },
        "revoked": list(REVOKED),
        "private_keys": {
            "issuer": ISSUER[0].private_jwk(),
            "issuer_before": ISSUER_BEFORE[0].private_jwk(),
            "stranger": STRANGER.private_jwk(),
            "phone": PHONE.private_jwk(),
            "phone_even": PHONE_EVEN.private_jwk(),
        },
        "base45": [{"hex": data.hex(), "text": base45.encode(data)} for data in BYTES],
        "vectors": [_told(vector) for vector in (*genuine.vectors(), *worthless.vectors(), *hostile.vectors())],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _told(vector: Vector) -> dict[str, Any]:
    return {
        "name": vector.name,
        "text": vector.text,
        "credit_code": vector.credit_code,
        "now": vector.now,
        "status_list": "known" if vector.status_known else "unknown",
        "colour": vector.reason.colour.value,
        "reason": vector.reason.value,
        **({"says": vector.says} if vector.says is not None else {}),
    }
