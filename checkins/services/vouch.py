"""Vouch for a presentation: is this officer in office, and at this enterprise on a visit, now?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checkins.attended import attendance
from officers.confirmation import confirmation
from officers.models import Officer
from officers.reasons import Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Vouched:
    """`officer` (with the agency) and `visit` (its number): only where the server does vouch."""

    reason: Reason
    officer: Officer | None = None
    visit: str = ""


def vouch(text: str, *, credit_code: str, at: datetime, stay: timedelta) -> Vouched:
    """Three statements at most. Raises nothing, whatever the text."""
    told = confirmation(text, credit_code=credit_code, at=at)
    if told.against is not None or told.presentation is None or told.officer is None:
        return Vouched(reason=told.against or Reason.NOT_CONFIRMED)
    found = attendance(told.presentation.scan_id, at=at)
    if found is None:
        return Vouched(reason=Reason.NOT_CONFIRMED)
    against = found.against(officer_id=told.officer.pk, credit_code=credit_code, at=at, stay=stay)
    if against is not None:
        return Vouched(reason=against)
    reason = Reason.OK if told.officer.photo_sha256 else Reason.NO_PHOTO
    return Vouched(reason=reason, officer=told.officer, visit=found.visit)
