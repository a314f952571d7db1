"""Register whom to reach at an enterprise (登记联系人), or change it; another phone ends what the former one proved."""

from collections.abc import Collection
from copy import copy
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.history import save_as
from audit.phone import masked
from audit.register import NotRegistrable, put_in_order, refuse
from audit.services.entry import record
from enterprises.models import Contact, OwnerCode, OwnerPin
from enterprises.register import CONTACT, CREDIT_CODE, PHONE

_COLUMNS = tuple(column for column in CONTACT if column is not CREDIT_CODE)


def save_contact(*, contact: Contact, actor: Actor, at: datetime, reason: str = "") -> Contact:
    """Save a new or changed contact and record it, the phone masked. Writes nothing when nothing changed.

    Raises NotRegistrable: a name too long, no mobile phone, an enterprise that has a contact already.
    """
    with transaction.atomic():
        before = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk) if contact.pk else None
        refusals = put_in_order(contact, _COLUMNS)
        if not refusals and before is not None and before.enterprise_id != contact.enterprise_id:
            refusals = [refuse(CREDIT_CODE, contact.enterprise.credit_code, _("联系人不能改到另一家企业名下"))]
        if refusals:
            raise NotRegistrable(refusals)
        _write(contact, before=before, actor=actor, at=at, reason=reason)
    return contact


def withdraw_contact(*, contact: Contact, reason: str, actor: Actor, at: datetime) -> Contact:
    """Nobody is to be reached there any more: no code is sent until somebody is registered again."""
    with transaction.atomic():
        before = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        contact = copy(before)
        contact.phone = ""
        _write(contact, before=before, actor=actor, at=at, reason=reason)
    return contact


def end_proofs(enterprises: Collection[int], *, at: datetime) -> None:
    """Part of a deed: codes under way and PINs of these enterprises prove nothing any more. Two statements.

    What browsers have proved before ends by the contact's `phone_since` (DoorFacts.proof).
    """
    if enterprises:
        OwnerCode.objects.filter(enterprise_id__in=enterprises, expires_at__gt=at).update(expires_at=at)
        OwnerPin.objects.filter(enterprise_id__in=enterprises).update(pin_hash=make_password(None))


def _write(contact: Contact, *, before: Contact | None, actor: Actor, at: datetime, reason: str) -> None:
    if before is not None and (before.name, before.phone) == (contact.name, contact.phone):
        return
    moved = before is not None and before.phone != contact.phone
    if before is None or moved:
        contact.phone_since = at
    try:
        with transaction.atomic():
            save_as(contact, actor=actor, at=at, reason=reason, new=before is None)
    except IntegrityError as error:
        taken = refuse(PHONE, masked(contact.phone), _("该企业已有登记联系人"))
        raise NotRegistrable([taken]) from error
    if moved:
        end_proofs([contact.enterprise_id], at=at)
    code = contact.enterprise.credit_code
    record(
        kind="contact_registered" if before is None else "contact_changed",
        subject=f"contact:{code}",
        body={"name": contact.name, "phone": masked(contact.phone), "moved": moved, "reason": reason},
        actor=actor,
        at=at,
    )
