"""Wipe what the law no longer lets us keep (抹除): bodies of entries, complaints' words. Leaves and hashes stay."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery

from audit.actor import Actor
from audit.held import Held
from audit.models import Complaint, ComplaintPicture, ComplaintState, Entry
from audit.services.entry import Draft, record_all

Key = TypeVar("Key")

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Wiped:
    """How many were wiped, and how many are due but held."""

    wiped: int
    held: int


def wipe_due(
    due: QuerySet[Any], *, held: Callable[[list[Key]], Collection[Key]], wipe: Callable[[list[Key]], int], lot: int
) -> Wiped:
    """Wipe what is due, a lot a transaction, but for what is held.

    It is looked for outside the transactions, which hold SQLite's one writer, and no further than the last of them:
    most of these have no index over time, and what is behind is all that the house goes on writing.
    """
    last = due.aggregate(last=Max("pk"))["last"]
    rest = due.filter(pk__lte=last) if last is not None else due.none()
    wiped = kept = 0
    while keys := list(rest.order_by("pk").values_list("pk", flat=True)[:lot]):
        spared = held(keys)
        some = [key for key in keys if key not in spared]
        wiped, kept = wiped + (wipe(some) if some else 0), kept + len(keys) - len(some)
        rest = rest.filter(pk__gt=keys[-1])
    return Wiped(wiped=wiped, held=kept)


def redact_entries(
    *, before: datetime, rule: str, held: Callable[[Collection[str]], Collection[str]], actor: Actor, at: datetime
) -> Wiped:
    """Wipe body and salt of all of them, each beside a `redacted` entry, `AT_ONCE` a transaction.

    `rule`: which says so. `held`: which of these subjects are kept (checkins/held.py knows all of them).
    """

    def spared(keys: list[int]) -> Collection[int]:
        subjects = dict(Entry.objects.filter(pk__in=keys).values_list("pk", "subject"))
        kept = held(set(subjects.values()))
        return {key for key, subject in subjects.items() if subject in kept}

    return wipe_due(
        entries_due(before=before),
        held=spared,
        wipe=lambda keys: _wipe(keys, rule=rule, actor=actor, at=at),
        lot=AT_ONCE,
    )


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


def redact_complaints(*, before: datetime, rule: str, held: Held, actor: Actor, at: datetime) -> Wiped:
    """Wipe their words, telephone numbers and pictures."""
    due = complaints_due(before=before)

    def wipe(keys: list[int]) -> int:
        with transaction.atomic():
            still = dict(due.filter(pk__in=keys).order_by("pk").values_list("pk", "number"))
            if still:
                say_redacted([f"complaint:{number}" for number in still.values()], rule=rule, actor=actor, at=at)
                Complaint.objects.filter(pk__in=still).update(text=None, complainant=None, phone=None, salt=None)
                ComplaintPicture.objects.filter(complaint__in=still, copy__isnull=False).update(copy=None)
        return len(still)

    return wipe_due(due, held=held.complaints, wipe=wipe, lot=AT_ONCE)


def say_redacted(subjects: Sequence[str], *, rule: str, actor: Actor, at: datetime) -> None:
    """A `redacted` entry for each of these: only beside it does the database let the row be wiped."""
    body: dict[str, Any] = {"rule": rule}
    record_all([Draft(kind=REDACTED, subject=one, body=body) for one in subjects], actor=actor, at=at)
