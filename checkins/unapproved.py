"""Which urgent inspections still owe their approval?"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from checkins.models import Approval, OverdueApproval, Resolution, Urgency, Visit


def unapproved(*, at: datetime) -> QuerySet[Urgency]:
    """Those whose limit has passed by `at`, in a standing visit that no approval names; each with `visit_number`.

    What was said of a visit holds of the one that has taken its scans in.
    """
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    return (
        Urgency.objects.annotate(
            visit=Subquery(latest.values("visit_id")[:1]), visit_number=Subquery(latest.values("visit__number")[:1])
        )
        .filter(due_at__lt=at, visit__isnull=False)
        .exclude(Exists(Approval.objects.filter(_of_this_visit())))
    )


def unraised(*, since: datetime, at: datetime) -> QuerySet[Urgency]:
    """Of these, whose limit has passed since, those that nobody has been told of."""
    return unapproved(at=at).filter(due_at__gt=since).exclude(Exists(OverdueApproval.objects.filter(_of_this_visit())))


def first_due(visit: Visit) -> datetime | None:
    """By when did the visit, as its scans stand now, owe an approval? None: it owes none. One statement."""
    latest = Resolution.objects.filter(scan_id=OuterRef("scan_id")).order_by("-serial")
    owing = Urgency.objects.annotate(visit=Subquery(latest.values("visit_id")[:1])).filter(visit=visit.pk)
    return owing.order_by("due_at").values_list("due_at", flat=True).first()


def is_late(visit: Visit, *, due_at: datetime) -> bool:
    """Has no approval of the visit, or of one that it has taken in, come by then? One statement."""
    taken_in = Q(visit__status=Visit.Status.ABSORBED, visit__opening_scan__resolutions__visit=visit)
    return not Approval.objects.filter(Q(visit=visit) | taken_in, at__lte=due_at).exists()


def _of_this_visit() -> Q:
    """Rows about the visit in which the scan stands, or about one that held the scan and was taken in there."""
    taken_in = Q(visit__status=Visit.Status.ABSORBED, visit__resolutions__scan=OuterRef("scan_id"))
    return Q(visit=OuterRef("visit")) | taken_in
