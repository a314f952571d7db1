"""A registered backend's signed word (RFC 7523 JWT bearer assertion): which officers may have a phone.

Claims: `iss` (the name in ASSERTION_BACKENDS), `aud` (this endpoint's full address), `iat`, `exp`, `jti`, and either
`sub` (one certificate number) with `device_name` and perhaps `public_key`, or `officers`: a list of them. What else a
backend may say in this way (`Statement`) is for the endpoint that it is said to.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from django.utils.translation import gettext_lazy as _
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry, extract_compact, validate_compact
from pydantic import BaseModel, Field, ValidationError, model_validator

from audit.problem import Problem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_LIFE = timedelta(minutes=10)
CLOCK_SKEW = timedelta(minutes=1)
MOST_OFFICERS = 500
LONGEST_ISSUER = 72

# Nothing that PostgreSQL cannot store or a log cannot show.
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]
Moment = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class AssertionRefused(Problem):
    """It proves nothing here; `reason` is a stable word. An unknown issuer and a wrong signature look alike."""

    code, status, title = "assertion-invalid", 400, _("断言无效")


class Wanted(BaseModel):
    """One phone for one officer."""

    certificate_no: Text = Field(max_length=32)
    device_name: Text = Field(max_length=80)
    public_key: dict[str, Any] | None = None


class Statement(BaseModel):
    """Who says it, to whom, and when. Times in seconds since 1970 (RFC 7519 NumericDate)."""

    iss: Text
    aud: str | list[str]
    iat: Moment
    exp: Moment
    nbf: Moment | None = None
    jti: Text = Field(max_length=120)


Said = TypeVar("Said", bound=Statement)


class Claims(Statement):
    """Which phones a backend asks for."""

    sub: str | None = None
    device_name: str | None = None
    public_key: dict[str, Any] | None = None
    officers: list[Wanted] | None = Field(default=None, min_length=1, max_length=MOST_OFFICERS)

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if self.officers is None:
            Wanted.model_validate(self._one())
        return self

    def _one(self) -> dict[str, Any]:
        return {"certificate_no": self.sub, "device_name": self.device_name, "public_key": self.public_key}

    @property
    def wanted(self) -> list[Wanted]:
        """The phones asked for: `officers`, or the one of `sub`."""
        return self.officers if self.officers is not None else [Wanted.model_validate(self._one())]


class _Registry(JWSRegistry):
    """ES256 and Ed25519, whose older name EdDSA means the same curve here; room for 500 officers with keys."""

    algorithms = {
        "ES256": JWSRegistry.algorithms["ES256"],
        "Ed25519": JWSRegistry.algorithms["Ed25519"],
        "EdDSA": JWSRegistry.algorithms["Ed25519"],
    }
    max_payload_length = 250_000


def backend_key(jwk: object) -> tuple[ECKey | OKPKey, list[str]]:
    """A backend's public key and the algorithms it may be used with. Raises ValueError for any other key."""
    if not isinstance(jwk, Mapping):
        raise ValueError("a backend's key is a JSON object (JWK)")
    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and "d" not in jwk:
            return ECKey.import_key(dict(jwk)), ["ES256"]
        if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519" and "d" not in jwk:
            return OKPKey.import_key(dict(jwk)), ["Ed25519", "EdDSA"]
    except (JoseError, ValueError) as error:
        raise ValueError(f"unusable key: {error}") from error
    raise ValueError("a backend's key is a public JWK on P-256 or Ed25519")


def read(assertion: str, *, backends: Mapping[str, Mapping[str, Any]], audience: str, at: datetime) -> Claims:
    """The claims of an assertion about phones; see `read_as`."""
    return read_as(Claims, assertion, backends=backends, audience=audience, at=at)


def read_as(
    says: type[Said], assertion: str, *, backends: Mapping[str, Mapping[str, Any]], audience: str, at: datetime
) -> Said:
    """The claims of an assertion that a registered backend made for `audience` and that holds at `at`.

    Whether its `jti` was used before is not asked here. Raises AssertionRefused.
    """
    try:
        signed = extract_compact(assertion.encode(), registry=_Registry())
        words = json.loads(signed.payload or b"")
        # As yet unproved; it only picks the key that the proof is tried with.
        key, algorithms = backend_key(backends[words["iss"]])
        genuine = validate_compact(signed, key, algorithms, _Registry(algorithms=algorithms))
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused("signature") from error
    if not genuine:
        raise _refused("signature")
    try:
        claims = says.model_validate(words)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise _refused("claims", field=place) from error
    _for_us_and_now(claims, audience=audience, now=at.timestamp())
    return claims


def _for_us_and_now(claims: Statement, *, audience: str, now: float) -> None:
    skew = CLOCK_SKEW.total_seconds()
    if audience not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
        raise _refused("audience", audience=audience)
    if claims.exp <= now:
        raise _refused("expired")
    if claims.exp > now + LONGEST_LIFE.total_seconds() + skew:
        raise _refused("lives-too-long")
    if max(claims.iat, claims.nbf or claims.iat) > now + skew:
        raise _refused("not-yet-valid")


_REASONS: dict[str, "StrOrPromise"] = {
    "signature": _("签发者未登记，或签名、算法不正确"),
    "claims": _("断言内容缺失或格式不正确"),
    "audience": _("aud 应为本接口的完整地址"),
    "expired": _("断言已过期"),
    "lives-too-long": _("断言有效期过长：exp 不得超过当前时间 10 分钟"),
    "not-yet-valid": _("断言尚未生效：请校准系统时钟"),
}


def _refused(reason: str, **members: Any) -> AssertionRefused:
    return AssertionRefused(str(_REASONS[reason]), reason=reason, **members)
