"""What the platform was told, and what counts."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk, DeskInline
from audit.duties import Matter, Reach
from audit.models import (
    Attempt,
    Filing,
    VisitFact,
)


class AttemptInline(DeskInline):
    model = Attempt
    matter = Matter.FILINGS
    fields = ("at", "ok", "http_status", "detail")
    ordering = ("at", "pk")


@admin.register(Filing)
class FilingDesk(Desk):
    """What the supervision platform was told, or is still owed."""

    matter = Matter.FILINGS
    list_display = ("number", "event", "credit_code", "visit", "status", "attempts", "created_at", "delivered_at")
    list_filter = ("status", "event", "created_at")
    search_fields = ("=number", "=credit_code", "=visit")
    search_help_text = _("备案号、统一社会信用代码或入企编号（完整）")
    ordering = ("-pk",)
    inlines = (AttemptInline,)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        if sight.reach is Reach.ALL:
            return rows
        condition = sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
        return rows.filter(Exists(VisitFact.objects.filter(condition, visit=OuterRef("visit"))))


@admin.register(VisitFact)
class VisitFactDesk(Desk):
    """What counts, by value, in versions."""

    matter = Matter.FACTS
    list_display = ("visit", "version", "started_at", "enterprise_name", "agency_name", "category", "state", "origin")
    list_filter = ("state", "origin", "purpose", "category", "started_at")
    search_fields = ("=visit", "=credit_code", "enterprise_name")
    search_help_text = _("入企编号或统一社会信用代码（完整）、企业名称")
    ordering = ("-started_at", "-version")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"))
