"""Write down what was done, so that later nobody can say it was different."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.canonical import FORMAT, canonical, leaf_hash
from audit.models import Entry
from audit.pen import Pen

SALT_BYTES = 16


def record(
    *, kind: str, subject: str, body: Mapping[str, Any], actor: Actor, at: datetime, pen: Pen | None = None
) -> Entry:
    """Append an entry to the record, inside the caller's transaction; it queues itself for the tree.

    `body` holds canonical types only (no floats). One statement. Raises TransactionManagementError outside a
    transaction: the deed and its record stand or fall together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an entry belongs inside its deed's transaction")
    salt = secrets.token_bytes(SALT_BYTES)
    data = canonical({"kind": kind, "subject": subject, "actor": actor, "at": at, "body": dict(body)})
    entry = Entry(
        kind=kind, subject=subject, format=FORMAT, at=at, body=data, salt=salt, leaf=leaf_hash(salt=salt, body=data)
    )
    entry.save(force_insert=True) if pen is None else pen.take(entry)
    return entry
