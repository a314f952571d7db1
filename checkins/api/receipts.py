"""The officer's proof: the receipt of a scan, verifiable without us."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router

from audit.problem import Problem
from audit.tree import awaits_receipt, receipt
from checkins.queries import own_scan
from checkins.services.resolve import NoSuchScan
from officers.auth import DeviceToken
from officers.rules import Caller

router = Router(tags=["scans"])

MEDIA = "text/plain; charset=utf-8"
SOON = "5"


class ReceiptNotReady(Problem):
    """Recorded, and not in a signed checkpoint yet: that takes seconds, at most the promised minute."""

    code, status, title = "receipt-not-ready", 409, _("回执尚未生成，请稍候重试")


@router.get(
    "/receipts/{scan_id}",
    auth=DeviceToken(),
    response={200: str},
    summary="Proof of a scan's record (C2SP tlog-proof)",
    openapi_extra={
        "x-problems": [kind.code for kind in (NoSuchScan, ReceiptNotReady)],
        "responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    },
)
def get_receipt(request: HttpRequest, scan_id: UUID) -> Any:
    """Text: the entry, its place in the log, a signed checkpoint. docs/reference/proof.md says how to check it."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    if own_scan(scan_id=scan_id, officer_id=caller.officer_id) is None:
        raise NoSuchScan
    found = receipt(kind="scan", subject=str(scan_id))
    if found is None:
        if not awaits_receipt(kind="scan", subject=str(scan_id)):
            raise NoSuchScan
        raise ReceiptNotReady(headers={"Retry-After": SOON})
    return HttpResponse(str(found), content_type=MEDIA)
