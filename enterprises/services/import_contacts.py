"""Take rows of a file into the register of contacts. An enterprise without a row stays as it is."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.intake import Outcome, Refused, Row, Taken
from audit.register import lacking, refuse
from audit.services.bulk_register import change_in_bulk, create_in_bulk, row_by_row
from enterprises.models import Contact, Enterprise
from enterprises.register import CONTACT, CREDIT_CODE
from enterprises.services.contact import end_proofs

FIELDS = ("name", "phone")


def import_contacts(
    *, rows: Sequence[Row], actor: Actor, at: datetime, dry_run: bool = False, reason: str = ""
) -> Outcome:
    """Take one chunk of rows in one transaction; a row that the database refuses is left out by itself.

    The same rows again change nothing. Refused: an enterprise that the register does not have. The entries hold no
    phone, only the hash tree over the history's rows.
    """

    def take(some: Sequence[Row]) -> Outcome:
        codes = {row.values["credit_code"] for row in some}
        enterprises = dict(Enterprise.objects.filter(credit_code__in=codes).values_list("credit_code", "pk"))
        locked = Contact.objects.select_for_update(no_key=True).filter(enterprise_id__in=enterprises.values())
        known = {contact.enterprise_id: contact for contact in locked.order_by("pk")}
        outcome, new, changed, moved = Outcome(), [], [], []
        for row in some:
            key = enterprises.get(row.values["credit_code"])
            if key is None:
                sentence = _("没有登记过这家企业，请先导入企业")
                outcome.refused.append(Refused(row.line, refuse(CREDIT_CODE, row.values["credit_code"], sentence)))
                continue
            before = known.get(key)
            if before is None and (missing := lacking(CONTACT, row.values)):
                outcome.refused += [Refused(row.line, refusal) for refusal in missing]
                continue
            contact = copy(before) if before else Contact(enterprise_id=key)
            for field in FIELDS:
                setattr(contact, field, row.values.get(field, getattr(contact, field)))
            if before is None or before.phone != contact.phone:
                contact.phone_since = at
            if before is None:
                outcome.new += 1
                outcome.taken.append(Taken(row.line, row.values["credit_code"], new=True))
                new.append(contact)
            elif (before.name, before.phone) == (contact.name, contact.phone):
                outcome.unchanged += 1
            else:
                outcome.changed += 1
                changes = [(field, getattr(before, field), getattr(contact, field)) for field in FIELDS]
                said = [(field, old, now) for field, old, now in changes if old != now]
                outcome.taken.append(Taken(row.line, row.values["credit_code"], False, said))
                changed.append(contact)
                moved += [key] if before.phone != contact.phone else []
        if not dry_run:
            create_in_bulk(new, actor=actor, at=at, reason=reason)
            change_in_bulk(changed, actor=actor, at=at, reason=reason)
            end_proofs(moved, at=at)
        return outcome

    return row_by_row(rows, take=take)
