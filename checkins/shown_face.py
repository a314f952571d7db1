"""The address of a photo that the server vouched for: whose face, in which visit, for a few minutes. Pure."""

import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from officers.signing import Forged, Signer

PURPOSE = "vouched-photo"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownFace:
    """Whom an enterprise is shown: `sha256` of the picture, and what is written down of the first view."""

    sha256: str
    certificate_no: str
    visit: str
    credit_code: str


def token(face: ShownFace, *, at: datetime, lifetime: timedelta, signer: Signer) -> str:
    """The secret part of its address, good for `lifetime`."""
    said = [int((at + lifetime).timestamp()), *astuple(face)]
    return signer.sign(json.dumps(said, separators=(",", ":")).encode(), purpose=PURPOSE)


def read(text: str, *, at: datetime, signer: Signer) -> ShownFace:
    """What this token opens. Raises Forged, also when its time is over."""
    expires, sha256, certificate_no, visit, credit_code = json.loads(signer.read(text, purpose=PURPOSE))
    if at.timestamp() >= expires:
        raise Forged
    return ShownFace(sha256=sha256, certificate_no=certificate_no, visit=visit, credit_code=credit_code)
