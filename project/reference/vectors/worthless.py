"""What has the right form and is red all the same: wrong time, wrong door, wrong hand."""

from collections.abc import Iterator
from dataclasses import replace

import cbor2

from officers import base45, cose, presentation
from officers.credential import read as read_credential
from officers.es256 import COORDINATE_BYTES, ORDER, Es256Signer
from officers.presentation import STEP
from officers.reasons import Reason
from project.reference.vectors.cast import (
    CREDIT_CODE,
    HOUR,
    ISSUER,
    ISSUER_BEFORE,
    NOW,
    PHONE,
    PHONE_EVEN,
    REVOKED,
    SCAN_ID,
    STRANGER,
    ZHANG_WEI,
    day_credential,
    shown,
    shown_by_issuer,
)
from project.reference.vectors.vector import Vector

OTHER_DOOR = "9144030010001686XA"


def vectors() -> Iterator[Vector]:
    yield from _wrong_time()
    yield from _wrong_door()
    yield from _wrong_issuer()
    yield from _wrong_hand()


def _wrong_time() -> Iterator[Vector]:
    def red(name: str, text: str, now: float, reason: Reason) -> Vector:
        return Vector(name=name, text=text, now=now, reason=reason)

    day = day_credential()
    yield red("a screenshot 46 seconds old", shown(day), NOW + 46, Reason.STALE)
    yield red("a little more than 45 seconds", shown(day), NOW + 45.001, Reason.STALE)
    yield red("a screenshot of yesterday, its credential expired too", shown(day), NOW + 86_400, Reason.STALE)
    yield red("by the issuer, 61 seconds old", shown_by_issuer(), NOW + 61, Reason.STALE)
    yield red("a phone's clock 16 seconds fast", shown(day), NOW - 16, Reason.PHONE_CLOCK)
    yield red("a phone's clock an hour fast", shown(day, at=NOW + HOUR), NOW, Reason.PHONE_CLOCK)
    young = day_credential(issued_at=NOW)
    slow = shown(young, at=NOW - 2 * STEP)
    yield red("a phone's clock slow: before its credential", slow, NOW + 10, Reason.PHONE_CLOCK)
    yield red("the reader's clock a minute before the credential", shown(young), NOW - 60, Reason.PHONE_CLOCK)
    yield red("the reader's clock more than a minute before it", shown(young), NOW - 60.001, Reason.OWN_CLOCK)
    yield red("the reader's clock years behind", shown(day), 0, Reason.OWN_CLOCK)
    yield red("the reader's clock behind the issuer's", shown_by_issuer(), NOW - 16, Reason.OWN_CLOCK)
    ended = day_credential(issued_at=NOW - 12 * HOUR)
    yield red("a credential in the second of its end", shown(ended), NOW, Reason.EXPIRED)
    short = day_credential(issued_at=NOW - 60, life=30)
    yield red("a credential that lived half a minute", shown(short), NOW + 5, Reason.EXPIRED)


def _wrong_door() -> Iterator[Vector]:
    other = Reason.OTHER_ENTERPRISE
    yield Vector(name="shown to another enterprise", text=shown(credit_code=OTHER_DOOR), reason=other)
    elsewhere = shown_by_issuer(credit_code=OTHER_DOOR)
    yield Vector(name="shown to another enterprise, by the issuer", text=elsewhere, reason=other)
    yield Vector(name="read at another enterprise", text=shown(), credit_code=OTHER_DOOR, reason=other)
    small = shown(credit_code=CREDIT_CODE.lower())
    yield Vector(name="the credit code in small letters", text=small, reason=other)
    yield Vector(
        name="shown to another enterprise, and stale", text=shown(), now=NOW + 600, credit_code=OTHER_DOOR, reason=other
    )
    for index in REVOKED:
        taken = replace(ZHANG_WEI, status_index=index)
        text = shown(day_credential(taken))
        yield Vector(name=f"taken back, place {index}", text=text, reason=Reason.REVOKED)
        yield Vector(
            name=f"taken back, by the issuer, place {index}", text=shown_by_issuer(taken), reason=Reason.REVOKED
        )
    yield Vector(name="taken back, and stale", text=text, now=NOW + 600, reason=Reason.REVOKED)
    yield Vector(name="taken back, at another enterprise", text=text, credit_code=OTHER_DOOR, reason=Reason.REVOKED)


