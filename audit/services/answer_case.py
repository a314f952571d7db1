"""The agency answers (单位答复), with evidence. It lies with the supervisor then."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.casework import Deed
from audit.models import Case, CaseFile, CaseStep
from audit.services.case_step import check, locked, take_step
from audit.services.complain import Picture


def answer_case(case: Case, *, note: str, pictures: Sequence[Picture] = (), actor: Actor, at: datetime) -> CaseStep:
    """Append the answer; nothing is due from then on. Raises NotYourCase, CaseTurned."""
    with transaction.atomic():
        case = locked(case)
        case.state = check(case, deed=Deed.ANSWER, by=actor)
        case.due_on, case.reminded = None, ""
        step = take_step(case, deed=Deed.ANSWER, note=note, actor=actor, at=at)
        for place, picture in enumerate(pictures, start=1):
            CaseFile(
                step=step,
                place=place,
                sha256=picture.sha256,
                copy=picture.copy,
                copy_sha256=hashlib.sha256(picture.copy).hexdigest(),
            ).save(force_insert=True)
    return step
