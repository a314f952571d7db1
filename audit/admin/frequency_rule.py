"""The law of frequency, in versions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import RegisterDesk
from audit.duties import Matter, Reach
from audit.kinds import KINDS, Kind
from audit.models import FrequencyRule


@admin.register(FrequencyRule)
class FrequencyRuleDesk(RegisterDesk):
    """The law of frequency, to look at. Its next versions are drafted and enacted, by two people, on the board."""

    matter = Matter.FREQUENCY_RULES
    personal = False
    list_display = (
        "code", "version", "title", "sort", "parameters", "region_prefix", "effective_from", "effective_to", "source",
    )  # fmt: skip
    list_filter = ("kind", "region_prefix")
    search_fields = ("code", "source")
    ordering = ("code", "-version")
    fields = readonly_fields = (
        "version", "code", "title", "kind", "parameters", "region_prefix", "scope", "effective_from", "effective_to",
        "repeals", "source", "enacted_by", "enacted_at",
    )  # fmt: skip

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is not Reach.NOTHING else rows.none()

    @admin.display(description=_("种类"))
    def sort(self, row: FrequencyRule) -> str:
        return KINDS[Kind(row.kind)].title

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
