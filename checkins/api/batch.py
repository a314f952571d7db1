"""The phones' door to whole queues: up to 200 scans in, one terminal outcome each."""

from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field, ValidationError, WithJsonSchema

from audit.problem import Problem
from audit.strict_json import spoilt
from audit.succession import resend_since
from audit.trouble import invalid
from checkins.answers import BatchOut
from checkins.api.scans import answered
from checkins.contract import ScanWords
from checkins.services.batch import scan_batch
from checkins.services.scan import Given, ScanAltered, ScanForeign, TokenRevoked
from officers.auth import UploadToken
from officers.rules import Caller

router = Router(tags=["scans"])

ITEMS = 200
KEEP = frozenset({401, 500, 503})
"""Refusals that were not the scan's fault: it may be sent again, by a phone enrolled anew or to a house at rest."""

# Read one by one, so that a malformed item spoils none of the others.
Item = Annotated[Any, WithJsonSchema({"description": "a body of POST /scans (ScanWords)"})]


class BatchWords(BaseModel):
    """A phone's queue, or a part of it."""

    items: Annotated[list[Item], Field(max_length=ITEMS)]


@router.post(
    "/scans/batch",
    auth=UploadToken(),
    response={200: BatchOut},
    summary="Up to 200 queued scans, one terminal outcome each: drop or keep",
    description="Each item is a body of `POST /scans`; `status` and `answer` are what that would have answered: "
    + ", ".join(kind.code for kind in (TokenRevoked, ScanAltered, ScanForeign)),
)
def post_batch(request: HttpRequest, words: BatchWords) -> Any:
    """Stored in order of the phones' own counter, answered in the order sent. Sent again, whole or cut: the same."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    read = [_read(item) for item in words.items]
    outcomes = iter(
        scan_batch(
            [item for item in read if isinstance(item, ScanWords)],
            caller=caller,
            at=timezone.now(),
            policy=settings.CHECKIN_POLICY,
            grace=settings.OFFICER_POLICY.revoked_upload_grace,
            annual_cap=settings.AUDIT_POLICY.annual_cap,
        )
    )
    items = [
        _told(next(outcomes) if isinstance(one, ScanWords) else one, item=item, caller=caller)
        for one, item in zip(read, words.items, strict=True)
    ]
    at = timezone.now()
    return {"items": items, "resend_since": resend_since(at=at), "server_time": at}


def _read(item: Any) -> ScanWords | Problem:
    place = spoilt(item)
    if place is not None:
        return invalid([(place, "string_unicode")])
    try:
        return ScanWords.model_validate(item)
    except ValidationError as error:
        return invalid((found["loc"], found["type"]) for found in error.errors(include_url=False, include_input=False))


def _told(outcome: Given | Problem, *, item: Any, caller: Caller) -> dict[str, Any]:
    named = item.get("scan_id") if isinstance(item, dict) else None
    scan_id = named if isinstance(named, str) and spoilt(named) is None else None
    if isinstance(outcome, Problem):
        return {
            "scan_id": scan_id,
            "outcome": "keep" if outcome.status in KEEP else "drop",
            "status": outcome.status,
            "answer": outcome.body(),
        }
    return {
        "scan_id": scan_id,
        "outcome": "drop",
        "status": 200 if outcome.replayed else 201,
        "answer": answered(outcome, scan_id=UUID(str(scan_id)), caller=caller),
    }
