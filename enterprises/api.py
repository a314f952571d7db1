"""The phones' door to the register: look an enterprise up when there is no QR code."""

import re
import time
import unicodedata
from threading import BoundedSemaphore
from typing import Annotated, Any, Protocol

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import AfterValidator, BaseModel

from audit.actor import Actor
from audit.geo import to_wgs84
from audit.look_ups import HOUR
from audit.services.look_up import Asker
from enterprises.ranking import By
from enterprises.services.search import Found, look_up

router = Router(tags=["enterprises"])

_DEGREES = r"(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)"
_NEAR = re.compile(rf"{_DEGREES},{_DEGREES}(?:,(WGS84|GCJ02|BD09))?", re.ASCII)
# Those who wait hold a thread each; more than a few of them would make everybody wait.
_waiting = BoundedSemaphore(4)


class Caller(Protocol):
    """Whom the porch lets in (officers.rules.Caller; the floors are strangers, so only what is asked of it)."""

    certificate_no: str
    name: str
    agency_code: str
    agency_name: str
    agency_path: str
    agency_region: str
    supervised_by: str


def _typeable(text: str) -> str:
    """No control characters: nobody types them, and PostgreSQL keeps no NUL."""
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise ValueError("control characters")
    return text


def _on_earth(text: str) -> str:
    fix = _NEAR.fullmatch(text)
    if fix is None or abs(float(fix[1])) > 180 or abs(float(fix[2])) > 90:
        raise ValueError("longitude,latitude[,datum]")
    return text


class LookUpWords(Schema):
    q: Annotated[str, AfterValidator(_typeable)] = Field(
        description="what was typed: characters, pinyin or initials, the beginning of a code",
        min_length=1,
        max_length=60,
    )
    near: Annotated[str, AfterValidator(_on_earth)] | None = Field(
        default=None,
        description="longitude,latitude[,datum] in degrees; datum WGS84 (default), GCJ02 or BD09",
        max_length=60,
    )
    limit: int = Field(default=20, ge=1, le=50)


# pydantic's own model for what goes out: ninja's would ask each value whether it is a query set.
class EnterpriseFound(BaseModel):
    credit_code: str
    name: str
    former_name: str | None = Field(description="the former name that fitted, null if the present one or a code did")
    matched: By = Field(description="what fitted")
    status: str = Field(description="open, revoked, cancelled or moved")
    region_code: str = Field(description="GB/T 2260, towns nine digits")
    address: str | None = Field(description="of the place nearest to the fix, or of the first one registered")
    distance_m: int | None = Field(description="metres from the fix to that place; null without a fix or a position")


class EnterprisesFound(BaseModel):
    results: list[EnterpriseFound] = Field(description="the likeliest first; empty when nothing fits")
    more: bool = Field(description="others fit too: type more")
    slowed: bool = Field(description="more look-ups in the last hour than the rule expects; the supervisor was told")


@router.get(
    "/enterprises",
    response=EnterprisesFound,
    summary="Find an enterprise by name, former name, pinyin or the beginning of a code",
)
def get_enterprises(request: HttpRequest, response: HttpResponse, words: Query[LookUpWords]) -> Any:
    """Every look-up is logged. One name typed key by key is one look-up. Past the hourly number (60) answers are
    slower and shorter, never refused; `Retry-After` says how many seconds a pause would be fair."""
    response["Cache-Control"] = "no-store"
    caller: Caller = request.auth  # type: ignore[attr-defined]
    policy = settings.LOOK_UP_POLICY
    found = look_up(
        typed=words.q,
        near=_fix(words.near),
        most=words.limit,
        asker=Asker(
            certificate_no=caller.certificate_no,
            name=caller.name,
            agency_code=caller.agency_code,
            agency_name=caller.agency_name,
            agency_path=caller.agency_path,
            agency_region=caller.agency_region,
            supervised_by=caller.supervised_by,
        ),
        actor=Actor.officer(caller.certificate_no),
        at=timezone.now(),
        policy=policy,
    )
    if found.slowed:
        response["Retry-After"] = str(max(1, round(HOUR.total_seconds() / max(1, policy.hourly))))
        _slow(policy.delay.total_seconds())
    return _told(found)


def _fix(near: str | None) -> tuple[float, float] | None:
    if near is None:
        return None
    fix = _NEAR.fullmatch(near)
    assert fix is not None  # noqa: S101  # the validator has seen it
    return to_wgs84(longitude=float(fix[1]), latitude=float(fix[2]), datum=fix[3] or "WGS84")


def _slow(seconds: float) -> None:
    """Wait, unless so many wait that others would have to; without a database connection, which somebody else needs."""
    if _waiting.acquire(blocking=False):
        try:
            if not connection.in_atomic_block:
                connection.close()
            time.sleep(min(seconds, 1.0))
        finally:
            _waiting.release()


def _told(found: Found) -> dict[str, Any]:
    return {
        "results": [
            {
                "credit_code": one.enterprise.credit_code,
                "name": one.enterprise.name,
                "former_name": one.fit.former_name,
                "matched": one.fit.by,
                "status": one.enterprise.status,
                "region_code": one.enterprise.region_code,
                "address": one.address,
                "distance_m": one.distance_m,
            }
            for one in found.results
        ],
        "more": found.more,
        "slowed": found.slowed,
    }
