"""What came of going through the whole record, for those who supervise and those who audit."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk
from audit.duties import Matter, Reach
from audit.models import Verification


@admin.register(Verification)
class VerificationDesk(Desk):
    """Each run of `manage.py verify`; the last one, if it found something, also stands on the workbench."""

    matter = Matter.FILINGS
    personal = False
    list_display = ("at", "ended_at", "recent", "found")
    list_filter = ("at",)
    ordering = ("-pk",)
    fields = ("at", "ended_at", "recent", "found", "lines")
    readonly_fields = ("lines",)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        """The record belongs to no region: it concerns whoever supervises."""
        supervises = sight.reach is Reach.SUPERVISED and bool(sight.region_prefix or sight.agency_code)
        return rows if sight.reach is Reach.ALL or supervises else rows.none()

    @admin.display(description=_("不符的记录"))
    def lines(self, run: Verification) -> SafeString:
        return format_html("<pre>{}</pre>", "\n".join(run.findings))
