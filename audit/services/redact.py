"""Wipe what the law no longer lets us keep (抹除): bodies of entries, complaints' words. Leaves and hashes stay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery

from audit.actor import Actor
from audit.models import Complaint, ComplaintPicture, ComplaintState, Entry
from audit.services.entry import Draft, record_all

REDACTED = "redacted"
WIPED = frozenset({
    "scan", "resolution", "visit-shown", "place-grades", "photo", "departure", "visit-result", "withdrawal",
    "presence-confirmed", "classified", "classification-claimed", "voiding-claimed", "correction-confirmed",
    "correction-rejected", "correction-superseded", "correction-at_once", "joined-jointly", "left-jointly", "approved",
    "approval-overdue", "plan", "plan-linked", "fact-recovered", "fact-restated", "merge-proposed", "merge-confirmed",
    "enterprise-swept", "month-watched", "flag-reviewed", "complaint", "complaint-turned",
})  # fmt: skip
"""Entries that say of somebody's visit, and no others: what the log, its keys, the rules and other rows rest upon stays
for ever. The trigger of audit_entry has the same list (audit/migrations/0022_redactions.py)."""
AT_ONCE = 200
"""Rows in one transaction: a scan waits for no more than that."""


def entries_due(*, before: datetime) -> QuerySet[Entry]:
    """Entries of before that moment whose bodies are kept no longer and still there."""
    return Entry.objects.filter(at__lt=before, body__isnull=False, kind__in=WIPED)


def redact_entries(*, before: datetime, rule: str, actor: Actor, at: datetime) -> int:
    """Wipe body and salt of all of them, each beside a `redacted` entry, `AT_ONCE` a transaction. How many.

    `rule`: which says so. They are looked for outside the transactions, which hold SQLite's one writer, and no further
    than the last of them: `at` has no index, and the entries behind it are all that the house goes on writing.
    """
    due, done, after = entries_due(before=before), 0, 0
    last = due.aggregate(last=Max("pk"))["last"] or 0
    while keys := list(due.filter(pk__gt=after, pk__lte=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        done, after = done + _wipe(keys, rule=rule, actor=actor, at=at), keys[-1]
    return done


def _wipe(keys: Sequence[int], *, rule: str, actor: Actor, at: datetime) -> int:
    """Those of them that nobody has wiped meanwhile."""
    with transaction.atomic():
        rows = Entry.objects.filter(pk__in=keys, body__isnull=False)
        still = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        if still:
            say_redacted([f"entry:{key}" for key in still], rule=rule, actor=actor, at=at)
            Entry.objects.filter(pk__in=still).update(body=None, salt=None)
    return len(still)


def complaints_due(*, before: datetime) -> QuerySet[Complaint]:
    """Complaints of before that moment that are closed, and whose words are still there."""
    states = ComplaintState.objects.filter(complaint=OuterRef("pk")).order_by("-serial")
    rows = Complaint.objects.annotate(state=Subquery(states.values("state")[:1]))
    return rows.filter(received_at__lt=before, salt__isnull=False, state=ComplaintState.State.CLOSED)


def redact_complaints(*, before: datetime, rule: str, actor: Actor, at: datetime) -> int:
    """Wipe words, telephone number and pictures of up to `AT_ONCE` of them. How many."""
    with transaction.atomic():
        some = list(complaints_due(before=before).order_by("pk")[:AT_ONCE])
        if some:
            say_redacted([f"complaint:{one.number}" for one in some], rule=rule, actor=actor, at=at)
            keys = [one.pk for one in some]
            Complaint.objects.filter(pk__in=keys).update(text=None, complainant=None, phone=None, salt=None)
            ComplaintPicture.objects.filter(complaint__in=keys, copy__isnull=False).update(copy=None)
    return len(some)


def say_redacted(subjects: Sequence[str], *, rule: str, actor: Actor, at: datetime) -> None:
    """A `redacted` entry for each of these: only beside it does the database let the row be wiped."""
    body: dict[str, Any] = {"rule": rule}
    record_all([Draft(kind=REDACTED, subject=one, body=body) for one in subjects], actor=actor, at=at)
