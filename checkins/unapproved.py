"""Which urgent inspections still owe their approval?"""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from checkins.models import Approval, Resolution, Urgency


def unapproved(*, at: datetime) -> QuerySet[Urgency]:
    """Those whose limit has passed by `at`, in a standing visit that no approval names; each with `visit_number`."""
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    return (
        Urgency.objects.annotate(
            visit=Subquery(latest.values("visit_id")[:1]), visit_number=Subquery(latest.values("visit__number")[:1])
        )
        .filter(due_at__lt=at, visit__isnull=False)
        .exclude(Exists(Approval.objects.filter(visit_id=OuterRef("visit"))))
    )
