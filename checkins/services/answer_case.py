"""An agency's answer with its evidence: open the pictures, then it is an answer like any other."""

from collections.abc import Sequence
from datetime import datetime

from audit.actor import Actor
from audit.models import Case, CaseStep
from audit.services.answer_case import answer_case
from checkins.services.complain import open_picture
from enterprises.decoding_pool import Pool


def answer_with_pictures(
    case: Case, *, note: str, pictures: Sequence[bytes], reader: Pool, actor: Actor, at: datetime
) -> CaseStep:
    """Each picture is opened and copied in a process of its own, before the transaction. Raises PictureRefused and
    DecoderBusy before anything is stored, and what answer_case raises."""
    opened = [open_picture(picture, place=place, reader=reader) for place, picture in enumerate(pictures, start=1)]
    return answer_case(case, note=note, pictures=opened, actor=actor, at=at)
