"""Scans, to look at, each with its photo and what it was read as."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight, sight
from audit.desk import Desk, DeskInline
from audit.duties import Matter
from audit.sealed import PICTURE_ALONE
from checkins.admin.visit import ResolutionInline
from checkins.models import Blob, PlaceGrade, Scan
from checkins.queries import without_photo
from checkins.services.view_photo import view_photo
from officers.auth import agencies_in_sight

WIPED = _("照片已依法抹除。")


def _words(value: Any) -> SafeString:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return format_html("<pre>{}</pre>", text)


class ScanResolutionsInline(ResolutionInline):
    matter = Matter.SCANS
    fields = readonly_fields = ("nth", "whose", "number", "onsite", "who", "when")

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("visit")


class PlaceGradesInline(DeskInline):
    """What spoke against the place of the scan, each time that more did; the last one counts."""

    matter = Matter.SCANS
    model = PlaceGrade
    ordering = ("serial", "pk")
    fields = readonly_fields = ("at", "grade", "sentence")


class GradeFilter(admin.SimpleListFilter):
    """Scans that were graded so at any time: the few rows of grades are asked, not the many scans."""

    title = _("位置可信度")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("B", PlaceGrade.Grade.B.label), ("C", PlaceGrade.Grade.C.label)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"B", "C"}:
            return queryset
        return queryset.filter(pk__in=PlaceGrade.objects.filter(grade=self.value()).values("scan_id"))


class PhotoFilter(admin.SimpleListFilter):
    """Scans whose photo was to follow and has not come in time (P)."""

    title = _("照片")
    parameter_name = "photo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missing", _("逾时未到"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "missing":
            return queryset
        return without_photo(queryset, received_until=timezone.now() - settings.CHECKIN_POLICY.photo_missing_after)


@admin.register(Scan)
class ScanDesk(Desk):
    """What arrived from the phones of the agencies in sight, with what it was read as."""

    matter = Matter.SCANS
    list_display = ("id_text", "officer", "agency", "when", "arrived", "where", "believed")
    list_filter = (
        GradeFilter,
        PhotoFilter,
        ("received_at", admin.DateFieldListFilter),
    )
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
        "picture",
        "where",
        "sent",
        "kept",
    )
    inlines = (PlaceGradesInline, ScanResolutionsInline)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(agency__in=agencies_in_sight(sight).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        grades = PlaceGrade.objects.filter(scan=OuterRef("pk")).order_by("-serial", "-pk")
        latest = Subquery(grades.values("grade")[:1])
        rows: QuerySet[Any] = super().get_queryset(request).annotate(place_grade=latest)
        return rows

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.photo_view)
        return [path("<path:object_id>/photo/", view, name="checkins_scan_photo"), *super().get_urls()]

    def photo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The copy of the photo, never the file as it came; looking is recorded. 404 out of reach, 410 once wiped."""
        scan = self._in_sight_or_404(request, object_id)
        if request.method not in {"GET", "HEAD"} or not scan.words.get("photo"):
            raise Http404
        try:
            copy = view_photo(
                sha256=scan.words["photo"],
                scan_id=str(scan.scan_id),
                actor=sight(request).actor,
                at=timezone.now(),
            )
        except Blob.DoesNotExist as missing:
            raise Http404 from missing
        self.note_read(request, scan, part=".photo")
        if copy is None:
            response = HttpResponse(WIPED, status=410, content_type="text/plain; charset=utf-8")
        else:
            response = HttpResponse(copy, content_type="image/jpeg")
        response["Content-Security-Policy"] = PICTURE_ALONE
        response["Cache-Control"] = "private, no-store"
        return response

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

    @admin.display(description=_("照片"))
    def picture(self, scan: Scan) -> SafeString | str:
        name = scan.words.get("photo")
        kept = Blob.objects.filter(pk=name).values_list(IsNull(F("copy"), False), flat=True).first() if name else None
        if not kept:
            return "—" if kept is None else str(WIPED)
        page = reverse("admin:checkins_scan_photo", args=[scan.pk])
        return format_html('<a href="{0}"><img src="{0}" width="480" alt="{1}"></a>', page, _("随扫码上传的照片"))

    @admin.display(description=_("位置"))
    def where(self, scan: Scan) -> str:
        if scan.longitude is None or scan.latitude is None:
            return str(_("未提供"))
        accuracy = "" if scan.accuracy_m is None else f" ±{scan.accuracy_m:.0f} m"
        return f"{scan.longitude:.6f}, {scan.latitude:.6f} {scan.datum}{accuracy}"

    @admin.display(description=_("位置可信度"))
    def believed(self, scan: Any) -> str:
        return scan.place_grade or "A"

    @admin.display(description=_("上报内容"))
    def sent(self, scan: Scan) -> SafeString:
        return _words(scan.words)

    @admin.display(description=_("其他字段"))
    def kept(self, scan: Scan) -> SafeString:
        return _words(scan.extra)
