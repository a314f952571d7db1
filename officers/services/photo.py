"""Give an officer a face."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.intake import Refused, Row
from audit.register import Refusal
from officers.models import Officer, Photo
from officers.portrait import UnreadablePhoto, portrait
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


def set_photos(*, rows: Sequence[Row], pictures: Mapping[str, Path], actor: Actor, at: datetime) -> list[Refused]:
    """Give the officers of these rows the pictures that are named after their certificates, each in its transaction."""
    refused: list[Refused] = []
    wanted = {row.values["certificate_no"]: row.line for row in rows if row.values["certificate_no"] in pictures}
    for officer in Officer.objects.filter(certificate_no__in=wanted):
        picture = pictures[officer.certificate_no]
        try:
            set_photo(officer=officer, image=picture.read_bytes(), actor=actor, at=at)
        except (UnreadablePhoto, OSError) as error:
            refusal = Refusal(column=str(_("照片")), value=picture.name, sentence=str(error))
            refused.append(Refused(wanted[officer.certificate_no], refusal))
    return refused
