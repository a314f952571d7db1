"""Tell the supervision side and the platform what came after a visit (part of a deed, not one itself)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.services.file import file
from audit.services.visit_fact import restate, told
from checkins.models import Visit


def tell_further(
    visit: Visit, *, changes: Mapping[str, Any], event: str, more: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Append a version of the visit's fact, that differs by `changes` or by nothing, and owe it with `more`.

    A version for everything that becomes known of a visit: whoever asks what has changed needs no other list
    (checkins/changes.py). Returns the fact as the record keeps it.
    """
    fact = restate(visit.number, changes=changes, at=at)
    told_fact = told(fact)
    file(
        number=f"{fact.visit}-{fact.version}",
        event=event,
        credit_code=fact.credit_code,
        visit=fact.visit,
        payload={**told_fact, **more},
        at=at,
    )
    return told_fact
