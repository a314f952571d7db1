"""What an OpenID Connect ID token says, once everything about it has been proved. Pure.

OpenID Connect Core 1.0, 3.1.3.7: signature by a key of the issuer, `iss`, `aud`, `azp`, `exp`, `iat`, `nonce`.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact, validate_compact

from audit.duties import is_username
from audit.policy import OidcPolicy

CLOCK_SKEW = timedelta(minutes=1)
OLDEST = timedelta(minutes=10)
SMALLEST_RSA = 2048
END_OF_TIME = 1 << 40
"""Seconds since 1970; a moment beyond is none."""
KINDS = {"RS256": "RSA", "ES256": "EC"}
"""Which kind of key each algorithm is proved with: a token does not choose another."""


class TokenRefused(ValueError):
    """It names nobody; the word says why, for the log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Whom the issuer names, as accounts are named here, and whether it vouches for the second factor too."""

    username: str
    second_factor: bool


class _Registry(JWSRegistry):
    algorithms = {name: JWSRegistry.algorithms[name] for name in KINDS}
    max_payload_length = 16_000


def read_id_token(
    token: str, *, keys: Sequence[Mapping[str, Any]], policy: OidcPolicy, nonce: str, at: datetime
) -> Known:
    """Raises TokenRefused. `keys`: the issuer's JWKs. `nonce`: what this log-in was sent with."""
    claims = _proved(token, keys)
    if claims.get("iss") != policy.issuer:
        raise TokenRefused("iss")
    _for_us(claims, policy.client_id)
    _now(claims, at)
    said = claims.get("nonce")
    if not isinstance(said, str) or not said.isascii() or not hmac.compare_digest(said, nonce):
        raise TokenRefused("nonce")
    username = claims.get(policy.claim)
    if not isinstance(username, str) or not is_username(username):
        raise TokenRefused(f"claim {policy.claim}")
    context, methods = claims.get("acr"), claims.get("amr")
    vouched = (isinstance(context, str) and context in policy.acr) or (
        isinstance(methods, list) and any(one in policy.amr for one in methods if isinstance(one, str))
    )
    return Known(username=username, second_factor=vouched)


def _proved(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The claims, signed by one of these keys."""
    try:
        signed = extract_compact(token.encode(), registry=_Registry())
        header = signed.headers()
        genuine = validate_compact(signed, _key(header, keys), [header["alg"]], _Registry(algorithms=[header["alg"]]))
        claims = json.loads(signed.payload or b"")
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TokenRefused(f"signature: {error}") from error
    if not genuine:
        raise TokenRefused("signature")
    if not isinstance(claims, dict):
        raise TokenRefused("claims")
    return claims


def _key(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> RSAKey | ECKey:
    """The one key that this header may mean. Raises ValueError if none does, or several do."""
    algorithm, name = header.get("alg"), header.get("kid")
    kind = KINDS.get(str(algorithm))
    fit = [
        dict(key)
        for key in keys
        if kind is not None
        and key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (name is None or key.get("kid") == name)
    ]
    if len(fit) != 1:
        raise ValueError(f"{len(fit)} keys for {algorithm} {name}")
    if kind == "EC":
        if fit[0].get("crv") != "P-256":
            raise ValueError("a key on another curve")
        return ECKey.import_key(fit[0])
    found = RSAKey.import_key(fit[0])
    if found.raw_value.key_size < SMALLEST_RSA:
        raise ValueError("a short key")
    return found


def _for_us(claims: Mapping[str, Any], client: str) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if client not in named:
        raise TokenRefused("aud")
    if (len(named) > 1 or "azp" in claims) and claims.get("azp") != client:
        raise TokenRefused("azp")


def _now(claims: Mapping[str, Any], at: datetime) -> None:
    now, skew = at.timestamp(), CLOCK_SKEW.total_seconds()
    ends, made = _moment(claims, "exp"), _moment(claims, "iat")
    if now >= ends + skew:
        raise TokenRefused("exp")
    if not now - OLDEST.total_seconds() <= made <= now + skew:
        raise TokenRefused("iat")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < END_OF_TIME:
        raise TokenRefused(name)  # NaN and Infinity, which Python's JSON knows, are not within either
    return float(found)
