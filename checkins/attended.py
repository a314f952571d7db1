"""Reads of one scan, as it stands now."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from checkins.attendance import Attendance
from checkins.models import Departure, Resolution, Visit
from enterprises.queries import merged


def attendance(scan_id: UUID, *, at: datetime, subjects: Collection[str] = ()) -> Attendance | None:
    """Whom does this scan put where? None for a scan that has not arrived or stands in no visit. One statement.

    What is told is the latest scan of its officer's in its visit: who has scanned again has arrived again. `subjects`:
    numbers of subjects without a licence by which the enterprise may be called.
    """
    asked = list(dict.fromkeys(subjects))
    newer = Resolution.objects.filter(scan=OuterRef("scan"), serial__gt=OuterRef("serial"))
    this = Resolution.objects.filter(scan=scan_id).order_by("-serial")
    row = (
        Resolution.objects.filter(
            ~Exists(newer),
            visit=Subquery(this.values("visit")[:1]),
            scan__officer=Subquery(this.values("scan__officer")[:1]),
        )
        .order_by("-onsite_at")
        .annotate(
            left=Exists(departures(at)),
            **{f"formerly_{place}": merged(number, into="credit_code") for place, number in enumerate(asked)},
        )
        .values(
            "scan__officer_id",
            "credit_code",
            "visit__number",
            "visit__status",
            "onsite_at",
            "left",
            *(f"formerly_{place}" for place in range(len(asked))),
        )
        .first()
    )
    if row is None:
        return None
    return Attendance(
        officer_id=row["scan__officer_id"],
        credit_code=row["credit_code"],
        visit=row["visit__number"],
        stands=row["visit__status"] == Visit.Status.OPEN,
        arrived_at=row["onsite_at"],
        left=row["left"],
        formerly=frozenset(number for place, number in enumerate(asked) if row[f"formerly_{place}"]),
    )


def departures(at: datetime) -> QuerySet[Departure]:
    """Who has left since the scan, as a subquery of its resolution: out of its visit, or out of one that this visit has
    taken in since."""
    absorbed = Q(
        visit__status=Visit.Status.ABSORBED,
        visit__agency=OuterRef("agency"),
        visit__credit_code=OuterRef("credit_code"),
        purpose=OuterRef("purpose"),
    )
    return Departure.objects.filter(
        Q(visit=OuterRef("visit")) | absorbed, departed_at__gte=OuterRef("onsite_at"), departed_at__lte=at
    )
