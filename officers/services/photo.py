"""Give an officer a face."""

import hashlib
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from officers.models import Officer, Photo
from officers.portrait import portrait
from officers.services.officer import save_officer


def set_photo(*, officer: Officer, image: bytes, actor: Actor, at: datetime, reason: str = "") -> Officer:
    """Keep the picture, re-encoded, under its SHA-256, and point the officer at it.

    An earlier picture stays, for the electronic IDs that showed it. The same picture again changes nothing.
    Raises UnreadablePhoto; NotRegistrable as `save_officer` does.
    """
    jpeg = portrait(image)
    sha256 = hashlib.sha256(jpeg).hexdigest()
    with transaction.atomic():
        Photo.objects.get_or_create(sha256=sha256, defaults={"content_type": "image/jpeg", "image": jpeg})
        officer.photo_sha256 = sha256
        return save_officer(officer=officer, actor=actor, at=at, reason=reason)
