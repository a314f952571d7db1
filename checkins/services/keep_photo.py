"""Keep the photo that came with a scan (part of a deed, not one itself)."""

import hashlib
from datetime import datetime

from audit.actor import Actor
from audit.services.entry import record
from checkins.models import Blob
from checkins.photograph import Photograph


def keep_photo(photo: Photograph, *, subject: str, actor: Actor, at: datetime) -> None:
    """Append the photo under its SHA-256, once however many scans bring it; record which. Two statements.

    `subject`: the id of the scan that it came with; `blob:<sha256>` for a photo that came by itself.
    """
    copy_sha256 = hashlib.sha256(photo.copy).hexdigest()
    Blob.objects.bulk_create(
        [
            Blob(
                sha256=photo.sha256,
                size=photo.size,
                content_type=photo.content_type,
                width=photo.width,
                height=photo.height,
                copy=photo.copy,
                copy_sha256=copy_sha256,
                original=photo.original,
                received_at=at,
                by=actor,
                text=photo.text,
            )
        ],
        ignore_conflicts=True,
    )
    record(
        kind="photo",
        subject=subject,
        body={
            "sha256": photo.sha256,
            "size": photo.size,
            "content_type": photo.content_type,
            "text": photo.text,
            "copy_sha256": copy_sha256,
        },
        actor=actor,
        at=at,
    )
