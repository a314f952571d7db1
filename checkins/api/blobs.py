"""The phones' door to photos that follow their scans."""

from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.utils import timezone
from ninja import Path, Router, Status

from checkins.answers import BlobOut
from checkins.photo_form import FormUnreadable, PhotoTooLarge
from checkins.services.blob import BlobMismatch, put_blob
from enterprises.decoding_pool import DecoderBusy, PhotoRefused, PhotoType, pool
from officers.auth import UploadToken
from officers.rules import Caller

router = Router(tags=["scans"])


@router.put(
    "/blobs/{sha256}",
    auth=UploadToken(),
    response={201: BlobOut, 200: BlobOut},
    summary="A photo that follows the scan which names it by its SHA-256",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP or HEIC"}
                }
            },
        },
        "x-problems": [
            kind.code for kind in (BlobMismatch, FormUnreadable, PhotoTooLarge, PhotoType, PhotoRefused, DecoderBusy)
        ],
    },
)
def put_photo(request: HttpRequest, sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]) -> Any:
    """New: 201; again: 200. A scan that said nothing but this photo is placed by it, if it shows a clear licence."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    photo = _file(request)
    stored = put_blob(
        sha256=sha256,
        photo=photo,
        reader=pool(settings.PHOTO_POLICY),
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    told = {"sha256": sha256, "size": len(photo), "resolved": stored.resolved, "server_time": timezone.now()}
    return Status(201 if stored.new else 200, told)


def _file(request: HttpRequest) -> bytes:
    """The body. One that is too large is refused before it is read. Raises PhotoTooLarge, FormUnreadable."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or int(declared) > settings.MAX_PHOTO_BYTES:
        raise PhotoTooLarge
    try:
        return request.read(int(declared))
    except UnreadablePostError as error:
        raise FormUnreadable from error
