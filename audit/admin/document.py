"""Papers of other systems, and which of them nobody scanned for is told by /supervision/unscanned."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from audit.auth import Sight
from audit.desk import Desk, one_of
from audit.duties import Matter
from audit.models import Document


@admin.register(Document)
class DocumentDesk(Desk):
    """Every version of every paper, as it came in."""

    matter = Matter.DOCUMENTS
    list_display = ("source_ref", "kind", "on", "enterprise_name", "agency_name", "withdrawn", "version", "source")
    list_filter = (one_of("kind", Document._meta.get_field("kind").verbose_name, dict(Document.Kind.choices)), "on")
    search_fields = ("source_ref__exact", "credit_code__exact", "enterprise_name", "agency_name")
    ordering = ("-on", "-pk")
    fields = (
        *list_display,
        "credit_code",
        "region_code",
        "agency_code",
        "agency_path",
        "supervised_by",
        "known_from",
        "by",
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"))
