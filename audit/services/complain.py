"""Take in a complaint (投诉): the complaint with its pictures, its first state, its entry, and word to the platform."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from audit.canonical import canonical, leaf_hash
from audit.casework import Organ
from audit.complaint_receipt import new_number
from audit.complaints import made_by
from audit.lane import hold
from audit.models import Complaint, ComplaintPicture, ComplaintState
from audit.services.entry import SALT_BYTES, record
from audit.services.file import file
from audit.services.flag import Whose

EVENT = "complaint.received"


@dataclass(frozen=True, kw_only=True, slots=True)
class Grievance:
    """What is complained of, and by whom. `phone`, cleaned, is empty where none was given; `may_be_named`: the
    agency complained of may be told it. `by_owner`: the complainant had proved to be the enterprise's owner.
    `source_no`: the hotline's work order. `received_at`: when it was said, if that is not now."""

    source: str
    kind: str
    text: str
    happened_at: datetime | None
    complainant: str = ""
    phone: str = ""
    may_be_named: bool = False
    by_owner: bool = False
    source_no: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture that was opened and copied. `sha256`: of the file as it came, in hex."""

    sha256: str
    copy: bytes


def complain(
    grievance: Grievance,
    *,
    whose: Whose,
    organ: Organ | None = None,
    submission: UUID,
    pictures: Sequence[Picture] = (),
    actor: Actor,
    at: datetime,
) -> Complaint:
    """Append the complaint; the same `submission` at the same enterprise again is the complaint that is there already.
    `organ`: the agency complained of, if it was named and is known.

    The entry and the filing hold no word of the complainant's: who reads the record or sits at the platform learns that
    there is a complaint, about whom and of what kind. A salted hash in the entry says whether the words have changed.
    """
    with transaction.atomic():
        hold(whose.credit_code)
        known = made_by(submission, credit_code=whose.credit_code)
        if known is not None:
            return known
        complaint = _append(
            grievance, whose=whose, organ=organ, submission=submission, pictures=pictures, actor=actor, at=at
        )
        _tell(complaint, pictures=len(pictures), words=_fingerprint(complaint, pictures), actor=actor, at=at)
    return complaint


def _append(
    grievance: Grievance,
    *,
    whose: Whose,
    organ: Organ | None,
    submission: UUID,
    pictures: Sequence[Picture],
    actor: Actor,
    at: datetime,
) -> Complaint:
    complaint = Complaint(
        number=new_number(at),
        submission=submission,
        source=grievance.source,
        source_no=grievance.source_no,
        kind=grievance.kind,
        credit_code=whose.credit_code,
        enterprise_name=whose.enterprise_name,
        region_code=whose.region_code,
        agency_code=organ.code if organ else "",
        agency_path=organ.path if organ else "",
        agency_name=organ.name if organ else "",
        supervised_by=organ.supervised_by if organ else "",
        happened_at=grievance.happened_at,
        text=grievance.text,
        complainant=grievance.complainant,
        phone=grievance.phone,
        may_be_named=grievance.may_be_named,
        by_owner=grievance.by_owner,
        salt=secrets.token_bytes(SALT_BYTES),
        received_at=grievance.received_at or at,
        by=actor,
    )
    complaint.save(force_insert=True)
    ComplaintPicture.objects.bulk_create(
        ComplaintPicture(
            complaint=complaint,
            place=place,
            sha256=picture.sha256,
            copy=picture.copy,
            copy_sha256=hashlib.sha256(picture.copy).hexdigest(),
        )
        for place, picture in enumerate(pictures, start=1)
    )
    ComplaintState(
        complaint=complaint, serial=1, state=ComplaintState.State.OPEN, grade=None, note="", by=actor, at=at
    ).save(force_insert=True)
    return complaint


def _fingerprint(complaint: Complaint, pictures: Sequence[Picture]) -> str:
    """What the complainant said, as a hash that cannot be guessed back without the complaint's salt."""
    said = {"text": complaint.text, "phone": complaint.phone, "pictures": [picture.sha256 for picture in pictures]}
    said |= {"complainant": complaint.complainant} if complaint.complainant else {}
    return leaf_hash(salt=bytes(complaint.salt or b""), body=canonical(said)).hex()


def _tell(complaint: Complaint, *, pictures: int, words: str, actor: Actor, at: datetime) -> None:
    facts = {
        "complaint": complaint.number,
        "source": complaint.source,
        "kind": complaint.kind,
        "credit_code": complaint.credit_code,
        "enterprise": complaint.enterprise_name,
        "region_code": complaint.region_code,
        "happened_at": complaint.happened_at,
        "by_owner": complaint.by_owner,
        "pictures": pictures,
    }
    entered = {
        "source_no": complaint.source_no,
        "agency_code": complaint.agency_code,
        "said_at": complaint.received_at if complaint.received_at != at else "",
    }
    facts |= {name: value for name, value in entered.items() if value}
    record(
        kind="complaint",
        subject=f"complaint:{complaint.number}",
        body={**facts, "words": words},
        actor=actor,
        at=at,
    )
    file(
        number=complaint.number,
        event=EVENT,
        credit_code=complaint.credit_code,
        visit=complaint.number,  # the letter is about this and no visit
        payload={**facts, "received_at": at},
        at=at,
    )
