"""Owe the supervision platform a message (备案): into the outbox, not yet over the wire."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.canonical import canonical
from audit.models import Filing
from audit.pen import Pen


def file(
    *,
    number: str,
    event: str,
    credit_code: str,
    visit: str,
    payload: Mapping[str, Any],
    at: datetime,
    pen: Pen | None = None,
) -> Filing:
    """Append a filing to the outbox, inside the caller's transaction; `manage.py work` delivers it after the commit.

    One statement. `number` identifies the message for ever; `credit_code` is its lane: the messages of one enterprise
    arrive in the order in which they were appended, for which the deed holds that code's lock. `at` is aware.
    `payload` holds canonical types only; moments become UTC text (audit/canonical.py).
    Raises TransactionManagementError outside a transaction (a deed and its filing stand or fall together), TypeError
    for a float in the payload, IntegrityError for a number that is taken.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a filing belongs inside its deed's transaction")
    filing = Filing(
        number=number,
        event=event,
        credit_code=credit_code,
        visit=visit,
        payload=canonically(payload),
        created_at=at,
    )
    filing.save(force_insert=True) if pen is None else pen.take(filing)
    return filing


def draft(*, number: str, event: str, credit_code: str, visit: str, payload: Mapping[str, Any], at: datetime) -> Filing:
    """A filing that is not written yet. Raises TypeError for a float in the payload."""
    return Filing(
        number=number,
        event=event,
        credit_code=credit_code,
        visit=visit,
        payload=canonically(payload),
        created_at=at,
    )


def canonically(payload: Mapping[str, Any]) -> Any:
    """The payload as it is read back from its canonical bytes."""
    return json.loads(canonical(dict(payload)))
