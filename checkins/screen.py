"""What does the page behind an officer's screen say (亮证核验)? Pure: facts in, a verdict out."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from audit.facts import Purpose
from officers.reasons import Colour
from officers.rules import CertificateState


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Whose screen it is, as registered now. `certified`: may inspect, not only make service visits. `phone_out`: the
    phone that shows it is out of service."""

    name: str
    agency: str
    certificate_no: str
    photo_sha256: str
    certified: bool
    valid_from: date
    valid_until: date
    state: CertificateState
    phone_out: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """The visit that the screen was shown in. `enterprise`: its name, empty for one that the registry does not know.

    `arrived_at`: the officer's own latest scan in it. `stands`: that scan was not taken back, nor the visit. `over`:
    somebody of the visit has left since, or the scan is too long ago.
    """

    enterprise: str
    purpose: str
    arrived_at: datetime
    stands: bool
    over: bool


class Verdict(StrEnum):
    """Green only for a certified officer, in office, in a visit that stands and goes on."""

    OK = "ok"
    NO_VISIT = "no_visit"
    SERVICE_ONLY = "service_only"
    NOT_CERTIFIED = "not_certified"
    NOT_CONFIRMED = "not_confirmed"
    LEFT = "left"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    PHONE_OUT = "phone_out"
    UNKNOWN = "unknown"

    @property
    def colour(self) -> Colour:
        if self is Verdict.OK:
            return Colour.GREEN
        return Colour.YELLOW if self in {Verdict.NO_VISIT, Verdict.SERVICE_ONLY} else Colour.RED


_OUT_OF_OFFICE = {
    CertificateState.REVOKED: Verdict.REVOKED,
    CertificateState.SUSPENDED: Verdict.SUSPENDED,
    CertificateState.EXPIRED: Verdict.EXPIRED,
    CertificateState.NOT_YET_VALID: Verdict.NOT_YET,
}


def verdict(holder: Holder, stay: Stay | None) -> Verdict:
    """Is this person entitled to be here now? `stay` None: shown outside a visit.

    What speaks against the person weighs more than what became of the visit.
    """
    if holder.state in _OUT_OF_OFFICE:
        return _OUT_OF_OFFICE[holder.state]
    if holder.phone_out:
        return Verdict.PHONE_OUT
    if stay is not None and not stay.stands:
        return Verdict.NOT_CONFIRMED
    if stay is not None and stay.over:
        return Verdict.LEFT
    if not holder.certified:
        inspects = stay is not None and stay.purpose == Purpose.INSPECTION
        return Verdict.NOT_CERTIFIED if inspects else Verdict.SERVICE_ONLY
    return Verdict.OK if stay is not None else Verdict.NO_VISIT
