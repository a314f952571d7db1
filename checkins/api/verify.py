"""The verifier's door: the server's own word on what an officer's screen shows. No log-in, so no cookie decides."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Field, Router, Schema

from audit.allowance import Allowance, address_of
from audit.problem import Problem
from checkins.services.vouch import vouch
from checkins.shown_face import ShownFace, token
from officers.models import Officer
from officers.reasons import Colour, Reason
from officers.rules import masked
from officers.told import SENTENCES

router = Router(tags=["verifier"])


class VerifiedTooOften(Problem):
    """This address has asked too often in this minute; `Retry-After` says when it may ask again."""

    code, status, title = "verified-too-often", 429, _("核验过于频繁，请稍后再试")


class ShownBody(Schema):
    presentation: str = Field(max_length=1000, description="what the screen shows: LZ1:…")
    credit_code: str = Field(description="of the enterprise that asks", max_length=64)


class VouchedOfficer(Schema):
    name: str
    agency: str
    certificate_no: str = Field(description="its two ends; the middle stands on the officer's card")
    photo: str | None = Field(description="a path that works for a few minutes; null: none is on record")


class VouchedOut(Schema):
    verdict: Colour = Field(description="green only when the server knows of the visit")
    reason: Reason
    sentence: str = Field(description="the reason for a person, in the language asked for (Accept-Language)")
    officer: VouchedOfficer | None = Field(description="null where the verdict is red")
    credit_code: str | None = Field(
        description="under which the enterprise is now: a stall (无照对象) may have turned out to be a registered one; "
        "null where the verdict is red"
    )
    server_time: datetime


@router.post(
    "/verify/confirm",
    response=VouchedOut,
    auth=None,
    openapi_extra={"x-problems": [VerifiedTooOften.code]},
    summary="What an enterprise's verifier has read: is this officer here on a visit now?",
)
def post_confirm(request: HttpRequest, words: ShownBody) -> Any:
    """What was forged, what is unknown and what is over get the same answer with another reason, and name nobody."""
    at = timezone.now()
    asked = Allowance(what="verify-confirm", who=address_of(request), at=at, limit=settings.CONFIRMS_PER_MINUTE)
    if not asked.take():
        raise VerifiedTooOften(headers={"Retry-After": str(asked.seconds_left)})
    found = vouch(words.presentation, credit_code=words.credit_code, at=at, stay=settings.DOOR_POLICY.stay)
    return {
        "verdict": found.reason.colour,
        "reason": found.reason,
        "sentence": str(SENTENCES[found.reason]),
        "officer": found.officer and _officer(found.officer, visit=found.visit, credit_code=words.credit_code, at=at),
        "credit_code": found.credit_code or None,
        "server_time": at,
    }


def _officer(officer: Officer, *, visit: str, credit_code: str, at: datetime) -> dict[str, Any]:
    face = ShownFace(
        sha256=officer.photo_sha256, certificate_no=officer.certificate_no, visit=visit, credit_code=credit_code
    )
    shown = token(face, at=at, lifetime=settings.OFFICER_POLICY.photo_lifetime, signer=settings.OFFICER_SIGNER)
    return {
        "name": officer.name,
        "agency": officer.agency.name,
        "certificate_no": masked(officer.certificate_no),
        "photo": reverse("vouched-photo", args=[shown]) if officer.photo_sha256 else None,
    }
