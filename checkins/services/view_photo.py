"""Show the photo that came with a scan to somebody of the supervision side, and write down who looked."""

import json
from datetime import datetime, timedelta

from django.db import transaction

from audit.actor import Actor
from audit.cells import SHANGHAI
from audit.models import Entry
from audit.services.entry import record
from checkins.models import Blob

KIND = "photo_viewed"


def view_photo(*, sha256: str, scan_id: str, actor: Actor, at: datetime) -> bytes | None:
    """The copy without EXIF, a JPEG; None: it was wiped. `scan_id`: the scan on whose page it is looked at.

    Who looked is recorded once for each viewer, photo and day in Shanghai, however often the page is opened; if that
    fails, nothing is shown. Raises Blob.DoesNotExist.
    """
    with transaction.atomic():
        # Locked, so that of two windows opened at once the second finds what the first wrote.
        copy = Blob.objects.select_for_update(no_key=True).values_list("copy", flat=True).get(pk=sha256)
        if copy is None:
            return None
        if not _looked_today(sha256, actor=actor, at=at):
            record(kind=KIND, subject=f"blob:{sha256}", body={"scan": scan_id}, actor=actor, at=at)
    return bytes(copy)


def _looked_today(sha256: str, *, actor: Actor, at: datetime) -> bool:
    day = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    told = Entry.objects.filter(kind=KIND, subject=f"blob:{sha256}", at__gte=day, at__lt=day + timedelta(days=1))
    bodies = told.filter(body__isnull=False).values_list("body", flat=True)
    return any(json.loads(bytes(body or b"{}")).get("actor") == actor for body in bodies)
