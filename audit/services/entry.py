"""Write down what was done, so that later nobody can say it was different."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.canonical import FORMAT, canonical, leaf_hash, utc_text
from audit.models import Entry
from audit.pen import Pen

SALT_BYTES = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An entry before it is written. Who may hold its receipt reads its whole `body`: one reader, one draft."""

    kind: str
    subject: str
    body: Mapping[str, Any]


def record(
    *, kind: str, subject: str, body: Mapping[str, Any], actor: Actor, at: datetime, pen: Pen | None = None
) -> Entry:
    """Append an entry to the record, inside the caller's transaction; it queues itself for the tree.

    `body` holds canonical types only (no floats). One statement. Raises TransactionManagementError outside a
    transaction: the deed and its record stand or fall together.
    """
    [entry] = record_all([Draft(kind=kind, subject=subject, body=body)], actor=actor, at=at, pen=pen)
    return entry


def record_all(drafts: Sequence[Draft], *, actor: Actor, at: datetime, pen: Pen | None = None) -> list[Entry]:
    """The same for what one deed says to several readers. One statement for all."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an entry belongs inside its deed's transaction")
    moment, by = utc_text(at), str(actor)
    entries = [_entry(draft, at=at, told={"actor": by, "at": moment}) for draft in drafts]
    if pen is not None:
        for entry in entries:
            pen.take(entry)
    else:
        Entry.objects.bulk_create(entries)
    return entries


def _entry(draft: Draft, *, at: datetime, told: Mapping[str, str]) -> Entry:
    """`told`: what all entries of a deed tell alike, spelt."""
    kind, subject, body = draft.kind, draft.subject, draft.body
    salt = secrets.token_bytes(SALT_BYTES)
    said = body if type(body) is dict else dict(body)
    data = canonical({"kind": kind, "subject": subject, "body": said, **told})
    return Entry(
        kind=kind, subject=subject, format=FORMAT, at=at, body=data, salt=salt, leaf=leaf_hash(salt=salt, body=data)
    )
