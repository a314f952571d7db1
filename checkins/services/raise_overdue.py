"""Tell supervisors of urgent inspections whose approval did not follow in time (逾期未补批准); once for each visit."""

from datetime import datetime, timedelta

from django.db import transaction

from audit.actor import Actor
from audit.canonical import utc_text
from audit.services.entry import record
from checkins.models import OverdueApproval, Urgency
from checkins.services.correction import hold_visit
from checkins.services.further import tell_further
from checkins.unapproved import unraised

LOOK_BACK = timedelta(days=60)
"""Of limits that passed longer ago nobody is told anew (P): the worker would have been down for so long."""
AT_ONCE = 200
"""Visits of which one run tells at most."""


def raise_overdue(*, actor: Actor, at: datetime, limit: int = AT_ONCE) -> int:
    """Raise what time alone decides, each visit in a transaction and lane of its own; how many were raised?

    Asked again, by whichever worker, it raises nothing twice. Where nothing waits: one statement.
    """
    waiting = list(unraised(since=at - LOOK_BACK, at=at).order_by("due_at", "pk")[:limit])
    return sum(_raise(one, actor=actor, at=at) for one in waiting)


def _raise(found: Urgency, *, actor: Actor, at: datetime) -> bool:
    with transaction.atomic():
        visit = hold_visit(found.visit)  # type: ignore[attr-defined]
        # While we waited it may have been approved, taken back, moved to another visit, or raised for another scan.
        owing = unraised(since=at - LOOK_BACK, at=at).filter(scan=found.scan_id).first()
        if owing is None or owing.visit != visit.pk:  # type: ignore[attr-defined]
            return False
        OverdueApproval(
            visit=visit, scan_id=owing.scan_id, agency_id=visit.agency_id, due_at=owing.due_at, raised_at=at
        ).save(force_insert=True)
        more = {"scan": str(owing.scan_id), "due_at": utc_text(owing.due_at)}
        fact = tell_further(visit, changes={}, event="visit.approval_overdue", more=more, at=at)
        body = {**more, "facts": [fact]}
        record(kind="approval-overdue", subject=f"visit:{visit.number}", body=body, actor=actor, at=at)
    return True
