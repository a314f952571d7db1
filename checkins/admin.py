"""Desks for what happened at the door: visits and scans, to look at. The phones and the deeds write them."""

import json
import uuid
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk, DeskInline, RegisterDesk, one_of
from audit.duties import Matter, Reach
from audit.explained import CATEGORIES, PURPOSES, REASONS, word
from checkins.models import Resolution, Scan, Visit
from officers.auth import agencies_in_sight


def _words(value: Any) -> SafeString:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return format_html("<pre>{}</pre>", text)


class ResolutionInline(DeskInline):
    """What the scans were read as, each time; the highest serial counts."""

    model = Resolution
    verbose_name = verbose_name_plural = _("认定")
    ordering = ("scan", "serial")

    @admin.display(description=_("次序"))
    def nth(self, row: Resolution) -> int:
        return row.serial

    @admin.display(description=_("统一社会信用代码"))
    def whose(self, row: Resolution) -> str:
        return row.credit_code or str(_("未认定"))

    @admin.display(description=_("入企"))
    def number(self, row: Resolution) -> str:
        return str(row.visit or "—")

    @admin.display(description=_("到场时间"))
    def onsite(self, row: Resolution) -> Any:
        return row.onsite_at

    @admin.display(description=_("认定人"))
    def who(self, row: Resolution) -> str:
        return row.by

    @admin.display(description=_("认定时间"))
    def when(self, row: Resolution) -> Any:
        return row.at

    @admin.display(description=_("扫码"))
    def scanned(self, row: Resolution) -> str:
        return str(row.scan_id)


class VisitScansInline(ResolutionInline):
    matter = Matter.VISITS
    fields = readonly_fields = ("scanned", "nth", "onsite", "who", "when")


class ScanResolutionsInline(ResolutionInline):
    matter = Matter.SCANS
    fields = readonly_fields = ("nth", "whose", "number", "onsite", "who", "when")

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("visit")


@admin.register(Visit)
class VisitDesk(RegisterDesk):
    """Visits by the agencies in sight, and at the enterprises of the account's region."""

    matter = Matter.VISITS
    list_display = ("number", "started_at", "company", "agency", "what", "why", "joint_id", "status")
    list_filter = (
        "status",
        one_of("purpose", _("目的"), PURPOSES),
        one_of("category", _("类别"), CATEGORIES),
        "started_at",
    )
    list_select_related = ("enterprise", "agency")
    search_fields = ("number__exact", "enterprise__credit_code__exact", "enterprise__name", "agency__name")
    search_help_text = _("入企编号或统一社会信用代码（完整）、企业或执法单位名称")
    ordering = ("-started_at", "-pk")
    fields = (
        "number",
        "company",
        "agency",
        "started_at",
        "what",
        "why",
        "source_no",
        "superior_ordered",
        "joint_id",
        "status",
    )
    readonly_fields = ("company", "what", "why")
    inlines = (VisitScansInline,)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        agencies = Q(agency__in=agencies_in_sight(sight).values("pk"))
        if sight.reach is Reach.SUPERVISED:
            return rows.filter(agencies | sight.rows(region="enterprise__region_code"))
        if sight.reach is Reach.REGION:
            return rows.filter(sight.rows(region="enterprise__region_code"))
        return rows.filter(agencies)

    @admin.display(description=_("企业"), ordering="enterprise__name")
    def company(self, visit: Visit) -> str:
        return str(visit.enterprise or _("未登记企业"))

    @admin.display(description=_("类别"), ordering="category")
    def what(self, visit: Visit) -> str:
        return f"{word(PURPOSES, visit.purpose)} · {word(CATEGORIES, visit.category)}"

    @admin.display(description=_("事由"), ordering="reason")
    def why(self, visit: Visit) -> str:
        return word(REASONS, visit.reason) or "—"


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
