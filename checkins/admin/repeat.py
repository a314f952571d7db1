"""Counters that several scans of one phone bear, for the supervisor to ask after."""

from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight, sight
from audit.desk import Desk
from audit.duties import Matter
from checkins.gaps import open_repeats
from checkins.models import Scan, SequenceRepeat
from officers.auth import agencies_in_sight

SCANS = 20
"""How many scans of one counter are listed."""


@admin.register(SequenceRepeat)
class RepeatDesk(Desk):
    """Each counter once, at once: no scan that comes later puts it right."""

    matter = Matter.SCANS
    list_display = ("phone", "officer", "agency", "counter", "how_many", "at")
    list_select_related = ("device", "scan__officer", "scan__agency")
    ordering = ("-at", "-pk")
    fields = readonly_fields = ("phone", "officer", "agency", "counter", "how_many", "scans", "at")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(scan__agency__in=agencies_in_sight(sight).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.reach(open_repeats(), sight(request))

    @admin.display(description=_("设备"))
    def phone(self, row: SequenceRepeat) -> str:
        return str(row.device)

    @admin.display(description=_("执法人员"))
    def officer(self, row: SequenceRepeat) -> str:
        return str(row.scan.officer)

    @admin.display(description=_("执法单位"))
    def agency(self, row: SequenceRepeat) -> str:
        return str(row.scan.agency)

    @admin.display(description=_("扫码次数"))
    def how_many(self, row: Any) -> int:
        return int(row.times)

    @admin.display(description=_("用此编号的扫码"))
    def scans(self, row: SequenceRepeat) -> SafeString:
        found = Scan.objects.filter(device=row.device_id, counter=row.counter).order_by("received_at", "pk")
        pages = ((reverse("admin:checkins_scan_change", args=[one.pk]), one.pk) for one in islice(found, SCANS))
        return format_html_join("、", '<a href="{}">{}</a>', pages)
