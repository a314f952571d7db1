"""Urgent inspections that were raised because their approval did not follow in time, and what became of them."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import Desk
from audit.duties import Matter
from audit.facts import State
from checkins.models import Approval, OverdueApproval


@admin.register(OverdueApproval)
class OverdueApprovalDesk(Desk):
    """Of the agencies in sight; a settled one stays, with how late its approval was."""

    matter = Matter.FLAGS
    list_display = ("number", "agency", "due_at", "raised_at", "outcome")
    list_filter = ("raised_at",)
    list_select_related = ("visit", "agency", "scan__officer")
    search_fields = ("visit__number__exact", "agency__name")
    ordering = ("-raised_at", "-pk")
    fields = readonly_fields = ("number", "agency", "officer", "due_at", "raised_at", "outcome")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        first = Approval.objects.filter(visit=OuterRef("visit")).order_by("pk")
        rows = rows.annotate(
            approval_no=Subquery(first.values("approval_no")[:1]), approved_at=Subquery(first.values("at")[:1])
        )
        columns = {"region": "agency__region_code", "branch": "agency__path", "supervised_by": "agency__supervised_by"}
        return rows.filter(sight.rows(**columns))

    @admin.display(description=_("入企"))
    def number(self, row: OverdueApproval) -> str:
        return row.visit.number

    @admin.display(description=_("执法人员"))
    def officer(self, row: OverdueApproval) -> str:
        return str(row.scan.officer)

    @admin.display(description=_("结果"))
    def outcome(self, row: Any) -> str:
        if row.approved_at is not None:
            when = timezone.localtime(row.approved_at).strftime("%Y-%m-%d %H:%M")
            return str(_("逾期补批 %(number)s（%(when)s）") % {"number": row.approval_no, "when": when})
        if row.visit.status == State.ABSORBED:
            return str(_("已并入另一入企"))
        return str(_("尚未补批") if row.visit.status == State.OPEN else _("入企已撤回或作废"))
