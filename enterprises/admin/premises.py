"""Desk for enterprises' places of business."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight
from audit.desk import RegisterDesk
from audit.duties import Matter
from enterprises.models import Enterprise, Premises
from enterprises.queries import named
from enterprises.services.premises import save_premises


@admin.register(Premises)
class PremisesDesk(RegisterDesk):
    """Places of the enterprises within the account's region; a new one is added on its enterprise's page."""

    matter = Matter.ENTERPRISES
    list_display = ("address", "enterprise", "credit_code", "longitude", "latitude", "datum")
    list_select_related = ("enterprise",)
    search_fields = ("enterprise__name",)
    search_help_text = _("企业的统一社会信用代码或注册号（至少前 4 位）、现名或曾用名（汉字或拼音）")
    ordering = ("-pk",)
    fields = ("enterprise", "address", "longitude", "latitude", "datum")
    autocomplete_fields = ("enterprise",)
    read_only_once_made = ("enterprise",)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="enterprise__region_code"))

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Premises]", search_term: str
    ) -> "tuple[QuerySet[Premises], bool]":
        found = Enterprise.objects.filter(named(search_term)).values("pk")
        return (queryset.filter(enterprise__in=found) if search_term else queryset), False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_premises(premises=row, actor=actor, at=at)

    @admin.display(description=_("统一社会信用代码"))
    def credit_code(self, premises: Premises) -> str:
        return premises.enterprise.credit_code
