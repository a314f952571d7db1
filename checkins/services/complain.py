"""Complain at an enterprise's door (门前投诉): open the pictures, then it is a complaint like any other."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.complaints import made_by
from audit.models import Complaint
from audit.problem import Problem
from audit.services.complain import Grievance, Picture, complain
from audit.services.flag import Whose
from enterprises.decoding_pool import PhotoRefused, PhotoType, Pool
from enterprises.queries import DoorFacts


class PictureRefused(Problem):
    """`place`: which of the pictures, from 1."""

    code, status, title = "complaint-picture-refused", 422, gettext_lazy("图片无法打开")


def complain_at_door(
    door: DoorFacts,
    *,
    grievance: Grievance,
    pictures: Sequence[bytes],
    submission: UUID,
    reader: Pool,
    actor: Actor,
    at: datetime,
) -> Complaint:
    """Take the complaint in once; a form that was sent before is answered without opening anything.

    Each picture is opened and copied in a process of its own, before the transaction. Raises PictureRefused, and
    DecoderBusy, before anything is stored.
    """
    known = made_by(submission, credit_code=door.credit_code)
    if known is not None:
        return known
    opened = [open_picture(picture, place=place, reader=reader) for place, picture in enumerate(pictures, start=1)]
    return complain(
        grievance,
        whose=Whose(credit_code=door.credit_code, enterprise_name=door.name, region_code=door.region_code),
        submission=submission,
        pictures=opened,
        actor=actor,
        at=at,
    )


def open_picture(picture: bytes, *, place: int, reader: Pool) -> Picture:
    """A copy with nothing in it but the picture. Raises PictureRefused and DecoderBusy."""
    try:
        taken = reader.take(picture, read=False)
    except (PhotoType, PhotoRefused) as refusal:
        why = refusal.detail or refusal.title
        raise PictureRefused(_("第 %(place)s 张图片：%(why)s") % {"place": place, "why": why}, place=place) from refusal
    return Picture(sha256=hashlib.sha256(picture).hexdigest(), copy=taken.copy)
