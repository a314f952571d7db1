"""Scans that a phone counted and did not hand in, for the supervisor to ask after."""

from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight, sight
from audit.desk import Desk
from audit.duties import Matter
from checkins.gaps import missing, open_gaps
from checkins.models import SequenceGap
from officers.auth import agencies_in_sight

RANGES = 20
"""How many ranges of one gap are spelled out."""


@admin.register(SequenceGap)
class GapDesk(Desk):
    """Open gaps, older than policy says (P): one closes by itself when the missing scans arrive."""

    matter = Matter.SCANS
    list_display = ("phone", "officer", "agency", "between", "how_many", "at")
    list_select_related = ("device", "scan__officer", "scan__agency")
    ordering = ("-at", "-pk")
    fields = readonly_fields = ("phone", "officer", "agency", "between", "how_many", "which", "shown_by", "at")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(scan__agency__in=agencies_in_sight(sight).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        known = open_gaps(seen_until=timezone.now() - settings.CHECKIN_POLICY.gap_after)
        return self.reach(known, sight(request))

    @admin.display(description=_("设备"))
    def phone(self, gap: SequenceGap) -> str:
        return str(gap.device)

    @admin.display(description=_("执法人员"))
    def officer(self, gap: SequenceGap) -> str:
        return str(gap.scan.officer)

    @admin.display(description=_("执法单位"))
    def agency(self, gap: SequenceGap) -> str:
        return str(gap.scan.agency)

    @admin.display(description=_("缺号区间"))
    def between(self, gap: SequenceGap) -> str:
        return _spelled(gap.first, gap.last)

    @admin.display(description=_("尚缺"))
    def how_many(self, gap: Any) -> int:
        return int(gap.missing)

    @admin.display(description=_("尚缺的号"))
    def which(self, gap: SequenceGap) -> str:
        ranges = [_spelled(one.first, one.last) for one in islice(missing(gap), RANGES + 1)]
        return "、".join(ranges[:RANGES]) + ("……" if len(ranges) > RANGES else "")

    @admin.display(description=_("由此扫码发现"))
    def shown_by(self, gap: SequenceGap) -> SafeString:
        page = reverse("admin:checkins_scan_change", args=[gap.scan_id])
        return format_html('<a href="{}">{}</a>', page, gap.scan_id)


def _spelled(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
