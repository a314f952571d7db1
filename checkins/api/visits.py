"""The phones' door to visits that were made: what a colleague voids, what an officer calls otherwise."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from checkins.amendment import ClassificationWords, VoidingWords
from checkins.answers import CorrectionOut
from checkins.services.classify import classify
from checkins.services.correction import Corrected, NoSuchVisit, VisitNotOpen, VoidingWaits
from checkins.services.void import OwnVisit, VoidingTooLate, void
from officers.auth import DeviceToken
from officers.rules import Caller

router = Router(tags=["visits"])


@router.post(
    "/visits/{number}/voiding",
    auth=DeviceToken(),
    response={200: CorrectionOut},
    summary="A colleague's visit should not have been: counted on until a supervisor confirms",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchVisit, OwnVisit, VisitNotOpen, VoidingTooLate)]},
)
def post_voiding(request: HttpRequest, number: str, words: VoidingWords) -> Any:
    """By a second person of the agency, within the window. The same words again: how the claim stands now."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    done = void(
        number=number,
        reason=words.reason,
        caller=caller,
        at=now,
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _told(done, now=now)


@router.post(
    "/visits/{number}/classification",
    auth=DeviceToken(),
    response={200: CorrectionOut},
    summary="Of what kind a visit was after all",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchVisit, VisitNotOpen, VoidingWaits)]},
)
def post_classification(request: HttpRequest, number: str, words: ClassificationWords) -> Any:
    """A missing word that takes the visit out of no count stands at once; all else waits for a supervisor. The same
    words again: how they stand now."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    done = classify(
        number=number,
        said=words.visit.said(),
        reason=words.reason,
        caller=caller,
        at=now,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _told(done, now=now)


def _told(done: Corrected, *, now: datetime) -> dict[str, Any]:
    return {
        "visit": done.visit,
        "visit_status": done.visit_status,
        "kind": done.kind,
        "claim": done.claim,
        "reason": done.reason,
        "claimed_at": done.at,
        "state": done.state,
        "ruled_at": done.ruled_at,
        "note": done.note,
        "server_time": now,
    }
