"""The phones' door to what the officer's screen shows: fresh on the network, and good off it."""

import base64
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from checkins.answers import ElectronicIdAnswer
from checkins.queries import ShownAt, shown_at
from checkins.services.resolve import NoSuchScan
from officers.auth import DeviceToken
from officers.electronic_id import issue
from officers.rules import Caller
from officers.services.offline_id import Door, offline_id

router = Router(tags=["electronic ID"])


@router.get(
    "/electronic-id",
    auth=DeviceToken(),
    response=ElectronicIdAnswer,
    summary="What the screen shows at the door: made fresh, and what it takes off the network",
    openapi_extra={"x-problems": [NoSuchScan.code]},
)
def get_electronic_id(request: HttpRequest, response: HttpResponse, scan_id: str | None = None) -> Any:
    """With `scan_id`, of one of the officer's own scans, at its visit; else at none. A credential that is good for more
    than an hour is given again.
    """
    caller: Caller = request.auth  # type: ignore[attr-defined]
    at = timezone.now()
    place = _place(scan_id, officer_id=caller.officer_id)
    door = Door(scan_id=place.scan_id, credit_code=place.credit_code) if place and place.visit else None
    found = offline_id(caller=caller, door=door, at=at, policy=settings.ISSUER_POLICY)
    response["Cache-Control"] = "no-store"
    return {
        "electronic_id": issue(
            caller=caller,
            visit=place.visit if place else None,
            at=at,
            policy=settings.OFFICER_POLICY,
            signer=settings.OFFICER_SIGNER,
            base_url=settings.PUBLIC_URL,
        ),
        "offline": {
            "credential": None if found.credential is None else _base64url(found.credential),
            "credential_expires_at": found.credential_expires_at,
            "presentation": found.presentation,
            "reason": found.reason,
        },
        "server_time": at,
    }


def _place(told: str | None, *, officer_id: int) -> ShownAt | None:
    """Where the scan stands; None without one. Another officer's scan, and what is no UUID, is not there."""
    if told is None:
        return None
    try:
        found = shown_at(scan_id=UUID(told), officer_id=officer_id)
    except ValueError:
        found = None
    if found is None:
        raise NoSuchScan
    return found


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
