"""Register an officer, or change the entry: agency, validity, status, categories."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.register import NotRegistrable, Refusal, put_in_order, refuse
from audit.services.register import save_registered
from officers.models import Officer
from officers.register import AGENCY_CODE, CERTIFICATE_NO, OFFICER, VALID_UNTIL


def save_officer(*, officer: Officer, actor: Actor, at: datetime, reason: str = "") -> Officer:
    """Save a new or changed officer and record it. Writes nothing when nothing changed.

    A new status counts from `at`, unless the caller gives another `status_since` with it. The photo is set by
    `officers.services.photo`. Raises NotRegistrable: an unreadable field, a certificate number already taken or
    changed, no agency, a validity that ends before it begins.
    """
    with transaction.atomic():
        before = Officer.objects.select_for_update(no_key=True).get(pk=officer.pk) if officer.pk else None
        refusals = put_in_order(officer, OFFICER) or _against_the_rest(officer, before)
        if refusals:
            raise NotRegistrable(refusals)
        date_the_status(officer, before=before, at=at)
        save_registered(
            row=officer,
            before=before,
            noun="officer",
            name=officer.certificate_no,
            actor=actor,
            at=at,
            reason=reason,
        )
    return officer


def date_the_status(officer: Officer, *, before: Officer | None, at: datetime) -> None:
    """Give a status that has just changed its beginning. A suspension or revocation never lacks one."""
    new = before is None or before.status != officer.status
    if new and officer.status_since == (before.status_since if before else None):
        officer.status_since = None if before is None and officer.status == Officer.Status.ACTIVE else at
    elif officer.status_since is None and officer.status != Officer.Status.ACTIVE:
        officer.status_since = at


def _against_the_rest(officer: Officer, before: Officer | None) -> list[Refusal]:
    refusals: list[Refusal] = []
    number = officer.certificate_no
    if before is None and Officer.objects.filter(certificate_no=number).exists():
        refusals.append(refuse(CERTIFICATE_NO, number, _("该执法证号已登记")))
    if before is not None and before.certificate_no != number:
        refusals.append(refuse(CERTIFICATE_NO, number, _("执法证号一经登记不得更改：请吊销旧证并登记新证")))
    if officer.agency_id is None:
        refusals.append(refuse(AGENCY_CODE, "", _("不能为空")))
    if officer.valid_until < officer.valid_from:
        refusals.append(refuse(VALID_UNTIL, officer.valid_until, _("早于有效期起")))
    return refusals
