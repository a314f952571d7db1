"""Vouch for a presentation: is this officer in office, and at this enterprise on a visit, now?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checkins.attended import attendance
from enterprises.subject import is_subject_number
from officers.confirmation import confirmation
from officers.models import Officer
from officers.reasons import Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Vouched:
    """`officer` (with the agency), `visit` (its number), `credit_code` (under which the enterprise is now): only where
    the server does vouch."""

    reason: Reason
    officer: Officer | None = None
    visit: str = ""
    credit_code: str = ""


def vouch(text: str, *, credit_code: str, at: datetime, stay: timedelta) -> Vouched:
    """Three statements at most. Raises nothing, whatever the text.

    A poster outlives the number of a stall (无照对象) that has turned out to be a registered enterprise, and so does
    what a phone has fetched before: either of them stands for the enterprise then.
    """
    told = confirmation(text, credit_code=credit_code, at=at)
    shown = told.presentation
    subjects = {code for code in (credit_code, shown.credit_code if shown else "") if is_subject_number(code)}
    elsewhere = told.against is Reason.OTHER_ENTERPRISE
    if shown is not None and elsewhere and subjects:
        told = confirmation(text, credit_code=shown.credit_code, at=at)
    if told.against is not None or shown is None or told.officer is None:
        return Vouched(reason=told.against or Reason.NOT_CONFIRMED)
    found = attendance(shown.scan_id, at=at, subjects=subjects)
    if elsewhere and not (found and found.is_at(credit_code, shown.credit_code)):
        return Vouched(reason=Reason.OTHER_ENTERPRISE)
    if found is None:
        return Vouched(reason=Reason.NOT_CONFIRMED)
    against = found.against(officer_id=told.officer.pk, credit_code=credit_code, at=at, stay=stay)
    if against is not None:
        return Vouched(reason=against)
    reason = Reason.OK if told.officer.photo_sha256 else Reason.NO_PHOTO
    return Vouched(reason=reason, officer=told.officer, visit=found.visit, credit_code=found.credit_code)
