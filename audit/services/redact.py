"""Wipe what the law no longer lets us keep (抹除): bodies of entries, complaints' words. Leaves and hashes stay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from audit.actor import Actor
from audit.models import Complaint, ComplaintPicture, ComplaintState, Entry
from audit.sealing import KIND as SEALED
from audit.services.entry import Draft, record_all

REDACTED = "redacted"
KEPT = (REDACTED, SEALED, "register_imported", "visits_imported", "documents_taken_in", "plans_imported")
"""Entries without anybody's data in them: what was wiped, and hashes of rows."""
AT_ONCE = 200
"""Rows in one transaction: a scan waits for no more than that."""


def entries_due(*, before: datetime) -> QuerySet[Entry]:
    """Entries of before that moment whose bodies are still there."""
    return Entry.objects.filter(at__lt=before, body__isnull=False).exclude(kind__in=KEPT)


def redact_entries(*, before: datetime, after: int, rule: str, actor: Actor, at: datetime) -> tuple[int, int]:
    """Wipe body and salt of up to `AT_ONCE` of them, each beside a `redacted` entry. How many, and the last one's key.

    `after`: the key to go on from. `rule`: which says so.
    """
    with transaction.atomic():
        keys = list(
            entries_due(before=before).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
        )
        if keys:
            say_redacted([f"entry:{key}" for key in keys], rule=rule, actor=actor, at=at)
            Entry.objects.filter(pk__in=keys).update(body=None, salt=None)
    return len(keys), keys[-1] if keys else after


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
            Complaint.objects.filter(pk__in=keys).update(text=None, phone=None, salt=None)
            ComplaintPicture.objects.filter(complaint__in=keys, copy__isnull=False).update(copy=None)
    return len(some)


def say_redacted(subjects: Sequence[str], *, rule: str, actor: Actor, at: datetime) -> None:
    """A `redacted` entry for each of these: only beside it does the database let the row be wiped."""
    body: dict[str, Any] = {"rule": rule}
    record_all([Draft(kind=REDACTED, subject=one, body=body) for one in subjects], actor=actor, at=at)
