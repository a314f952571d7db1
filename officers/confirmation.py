"""What the officers' floor says to a presentation, as of now. Whether there is such a visit is asked one floor up."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db.models import Exists, OuterRef

from officers.keyring import KNOWN
from officers.models import Credential, Officer, StatusPlace
from officers.presentation import ByIssuer, ByPhone, Presentation
from officers.reasons import Reason
from officers.rules import CertificateState, certificate_state
from officers.verification import check
from officers.wallet import spent_places

_SAID = {
    CertificateState.REVOKED: Reason.REVOKED,
    CertificateState.SUSPENDED: Reason.REVOKED,
    CertificateState.EXPIRED: Reason.EXPIRED,
    CertificateState.NOT_YET_VALID: Reason.NOT_YET,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """`against`: what speaks against it, None where nothing does. `officer` (with the agency): who it is, where the
    signatures are right and the officer is known. `device_id`: the phone whose key signed; None for a phone without
    one, whose scan says which it was.
    """

    against: Reason | None
    presentation: Presentation | None = None
    officer: Officer | None = None
    device_id: int | None = None


def confirmation(text: str, *, credit_code: str, at: datetime) -> Confirmed:
    """Is this text shown by an officer in office, with a phone in service, at this enterprise, now?

    One statement; another one for a key that this process has not met. What was taken back weighs more than a wrong
    door or time.
    """
    found = check(text, credit_code=credit_code, now=at.timestamp(), keys=KNOWN, revoked=lambda _: False)
    shown = found.presentation
    if shown is None:
        return Confirmed(against=found.reason)
    who = _of_phone(shown) if isinstance(shown, ByPhone) else _of_issuer(shown, at=at)
    if who is None:
        return Confirmed(against=Reason.NOT_CONFIRMED, presentation=shown)
    officer, device_id, taken_back = who
    state = _SAID.get(
        certificate_state(
            status=officer.status,
            status_since=officer.status_since,
            valid_from=officer.valid_from,
            valid_until=officer.valid_until,
            at=at,
        )
    )
    against = found.reason if found.reason.colour == "red" else state
    if taken_back or state is Reason.REVOKED or not officer.certified:
        against = Reason.REVOKED
    return Confirmed(against=against, presentation=shown, officer=officer, device_id=device_id)


def _of_phone(shown: ByPhone) -> tuple[Officer, int, bool] | None:
    """Whose phone it is, by the credential as it was issued: one with the right signature that we never issued is
    nobody's."""
    fingerprint = sha256(shown.credential.signed.written()).digest()
    row = Credential.objects.select_related("device__officer__agency").filter(sha256=fingerprint).first()
    return (row.device.officer, row.device_id, row.device.revoked_at is not None) if row else None


def _of_issuer(shown: ByIssuer, *, at: datetime) -> tuple[Officer, None, bool] | None:
    """Whose place it is, if it is on record that a phone without a key shows something there now."""
    shows = Credential.objects.filter(place=OuterRef("pk"), expires_at__gt=at, device__public_key__isnull=True)
    places = StatusPlace.objects.select_related("officer__agency").filter(Exists(shows), pk=shown.holder.status_index)
    row = places.annotate(spent=Exists(spent_places(at=at).filter(place=OuterRef("pk")))).first()
    return (row.officer, None, row.spent) if row else None
