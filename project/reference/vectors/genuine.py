"""What is true as far as can be seen off the network: yellow."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from officers import credential
from officers.reasons import Reason
from project.reference.vectors.cast import (
    HOUR,
    ISSUER_BEFORE,
    NOW,
    PHONE_EVEN,
    ZHANG_WEI,
    day_credential,
    shown,
    shown_by_issuer,
)
from project.reference.vectors.vector import Vector

SUBJECT = "S1234567890ABCDEF8"
NAMES = {
    "a name cut to what fits": credential.fitted(replace(ZHANG_WEI, name="阿卜杜热合曼·阿卜杜克热木·买买提")).name,
    "a name of four-byte characters": "𠮷𡈽𤭢",
    "a name that begins with a byte order mark": "\ufeff张伟",
    "a name of 23 bytes": "a" * 23,
    "a name of 24 bytes": "a" * 24,
    "a name with a zero byte": "张\x00伟",
    "no name": "",
}
STATUS_INDEXES = (0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1)


def vectors() -> Iterator[Vector]:
    yield Vector(name="by a phone", text=shown(), reason=Reason.OFFLINE)
    yield Vector(name="by the issuer", text=shown_by_issuer(), reason=Reason.OFFLINE)
    yield from _times()
    yield from _others()


def _times() -> Iterator[Vector]:
    def good(name: str, text: str, now: float) -> Vector:
        return Vector(name=name, text=text, now=now, reason=Reason.OFFLINE)

    yield good("45 seconds after the beginning of the step", shown(), NOW + 45)
    yield good("15 seconds before the beginning of the step", shown(), NOW - 15)
    yield good("60 seconds after the issuer signed", shown_by_issuer(), NOW + 60)
    yield good("15 seconds before the issuer signed", shown_by_issuer(), NOW - 15)
    young = day_credential(issued_at=NOW + 15)
    yield good("a credential issued 15 seconds after the phone's step", shown(young), NOW + 30)
    yield good("a credential issued 30 seconds ahead of the reader's clock", shown(young), NOW - 15)
    ending = day_credential(issued_at=NOW - 12 * HOUR + 1)
    yield good("the last second of a credential", shown(ending), NOW + 0.999)


def _others() -> Iterator[Vector]:
    for name, holder_name in NAMES.items():
        credential_bytes = day_credential(replace(ZHANG_WEI, name=holder_name))
        yield Vector(name=name, text=shown(credential_bytes), reason=Reason.OFFLINE)
    for index in STATUS_INDEXES:
        text = shown(day_credential(replace(ZHANG_WEI, status_index=index)))
        yield Vector(name=f"status index {index}", text=text, reason=Reason.OFFLINE)
    no_photo = replace(ZHANG_WEI, photo=b"")
    yield Vector(name="no photo, by a phone", text=shown(day_credential(no_photo)), reason=Reason.NO_PHOTO)
    yield Vector(name="no photo, by the issuer", text=shown_by_issuer(no_photo), reason=Reason.NO_PHOTO)
    yield Vector(name="a key whose y is even", text=shown(phone=PHONE_EVEN), reason=Reason.OFFLINE)
    before = day_credential(signer=ISSUER_BEFORE[0])
    yield Vector(name="an older key of the issuer", text=shown(before), reason=Reason.OFFLINE)
    old = shown_by_issuer(signer=ISSUER_BEFORE[0])
    yield Vector(name="an older key of the issuer, by the issuer", text=old, reason=Reason.OFFLINE)
    at_a_stall = shown(credit_code=SUBJECT)
    yield Vector(name="a subject without a licence", text=at_a_stall, credit_code=SUBJECT, reason=Reason.OFFLINE)
    yield Vector(name="a scan id of zeros", text=shown(scan_id=UUID(int=0)), reason=Reason.OFFLINE)
    unknown = Reason.STATUS_UNKNOWN
    yield Vector(name="no young status list, by a phone", text=shown(), status_known=False, reason=unknown)
    yield Vector(name="no young status list, by the issuer", text=shown_by_issuer(), status_known=False, reason=unknown)
    bare = shown(day_credential(no_photo))
    yield Vector(name="no young status list and no photo", text=bare, status_known=False, reason=unknown)
