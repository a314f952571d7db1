"""What is a presentation worth, off the network? Pure: the same checks, in the same order, as the page's JavaScript.

docs/reference/electronic-id.md specifies them and docs/reference/electronic-id-vectors.json tries them on both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from officers.es256 import Es256Verifier
from officers.issuer import IssuerKey
from officers.presentation import STEP, ByIssuer, ByPhone, Presentation, read
from officers.reasons import Reason, Refused

FRESH = 45
"""Seconds after the beginning of its step in which a phone's presentation is fresh."""
AHEAD = 15
"""Seconds that two clocks may differ."""
OWN_CLOCK = 60
"""Seconds before a credential's issue at which the reader's own clock must be wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """`presentation` is None where the text is none, or its signatures are not the issuer's and the phone's."""

    reason: Reason
    presentation: Presentation | None = None


def check(
    text: str,
    *,
    credit_code: str,
    now: float,
    keys: Mapping[bytes, IssuerKey],
    revoked: Callable[[int], bool | None],
) -> Checked:
    """Is this text shown by an officer, at this enterprise, now? Raises nothing, whatever the text.

    `now`: seconds since 1970; `keys`: the issuer's, by `kid`; `revoked`: the status list's word on a place in it, None
    where it has none. At best yellow: whether there is such a visit only the server knows.
    """
    try:
        shown = read(text)
        _genuine(shown, keys)
    except Refused as refused:
        return Checked(reason=refused.reason)
    except ValueError:
        return Checked(reason=Reason.MALFORMED)
    taken_back = revoked(shown.holder.status_index)
    return Checked(reason=_worth(shown, credit_code=credit_code, now=now, taken_back=taken_back), presentation=shown)


def _genuine(shown: Presentation, keys: Mapping[bytes, IssuerKey]) -> None:
    """Did the issuer sign it, or the credential in it, and that one's phone the rest? Raises Refused, ValueError."""
    by_issuer, issued_at = (
        (shown.signed, shown.issued_at)
        if isinstance(shown, ByIssuer)
        else (shown.credential.signed, shown.credential.issued_at)
    )
    key = keys.get(by_issuer.kid or b"")
    if key is None or issued_at < key.usable_from:
        raise Refused(Reason.UNKNOWN_ISSUER)
    if not by_issuer.signed_by(key.verifier):
        raise Refused(Reason.BAD_SIGNATURE)
    if isinstance(shown, ByPhone):
        phone = Es256Verifier.from_point(shown.credential.x, y_is_odd=shown.credential.y_is_odd)
        if not shown.signed.signed_by(phone):
            raise Refused(Reason.BAD_SIGNATURE)


def _worth(shown: Presentation, *, credit_code: str, now: float, taken_back: bool | None) -> Reason:
    if taken_back:
        return Reason.REVOKED
    if shown.credit_code != credit_code:
        return Reason.OTHER_ENTERPRISE
    if (wrong_time := _untimely(shown, now)) is not None:
        return wrong_time
    if taken_back is None:
        return Reason.STATUS_UNKNOWN
    return Reason.OFFLINE if shown.holder.photo else Reason.NO_PHOTO


def _untimely(shown: Presentation, now: float) -> Reason | None:
    """What is wrong with the time, if anything: a wrong clock is called a wrong clock."""
    if isinstance(shown, ByIssuer):
        # The time is the server's, so it is the reader's clock that is behind.
        if now < shown.issued_at - AHEAD:
            return Reason.OWN_CLOCK
        return Reason.STALE if now > shown.expires_at else None
    made, credential = shown.step * STEP, shown.credential
    if now < credential.issued_at - OWN_CLOCK:
        return Reason.OWN_CLOCK
    if made > now + AHEAD or made < credential.issued_at - AHEAD:
        return Reason.PHONE_CLOCK
    if now - made > FRESH:
        return Reason.STALE
    return Reason.EXPIRED if now >= credential.expires_at else None
