"""Desks for whose door it is: enterprises and their places of business."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.desk import DeskInline, RegisterDesk
from audit.duties import Matter
from enterprises.models import Enterprise, Premises
from enterprises.services.enterprise import save_enterprise
from enterprises.services.premises import save_premises


class PremisesInline(DeskInline):
    model = Premises
    matter = Matter.ENTERPRISES
    kept = True
    fields = ("address", "longitude", "latitude", "datum")
    ordering = ("pk",)


@admin.register(Enterprise)
class EnterpriseDesk(RegisterDesk):
    """Within the account's region."""

    matter = Matter.ENTERPRISES
    list_display = ("name", "credit_code", "region_code", "industry", "risk_grade", "status")
    list_filter = ("status", "risk_grade")
    search_fields = ("credit_code__exact", "registration_no__exact", "name")
    search_help_text = _("统一社会信用代码或注册号（完整）、名称")
    ordering = ("credit_code",)
    fields = (
        "credit_code",
        "registration_no",
        "name",
        "old_names",
        "region_code",
        "industry",
        "risk_grade",
        "status",
    )
    readonly_fields = ("old_names",)
    read_only_once_made = ("credit_code",)
    inlines = (PremisesInline,)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code"))

    @admin.display(description=_("曾用名"))
    def old_names(self, enterprise: Enterprise) -> str:
        return "、".join(enterprise.former_names) or "—"

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_enterprise(enterprise=row, actor=actor, at=at)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        actor, at = sight(request).actor, timezone.now()
        for premises in formset.save(commit=False):
            save_premises(premises=premises, actor=actor, at=at)
        formset.save_m2m()
