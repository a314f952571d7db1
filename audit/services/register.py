"""Save one row of a register with its history and its entry, or nothing when nothing changed."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.history import save_as
from audit.register import NotRegistrable, Refusal, recordable
from audit.services import entry


def stored(row: models.Model) -> dict[str, Any]:
    """The row's columns, its own key left out, in the form that an entry records."""
    return {
        field.attname: recordable(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if not field.primary_key
    }


def save_registered(
    *, row: models.Model, before: models.Model | None, noun: str, name: str, actor: Actor, at: datetime, reason: str
) -> bool:
    """Save `row`, of which `before` is what the database holds (None: it is new). False: nothing had changed.

    The entry's kind is `<noun>_registered` or `<noun>_changed`, its subject `<noun>:<name>`; a change names each
    field from what to what. Raises NotRegistrable when the database refuses the row (somebody was faster),
    TransactionManagementError outside a transaction.
    """
    now = stored(row)
    was = stored(before) if before else {}
    changed = {field: [was.get(field), value] for field, value in now.items() if was.get(field) != value}
    if before is not None and not changed:
        return False
    try:
        with transaction.atomic():
            save_as(row, actor=actor, at=at, reason=reason, new=before is None)
    except IntegrityError as error:
        taken = Refusal(column=noun, value=name, sentence=_("与已登记的内容冲突，可能刚刚有人登记过"))
        raise NotRegistrable([taken]) from error
    entry.record(
        kind=f"{noun}_registered" if before is None else f"{noun}_changed",
        subject=f"{noun}:{name}"[:80],
        body={"values": now, "changed": {} if before is None else changed, "reason": reason},
        actor=actor,
        at=at,
    )
    return True
