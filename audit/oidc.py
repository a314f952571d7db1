"""Single sign-on (统一身份认证) by OpenID Connect: the way to the issuer, and what it gives for the code brought back.

Authorization code with PKCE (RFC 7636, S256). The issuer is asked anew at each log-in, keys and all: log-ins are rare,
and keys may change.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import httpx

from audit.outward import Said, TooLong, client, exchange
from audit.policy import OidcPolicy
from audit.reachable import Unreachable

MOST_BYTES = 200_000
DISCOVERY = "/.well-known/openid-configuration"


class SignOnFailed(Exception):
    """The issuer does not answer as it should; the text says how, for the log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What a browser takes along to the issuer, and where it wants to be afterwards."""

    state: str
    nonce: str
    verifier: str
    to: str

    @classmethod
    def new(cls, to: str) -> Self:
        return cls(state=_secret(), nonce=_secret(), verifier=_secret(), to=to)

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Issuer:
    """What the issuer says of itself (OpenID Connect Discovery 1.0)."""

    authorization: str
    token: str
    keys: str
    by_form: bool
    names_itself: bool

    @classmethod
    def read(cls, said: Mapping[str, Any], *, policy: OidcPolicy) -> Self:
        """Raises SignOnFailed: another issuer, or an endpoint that is less safe than the issuer's own address."""
        if said.get("issuer") != policy.issuer:
            raise SignOnFailed(f"discovery names {said.get('issuer')!r}")
        safe = {"https", urlsplit(policy.issuer).scheme}
        found = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        for address in found:
            if not isinstance(address, str) or urlsplit(address).scheme not in safe:
                raise SignOnFailed(f"endpoint {address!r}")
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return cls(
            authorization=str(found[0]),
            token=str(found[1]),
            keys=str(found[2]),
            by_form="client_secret_basic" not in methods and "client_secret_post" in methods,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def way(self, errand: Errand, *, policy: OidcPolicy, back: str) -> str:
        """Where the browser is sent."""
        words = {
            "response_type": "code",
            "client_id": policy.client_id,
            "redirect_uri": back,
            "scope": " ".join(policy.scopes),
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
        }
        if policy.acr:
            words["acr_values"] = " ".join(sorted(policy.acr))
        return f"{self.authorization}{'&' if urlsplit(self.authorization).query else '?'}{urlencode(words)}"


def discover(policy: OidcPolicy) -> Issuer:
    """Raises SignOnFailed."""
    return Issuer.read(_ask(policy, [_Question(policy.issuer.rstrip("/") + DISCOVERY)])[0], policy=policy)


def redeem(
    code: str, *, errand: Errand, issuer: Issuer, policy: OidcPolicy, back: str
) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """The ID token that the issuer gives for a code, and its keys; nothing is proved yet. Raises SignOnFailed."""
    words = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": errand.verifier,
        "client_id": policy.client_id,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if policy.secret and issuer.by_form:
        words["client_secret"] = policy.secret
    elif policy.secret:
        pair = f"{quote(policy.client_id, safe='')}:{quote(policy.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    told, keys = _ask(
        policy, [_Question(issuer.token, content=urlencode(words).encode(), headers=headers), _Question(issuer.keys)]
    )
    token, found = told.get("id_token"), keys.get("keys")
    if not isinstance(token, str) or not isinstance(found, list):
        raise SignOnFailed("no token, or no keys")
    return token, [key for key in found if isinstance(key, dict)]


@dataclass(frozen=True, slots=True)
class _Question:
    url: str
    content: bytes | None = None
    headers: Mapping[str, str] | None = None


def _ask(policy: OidcPolicy, questions: Sequence[_Question]) -> list[dict[str, Any]]:
    heard = asyncio.run(_all(policy, questions))
    return [_object(said, question.url) for said, question in zip(heard, questions, strict=True)]


async def _all(policy: OidcPolicy, questions: Sequence[_Question]) -> list[Said]:
    seconds = policy.timeout.total_seconds()
    try:
        async with asyncio.timeout(seconds), client(timeout=seconds) as through:
            return [
                await exchange(
                    through,
                    "GET" if one.content is None else "POST",
                    one.url,
                    content=one.content,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity", **(one.headers or {})},
                    allowed=policy.networks,
                    limit=MOST_BYTES,
                )
                for one in questions
            ]
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, Unreachable, TooLong) as error:
        raise SignOnFailed(f"{type(error).__name__}: {error}") from error


def _object(said: Said, url: str) -> dict[str, Any]:
    try:
        told = json.loads(said.content)
    except (ValueError, RecursionError) as error:
        raise SignOnFailed(f"{url}: HTTP {said.status}, no JSON") from error
    if said.status != 200 or not isinstance(told, dict):
        raise SignOnFailed(f"{url}: HTTP {said.status} {str(told)[:200]}")
    return told


def _secret() -> str:
    """43 characters, 256 bits."""
    return secrets.token_urlsafe(32)
