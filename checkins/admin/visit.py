"""Visits, to look at, with what their scans were read as."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.auth import Sight
from audit.desk import DeskInline, RegisterDesk, one_of
from audit.duties import Matter, Reach
from audit.explained import CATEGORIES, PURPOSES, REASONS, word
from checkins.models import Resolution, Visit
from checkins.named import unconfirmed_partners
from checkins.supplied import supplied
from officers.auth import agencies_in_sight


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


@admin.register(Visit)
class VisitDesk(RegisterDesk):
    """Visits by the agencies in sight, and at the enterprises of the account's region."""

    matter = Matter.VISITS
    named_by = "number"
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
        "plan",
        "approvals",
        "unconfirmed",
    )
    readonly_fields = ("company", "what", "why", "plan", "approvals", "unconfirmed")
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

    @admin.display(description=_("补报的检查计划"))
    def plan(self, visit: Visit) -> str:
        said = [f"{one.said}（{one.source}）" for one in supplied(Q(visit=visit)) if one.word == "plan_no"]
        return "、".join(said) or "—"

    @admin.display(description=_("补报的审批文号"))
    def approvals(self, visit: Visit) -> str:
        return "、".join(one.said for one in supplied(Q(visit=visit)) if one.word == "approval_no") or "—"

    @admin.display(description=_("未确认的同行人员"))
    def unconfirmed(self, visit: Visit) -> str:
        return "、".join(unconfirmed_partners(visit)) or "—"

    @admin.display(description=_("事由"), ordering="reason")
    def why(self, visit: Visit) -> str:
        return word(REASONS, visit.reason) or "—"
