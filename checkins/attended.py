"""Reads of one scan, as it stands now."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from checkins.attendance import Attendance
from checkins.models import Departure, Resolution, Visit


def attendance(scan_id: UUID, *, at: datetime) -> Attendance | None:
    """Whom does this scan put where? None for a scan that has not arrived. One statement."""
    row = (
        Resolution.objects.filter(scan=scan_id)
        .order_by("-serial")
        .annotate(left=Exists(departures(at)))
        .values("scan__officer_id", "credit_code", "visit__number", "visit__status", "visit__started_at", "left")
        .first()
    )
    if row is None:
        return None
    return Attendance(
        officer_id=row["scan__officer_id"],
        credit_code=row["credit_code"],
        visit=row["visit__number"] or "",
        stands=row["visit__status"] == Visit.Status.OPEN,
        started_at=row["visit__started_at"],
        left=row["left"],
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
