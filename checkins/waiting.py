"""What waits for an account's decision (待办) on this floor and the one below: corrections, aliases, merges."""

from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from audit.auth import Sight
from audit.waiting import MOST, Waiting
from checkins.models import Correction, Merge, MergeConfirmation
from enterprises.models import Enterprise, LicenceAlias
from enterprises.queries import disputed
from officers.auth import agencies_in_sight


def corrections(sight: Sight) -> list[Waiting]:
    """Voidings, withdrawals and reclassifications that nobody has ruled on; nobody rules on his own. One statement."""
    found = Correction.objects.filter(visit__agency__in=agencies_in_sight(sight).values("pk"), ruling__isnull=True)
    rows = found.exclude(by=sight.actor).select_related("visit__agency", "visit__enterprise").order_by("at", "pk")
    return [
        Waiting(
            title=f"{Correction.Kind(row.kind).label} · {row.visit.agency} · {row.visit.enterprise}",
            note=f"{row.reason} · {row.visit.number}",
            since=row.at,
            page="admin:checkins_correction_change",
            key=row.pk,
        )
        for row in rows[: MOST + 1]
    ]


def aliases(sight: Sight) -> list[Waiting]:
    """Opaque licence codes on whose meaning officers differ and nobody has ruled. One statement.

    `since`: when the last of the enterprises in reach was first named. `key`: the newest lesson.
    """
    ours = Enterprise.objects.filter(sight.rows(region="region_code"), credit_code=OuterRef("credit_code"))
    lessons = disputed(LicenceAlias.objects.filter(Exists(ours)), ruled=False).order_by()
    named: Any = lessons.values("scheme", "opaque_id", "credit_code").annotate(first=Min("at"), newest=Max("pk"))
    codes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in named.order_by("first")[: 4 * MOST]:
        codes.setdefault((row["scheme"], row["opaque_id"]), []).append(row)
    return [
        Waiting(
            title=f"{scheme} {opaque_id}",
            note="、".join(row["credit_code"] for row in rows),
            since=rows[-1]["first"],
            page="admin:enterprises_licencealias_change",
            key=max(row["newest"] for row in rows),
        )
        for (scheme, opaque_id), rows in list(codes.items())[: MOST + 1]
    ]


def merges_in_sight(rows: "QuerySet[Any]", sight: Sight) -> "QuerySet[Any]":
    """Of these merges those whose subject or whose enterprise is in the account's region, each with its names and
    whether it is `settled`."""
    ours = Enterprise.objects.filter(
        sight.rows(region="region_code"), credit_code__in=[OuterRef("subject"), OuterRef("credit_code")]
    )
    # A subject is merged once; what else was proposed for it is settled too.
    settled = MergeConfirmation.objects.filter(merge__subject=OuterRef("subject"))
    found: QuerySet[Any] = rows.filter(Exists(ours)).annotate(
        settled=Exists(settled),
        stall_name=Enterprise.objects.filter(credit_code=OuterRef("subject")).values("name"),
        company_name=Enterprise.objects.filter(credit_code=OuterRef("credit_code")).values("name"),
    )
    return found


def merges(sight: Sight) -> list[Waiting]:
    """Merges that somebody else has proposed. One statement."""
    rows = (
        merges_in_sight(Merge.objects.all(), sight)
        .filter(settled=False)
        .exclude(proposed_by=sight.actor)
        .order_by("at", "pk")
    )
    return [
        Waiting(
            title=f"{row.stall_name or row.subject} → {row.company_name or row.credit_code}",
            note=f"{row.reason} · {row.proposed_by}",
            since=row.at,
            page="admin:checkins_merge_change",
            key=row.pk,
        )
        for row in rows[: MOST + 1]
    ]
