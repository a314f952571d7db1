"""The phones' door to scans: words in, clock read, one call, answer out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from checkins.answers import ScanOut, WithdrawalOut, promised
from checkins.contract import ResolutionWords, ScanWords, WithdrawalWords
from checkins.photo_form import REQUEST_BODY, FormExpected, FormUnreadable, PhotoTooLarge, taken_apart
from checkins.rules import Warn
from checkins.services.blob import BlobMismatch
from checkins.services.photo import scan_photo
from checkins.services.resolve import AlreadyResolved, CreditCodeInvalid, NoSuchScan, ScanWithdrawn, resolve
from checkins.services.scan import Given, ScanAltered, ScanForeign, TokenRevoked, scan
from checkins.services.withdraw import TooLate, withdraw
from checkins.warnings import told
from enterprises.decoding_pool import DecoderBusy, PhotoRefused, PhotoType, pool
from officers.auth import DeviceToken, UploadToken
from officers.electronic_id import issue
from officers.rules import Caller

router = Router(tags=["scans"])


@router.post(
    "/scans",
    auth=UploadToken(),
    response={201: ScanOut, 200: ScanOut},
    summary="One scan: filed, counted and answered in one request",
    openapi_extra={"x-problems": [kind.code for kind in (TokenRevoked, ScanAltered, ScanForeign)]},
)
def post_scan(request: HttpRequest, response: HttpResponse, words: ScanWords) -> Any:
    """New: 201. The same content again: 200 with `Idempotency-Replayed: true` and the same facts."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    given = scan(
        words=words,
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        grace=settings.OFFICER_POLICY.revoked_upload_grace,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _answer(given, scan_id=words.scan_id, caller=caller, response=response)


@router.post(
    "/scans/photo",
    auth=UploadToken(),
    response={201: ScanOut, 200: ScanOut},
    summary="One scan with a photo of the licence, from which the server reads the code",
    openapi_extra={
        "requestBody": REQUEST_BODY,
        "x-problems": [
            kind.code
            for kind in (
                TokenRevoked,
                ScanAltered,
                ScanForeign,
                FormExpected,
                FormUnreadable,
                BlobMismatch,
                PhotoTooLarge,
                PhotoType,
                PhotoRefused,
                DecoderBusy,
            )
        ],
    },
)
def post_scan_photo(request: HttpRequest, response: HttpResponse) -> Any:
    """New: 201. The same words with the same file again: 200 with `Idempotency-Replayed: true` and the same facts."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    words, photo = taken_apart(request, largest=settings.MAX_PHOTO_BYTES)
    given = scan_photo(
        words=words,
        photo=photo,
        reader=pool(settings.PHOTO_POLICY),
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        grace=settings.OFFICER_POLICY.revoked_upload_grace,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _answer(given, scan_id=words.scan_id, caller=caller, response=response)


@router.post(
    "/scans/{scan_id}/resolution",
    auth=DeviceToken(),
    response={201: ScanOut, 200: ScanOut},
    summary="Which enterprise an unresolved scan was at",
    openapi_extra={
        "x-problems": [kind.code for kind in (NoSuchScan, CreditCodeInvalid, AlreadyResolved, ScanWithdrawn)]
    },
)
def post_resolution(request: HttpRequest, response: HttpResponse, scan_id: UUID, words: ResolutionWords) -> Any:
    """The visit, its fact and its filing come into being now. The same choice again: 200."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    given = resolve(
        scan_id=scan_id,
        credit_code=words.credit_code,
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _answer(given, scan_id=scan_id, caller=caller, response=response)


@router.post(
    "/scans/{scan_id}/withdrawal",
    auth=DeviceToken(),
    response={200: WithdrawalOut},
    summary="The scanner's own mistake, within its window, with a reason",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchScan, TooLate)]},
)
def post_withdrawal(request: HttpRequest, scan_id: UUID, words: WithdrawalWords) -> Any:
    """The row stays, marked. Once more: the first withdrawal is answered again."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    done = withdraw(
        scan_id=scan_id,
        reason=words.reason,
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return {
        "scan_id": scan_id,
        "withdrawn_at": done.at,
        "reason": done.reason,
        "visit": done.visit,
        "visit_status": done.visit_status,
        "server_time": timezone.now(),
    }


def _electronic_id(caller: Caller, *, visit: str | None, at: datetime) -> Any:
    """None for a revoked device or officer: it may hand in earlier scans, it may not show itself to anybody."""
    if caller.revoked_at is not None:
        return None
    return issue(
        caller=caller,
        visit=visit,
        at=at,
        policy=settings.OFFICER_POLICY,
        signer=settings.OFFICER_SIGNER,
        base_url=settings.PUBLIC_URL,
    )


def _answer(given: Given, *, scan_id: UUID, caller: Caller, response: HttpResponse) -> Any:
    if given.replayed:
        response["Idempotency-Replayed"] = "true"
    return Status(200 if given.replayed else 201, answered(given, scan_id=scan_id, caller=caller))


def answered(given: Given, *, scan_id: UUID, caller: Caller) -> dict[str, Any]:
    """The kept facts, and what is made fresh: warnings in the reader's words, electronic ID, filing status, time."""
    now = timezone.now()
    facts = given.facts
    visit = facts["visit"]
    return {
        **facts,
        "scan_id": scan_id,
        "for_officer": {
            **facts["for_officer"],
            "warnings": told(Warn(code) for code in facts["for_officer"]["warnings"]),
        },
        "electronic_id": _electronic_id(caller, visit=visit["number"] if visit else None, at=now),
        "filing": {
            "number": facts["filing"]["number"],
            "status": given.filing_status,
            "promise": promised(facts["filing"], log=settings.LOG),
        },
        "standing": given.standing,
        "server_time": now,
    }
