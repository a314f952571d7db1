"""Published lists of items, to look at; they are kept by `manage.py import_items`."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import RegisterDesk
from audit.duties import Matter, Reach
from checkins.models import Item
from officers.auth import agencies_in_sight


@admin.register(Item)
class ItemDesk(RegisterDesk):
    """The lists of the agencies in sight, and those of whole regions, which are everybody's."""

    matter = Matter.AGENCIES
    list_display = ("code", "name", "agency_code", "region_code", "valid_from", "valid_until")
    list_filter = ("valid_from",)
    search_fields = ("code__exact", "name", "agency_code__exact")
    search_help_text = _("事项编码或单位代码（完整）、事项名称")
    ordering = ("agency_code", "code")
    fields = ("code", "name", "agency_code", "region_code", "basis", "valid_from", "valid_until")

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        if sight.reach is Reach.ALL:
            return rows
        if sight.reach is Reach.NOTHING:
            return rows.none()
        return rows.filter(Q(agency_code="") | Q(agency_code__in=agencies_in_sight(sight).values("code")))
