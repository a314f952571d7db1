"""Who looked up more names than a day at the doors explains: the supervisor's desk."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from audit.auth import Sight
from audit.desk import Desk
from audit.duties import Matter
from audit.models import LookUpFlag


@admin.register(LookUpFlag)
class LookUpFlagDesk(Desk):
    """The agencies that the account sees."""

    matter = Matter.FLAGS
    list_display = ("officer_name", "certificate_no", "agency_name", "look_ups", "hourly", "raised_at")
    list_filter = ("raised_at",)
    search_fields = ("certificate_no__exact", "officer_name", "agency_name")
    ordering = ("-raised_at", "-pk")
    fields = (*list_display, "agency_code", "region_code", "supervised_by")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"))
