"""Published lists of items, to look at; they come from files, here or by `manage.py import_items`."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.duties import Matter, Reach
from audit.foreseen import Register
from audit.intake_desk import IntakeDesk
from checkins.item_columns import ITEM, identity
from checkins.models import Item
from checkins.services.import_items import import_items
from officers.auth import agencies_in_sight


@admin.register(Item)
class ItemDesk(IntakeDesk):
    """The lists of the agencies in sight, and those of whole regions, which are everybody's."""

    matter = Matter.AGENCIES
    personal = False
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

    def register_of(self, sight: Sight) -> Register:
        return Register(
            label="checkins.item",
            title=_("检查事项清单"),
            models=(Item,),
            columns=ITEM,
            key="code",
            identity=identity,
            take=lambda rows, actor, at, reason: import_items(rows=rows, actor=actor, at=at, reason=reason),
        )
