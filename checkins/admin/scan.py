"""Scans, to look at, each with what it was read as."""

import json
import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk
from audit.duties import Matter
from checkins.admin.visit import ResolutionInline
from checkins.models import Scan
from officers.auth import agencies_in_sight


def _words(value: Any) -> SafeString:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return format_html("<pre>{}</pre>", text)


class ScanResolutionsInline(ResolutionInline):
    matter = Matter.SCANS
    fields = readonly_fields = ("nth", "whose", "number", "onsite", "who", "when")

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("visit")


@admin.register(Scan)
class ScanDesk(Desk):
    """What arrived from the phones of the agencies in sight, with what it was read as."""

    matter = Matter.SCANS
    list_display = ("id_text", "officer", "agency", "when", "arrived", "where")
    list_filter = (("received_at", admin.DateFieldListFilter),)
    list_select_related = ("officer", "agency")
    search_fields = ("officer__certificate_no__exact", "officer__name")
    search_help_text = _("扫码编号或执法证号（完整）、姓名")
    ordering = ("-received_at", "-pk")
    fields = readonly_fields = (
        "id_text",
        "holder",
        "phone",
        "organ",
        "when",
        "arrived",
        "read",
        "where",
        "sent",
        "kept",
    )
    inlines = (ScanResolutionsInline,)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(agency__in=agencies_in_sight(sight).values("pk"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """A scan's own id goes by the key; the stock search would compare every row's id as text."""
        try:
            return queryset.filter(pk=uuid.UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("扫码编号"))
    def id_text(self, scan: Scan) -> str:
        return str(scan.scan_id)

    @admin.display(description=_("执法人员"))
    def holder(self, scan: Scan) -> str:
        return str(scan.officer)

    @admin.display(description=_("设备"))
    def phone(self, scan: Scan) -> str:
        return str(scan.device)

    @admin.display(description=_("执法单位"))
    def organ(self, scan: Scan) -> str:
        return str(scan.agency)

    @admin.display(description=_("扫码时间（手机）"), ordering="scanned_at")
    def when(self, scan: Scan) -> Any:
        return scan.scanned_at

    @admin.display(description=_("收到时间"), ordering="received_at")
    def arrived(self, scan: Scan) -> Any:
        return scan.received_at

    @admin.display(description=_("读到的内容"))
    def read(self, scan: Scan) -> str:
        return scan.code or scan.credit_code or "—"

    @admin.display(description=_("位置"))
    def where(self, scan: Scan) -> str:
        if scan.longitude is None or scan.latitude is None:
            return str(_("未提供"))
        accuracy = "" if scan.accuracy_m is None else f" ±{scan.accuracy_m:.0f} m"
        return f"{scan.longitude:.6f}, {scan.latitude:.6f} {scan.datum}{accuracy}"

    @admin.display(description=_("上报内容"))
    def sent(self, scan: Scan) -> SafeString:
        return _words(scan.words)

    @admin.display(description=_("其他字段"))
    def kept(self, scan: Scan) -> SafeString:
        return _words(scan.extra)