def _wrong_issuer() -> Iterator[Vector]:
    unknown = Reason.UNKNOWN_ISSUER
    yield Vector(name="another issuer", text=shown(day_credential(signer=STRANGER)), reason=unknown)
    yield Vector(name="another issuer, by the issuer", text=shown_by_issuer(signer=STRANGER), reason=unknown)
    early = day_credential(issued_at=ISSUER[1] - 1)
    name = "a key used before it may be"
    yield Vector(name=name, text=shown(early), now=ISSUER[1], reason=unknown)
    yield Vector(name=f"{name}, by the issuer", text=shown_by_issuer(at=ISSUER[1] - 1), now=ISSUER[1], reason=unknown)
    own = presentation.by_issuer(
        holder=ZHANG_WEI, scan_id=SCAN_ID, credit_code=CREDIT_CODE, issued_at=NOW, signer=PHONE
    )
    yield Vector(name="a phone that makes itself the issuer", text=own, reason=unknown)


class _Named(Es256Signer):
    """The stranger's key under the issuer's name."""

    kid = ISSUER[0].kid


def _wrong_hand() -> Iterator[Vector]:
    bad = Reason.BAD_SIGNATURE
    liar = _Named(STRANGER.key)
    yield Vector(name="another issuer under our key's name", text=shown(day_credential(signer=liar)), reason=bad)
    yield Vector(name="the same, by the issuer", text=shown_by_issuer(signer=liar), reason=bad)
    borrowed = presentation.by_phone(
        credential=day_credential(), scan_id=SCAN_ID, credit_code=CREDIT_CODE, step=NOW // STEP, key=PHONE_EVEN
    )
    yield Vector(name="a borrowed credential: signed by another phone", text=borrowed, reason=bad)
    day = day_credential()
    yield Vector(
        name="signed by the issuer where the phone should have",
        reason=bad,
        text=presentation.by_phone(
            credential=day, scan_id=SCAN_ID, credit_code=CREDIT_CODE, step=NOW // STEP, key=ISSUER[0]
        ),
    )
    of_day = read_credential(day).signed
    for name, signature in _signatures(of_day.signature).items():
        altered = cose.assembled(of_day.protected, of_day.payload, signature)
        yield Vector(name=f"credential: {name}", text=shown(altered), reason=bad)
    outer = cose.read(base45.decode(shown(day)[4:]))
    for name, signature in _signatures(outer.signature).items():
        altered = cose.assembled(outer.protected, outer.payload, signature)
        yield Vector(name=f"presentation: {name}", text=presentation.written(altered), reason=bad)
    issued = cose.read(base45.decode(shown_by_issuer()[4:]))
    for name, signature in _signatures(issued.signature).items():
        altered = cose.assembled(issued.protected, issued.payload, signature)
        yield Vector(name=f"by the issuer: {name}", text=presentation.written(altered), reason=bad)
    moved = cbor2.dumps([day, SCAN_ID.bytes, CREDIT_CODE, NOW // STEP + 1])
    text = presentation.written(cose.assembled(outer.protected, moved, outer.signature))
    yield Vector(name="the step moved on under an old signature", text=text, now=NOW + 15, reason=bad)
    renamed = of_day.payload.replace("张伟".encode(), "李娜".encode())
    text = shown(cose.assembled(of_day.protected, renamed, of_day.signature))
    yield Vector(name="the name changed under the issuer's signature", text=text, reason=bad)
    prior = cose.assembled(cbor2.dumps({1: -7, 4: ISSUER_BEFORE[0].kid}), of_day.payload, of_day.signature)
    yield Vector(name="the name of another key of the issuer", text=shown(prior), reason=bad)


def _signatures(signature: bytes) -> dict[str, bytes]:
    """Other 64 bytes: the first one satisfies the curve's equation."""
    r, s = signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]
    other = (ORDER - int.from_bytes(s)).to_bytes(COORDINATE_BYTES)
    order, nought = ORDER.to_bytes(COORDINATE_BYTES), bytes(COORDINATE_BYTES)
    above = (2**256 - 1).to_bytes(COORDINATE_BYTES)
    return {
        "the other s": r + other,
        "all zeros": nought + nought,
        "r zero": nought + s,
        "s zero": r + nought,
        "r the order": order + s,
        "s the order": r + order,
        "r and s above the field": above + above,
        "r and s exchanged": s + r,
    }
