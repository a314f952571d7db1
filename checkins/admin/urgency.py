"""Urgent inspections whose approval did not follow within its limit, for the supervisor to ask after."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight, sight
from audit.desk import Desk
from audit.duties import Matter
from checkins.models import Urgency
from checkins.unapproved import unapproved
from officers.auth import agencies_in_sight


@admin.register(Urgency)
class UrgencyDesk(Desk):
    """One closes by itself when the approval is told, or when the scan no longer stands."""

    matter = Matter.SCANS
    list_display = ("number", "agency", "officer", "at", "due_at")
    list_select_related = ("agency", "scan__officer")
    ordering = ("-due_at", "-pk")
    fields = readonly_fields = ("number", "agency", "officer", "at", "due_at")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(agency__in=agencies_in_sight(sight).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.reach(unapproved(at=timezone.now()), sight(request))

    @admin.display(description=_("入企"))
    def number(self, row: Any) -> str:
        return str(row.visit_number)

    @admin.display(description=_("执法人员"))
    def officer(self, row: Urgency) -> str:
        return str(row.scan.officer)
