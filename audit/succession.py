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
    """Since when may deeds be missing? None: no log was ever halted. One statement."""
    row = _halts().first()
    return row.signed - MARGIN if row else None


def lost_until() -> datetime | None:
    """When was the log opened that succeeds the lost one? What was made later cannot have been lost. None: no log was,
    or none yet. One statement."""
    row = _halts().first()
    return row.succeeded_at if row else None


def resend_since(*, at: datetime) -> datetime | None:
    """Since when should phones send acknowledged scans once more? None: they need not. One statement."""
    row = _halts().filter(succeeded_at__gt=at - KEPT).first()
    return max(row.signed - MARGIN, row.succeeded_at - KEPT) if row else None


def _halts() -> QuerySet[Any]:
    """The newest first; `succeeded_at`: when the next log was opened, if it was; `signed`: when what stood before was
    signed last, of which it is known that it was not lost.

    That is what the witness had cosigned who then found that more is lacking. A worker signs on over an older copy for
    as long as no witness answers: its checkpoints say nothing of the loss.
    """
    before = Checkpoint.objects.filter(log__lte=OuterRef("log"), cosignatures__witness=OuterRef("witness")).order_by(
        "-log", "-size"
    )
    signed = Coalesce(Subquery(before.values("at")[:1]), Value(EVER, output_field=DateTimeField()))
    after = Log.objects.filter(number__gt=OuterRef("log")).order_by("number")
    succeeded_at = Subquery(after.values("opened_at")[:1])
    return Halt.objects.annotate(signed=signed, succeeded_at=succeeded_at).order_by("-log_id")
