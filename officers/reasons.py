"""Why an electronic ID is green, yellow or red: one stable code each. Pure.

docs/reference/electronic-id.md explains them, `officers.told` says them to people.
"""

from enum import StrEnum


class Colour(StrEnum):
    """Green only when the server confirms the visit; yellow: true as far as can be seen off the network; red: no."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Reason(StrEnum):
    OK = "ok"
    OFFLINE = "offline"
    NO_PHOTO = "no_photo"
    STATUS_UNKNOWN = "status_unknown"
    STALE = "stale"
    PHONE_CLOCK = "phone_clock"
    OWN_CLOCK = "own_clock"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    OTHER_ENTERPRISE = "other_enterprise"
    UNKNOWN_ISSUER = "unknown_issuer"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ALGORITHM = "wrong_algorithm"
    MALFORMED = "malformed"
    REVOKED = "revoked"
    NOT_CONFIRMED = "not_confirmed"
    LEFT = "left"

    @property
    def colour(self) -> Colour:
        if self is Reason.OK:
            return Colour.GREEN
        return Colour.YELLOW if self in _YELLOW else Colour.RED


_YELLOW = frozenset({Reason.OFFLINE, Reason.NO_PHOTO, Reason.STATUS_UNKNOWN})


class Refused(ValueError):
    """What was shown is red for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
