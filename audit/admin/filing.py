"""What the platform was told, and what counts."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk, DeskInline, one_of
from audit.duties import Matter, Reach
from audit.explained import CATEGORIES, ORIGINS, PURPOSES, STATES, word
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
    list_filter = ("status", "created_at")
    search_fields = ("number__exact", "credit_code__exact", "visit__exact")
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
    list_display = (
        "visit",
        "version",
        "started_at",
        "enterprise_name",
        "agency_name",
        "what",
        "standing",
        "origin_word",
    )
    list_filter = (
        one_of("state", _("状态"), STATES),
        one_of("origin", _("来源"), ORIGINS),
        one_of("purpose", _("目的"), PURPOSES),
        one_of("category", _("类别"), CATEGORIES),
        "started_at",
    )
    search_fields = ("visit__exact", "credit_code__exact", "enterprise_name")
    search_help_text = _("入企编号或统一社会信用代码（完整）、企业名称")
    ordering = ("-started_at", "-version")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"))

    @admin.display(description=_("类别"), ordering="category")
    def what(self, fact: VisitFact) -> str:
        return f"{word(PURPOSES, fact.purpose)} · {word(CATEGORIES, fact.category)}"

    @admin.display(description=_("状态"), ordering="state")
    def standing(self, fact: VisitFact) -> str:
        return word(STATES, fact.state)

    @admin.display(description=_("来源"), ordering="origin")
    def origin_word(self, fact: VisitFact) -> str:
        return word(ORIGINS, fact.origin)
