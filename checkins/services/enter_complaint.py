"""Enter a complaint that came by telephone, by letter or in person (登记投诉): then it is one like any other."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from audit.actor import Actor
from audit.models import Complaint
from audit.services.complain import Grievance, complain
from checkins.complained_of import About
from checkins.services.complain import open_picture
from enterprises.decoding_pool import Pool


def enter_complaint(
    grievance: Grievance,
    *,
    about: About,
    submission: UUID,
    pictures: Sequence[bytes],
    reader: Pool,
    actor: Actor,
    at: datetime,
) -> Complaint:
    """Take it in once, whoever sends the form again. Each picture is opened and copied in a process of its own, before
    the transaction. Raises PictureRefused and DecoderBusy before anything is stored."""
    opened = [open_picture(picture, place=place, reader=reader) for place, picture in enumerate(pictures, start=1)]
    return complain(
        grievance,
        whose=about.whose,
        organ=about.organ,
        submission=submission,
        pictures=opened,
        actor=actor,
        at=at,
    )
