"""Reads of one scan, as it stands now."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from checkins.attendance import Attendance
from checkins.models import Departure, Resolution, Visit


def attendance(scan_id: UUID, *, at: datetime) -> Attendance | None:
    """Whom does this scan put where? None for a scan that has not arrived. One statement."""
    # A departure may have been said of a visit that this one has taken in since.
    absorbed = Q(
        visit__status=Visit.Status.ABSORBED,
        visit__agency=OuterRef("agency"),
        visit__credit_code=OuterRef("credit_code"),
        purpose=OuterRef("purpose"),
    )
    leaving = Departure.objects.filter(
        Q(visit=OuterRef("visit")) | absorbed, departed_at__gte=OuterRef("onsite_at"), departed_at__lte=at
    )
    row = (
        Resolution.objects.filter(scan=scan_id)
        .order_by("-serial")
        .annotate(left=Exists(leaving))
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
