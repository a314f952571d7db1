"""What a restore has cost: since when may something be missing that the successor log tells of?"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audit.models import Checkpoint, Halt, Log

KEPT = timedelta(days=30)
"""For so long phones keep acknowledged scans (docs/guides/offline.md)."""
MARGIN = timedelta(hours=1)
"""The copy that was restored is younger than its last checkpoint; what came while that was signed is older."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""A database that holds no checkpoint which its witness had cosigned may miss anything."""


def lost_since() -> datetime | None:
    """Since when may deeds be missing? None: no log was ever succeeded. One statement."""
    row = _successors().first()
    return row.signed - MARGIN if row else None


def lost_until() -> datetime | None:
    """When was the log opened that succeeds the lost one? What was made later cannot have been lost. One statement."""
    row = Log.objects.filter(number__gt=1).order_by("-number").first()
    return row.opened_at if row else None


def resend_since(*, at: datetime) -> datetime | None:
    """Since when should phones send acknowledged scans once more? None: they need not. One statement."""
    row = _successors().filter(opened_at__gt=at - KEPT).first()
    return max(row.signed - MARGIN, row.opened_at - KEPT) if row else None


def _successors() -> QuerySet[Any]:
    """The newest first; `signed`: when what stood before it was signed last, of which it is known that it was not lost.

    That is what the witness had cosigned who then found that more is lacking. A worker signs on over an older copy for
    as long as no witness answers: its checkpoints say nothing of the loss.
    """
    halts = Halt.objects.filter(log__number__lt=OuterRef(OuterRef("number"))).order_by("-log")
    before = Checkpoint.objects.filter(
        log__number__lt=OuterRef("number"), cosignatures__witness=Subquery(halts.values("witness")[:1])
    ).order_by("-log__number", "-size")
    signed = Coalesce(Subquery(before.values("at")[:1]), Value(EVER, output_field=DateTimeField()))
    return Log.objects.filter(number__gt=1).annotate(signed=signed).order_by("-number")
