"""Warnings that explain themselves."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import JSONField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.as_of import in_branch
from audit.auth import Sight, sight
from audit.behind import visits_explained
from audit.button import Button
from audit.desk import Desk
from audit.duties import Matter, May, Reach
from audit.explained import FLAG_STATES, LEVELS, figures, word
from audit.models import (
    Case,
    Flag,
    FlagState,
)
from audit.services.open_case import is_lowered, open_case
from audit.services.review_flag import is_doubted, review_flag
from checkins.complained_of import organs


def _review(flag: Flag, actor: Actor, at: datetime, reason: str) -> None:
    review_flag(flag=flag, note=reason, annual_cap=settings.AUDIT_POLICY.annual_cap, actor=actor, at=at)


def _pursue(flag: Flag, actor: Actor, at: datetime, reason: str) -> None:
    organ = organs([flag.agency_code]).get(flag.agency_code)
    open_case(flag, organ=organ, ladders=settings.CASE_LADDERS, note=reason, actor=actor, at=at)


@admin.register(Flag)
class FlagDesk(Desk):
    """Warnings, each with its explanation."""

    matter = Matter.FLAGS
    list_display = ("whom", "agency_name", "period", "counted", "credit_code", "region_code", "raised_at")
    list_filter = ("period", "raised_at")
    search_fields = ("credit_code__exact", "enterprise_name", "agency_name")
    search_help_text = _("统一社会信用代码（完整）、企业名称或执法单位")
    ordering = ("-raised_at", "-pk")
    fieldsets = (
        (_("说明"), {"fields": ("explanation", "life")}),
        (_("对象"), {"fields": ("enterprise_name", "enterprise", "region_code", "agency_name", "agency_code")}),
        (_("依据"), {"fields": ("law", "period", "grade", "opened_by_visit", "raised_at")}),
        (_("监督"), {"fields": ("supervised_by", "pursued")}),
    )
    buttons = (
        Button(
            name="review",
            label=_("复核"),
            question=_(
                "该单位自己的扫码、撤回或联合使依据减少。复核后按现在所知减少或解除预警，且不可撤销。请写明核对了什么。"
            ),
            verb=May.CHANGE,
            matter=Matter.CORRECTIONS,
            does=_review,
            fits=is_doubted,
            asks_reason=True,
        ),
        Button(
            name="pursue",
            label=_("立案督办"),
            question=_("立案后须在一个工作日内交办，由该单位限期答复。请写明立案理由。"),
            verb=May.ADD,
            matter=Matter.CASES,
            does=_pursue,
            fits=lambda flag: not is_lowered(flag) and not Case.objects.filter(flag=flag).exists(),
            asks_reason=True,
        ),
    )
    readonly_fields = ("explanation", "life", "enterprise", "law", "grade", "pursued")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        latest = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk").values("evidence")[:1]
        rows = rows.annotate(evidence=Subquery(latest, output_field=JSONField()))
        if sight.reach is not Reach.BRANCH:
            return rows.filter(sight.rows(region="region_code", supervised_by="supervised_by"))
        return rows.filter(in_branch(sight.rows(branch="agency_path")))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        flag: Any = super().get_object(request, object_id, from_field)
        if flag is not None:
            flag.looker = sight(request)
        return flag

    @admin.display(description=_("企业"), ordering="enterprise_name")
    def whom(self, flag: Flag) -> str:
        return flag.enterprise_name or str(_("（单位整体）"))

    @admin.display(description=_("计入次数"))
    def counted(self, flag: Any) -> int:
        evidence = flag.evidence or {}
        return len(evidence.get("counted", [])) or int(evidence.get("times", 0))

    @admin.display(description=_("规则"))
    def law(self, flag: Flag) -> str:
        return str(_("%(code)s 第 %(version)s 版") % {"code": flag.rule, "version": flag.rule_version})

    @admin.display(description=_("督办"))
    def pursued(self, flag: Flag) -> SafeString | str:
        case = Case.objects.filter(flag=flag).first()
        return (
            format_html('<a href="{}">{}</a>', reverse("admin:audit_case_change", args=[case.pk]), case)
            if case
            else "—"
        )

    @admin.display(description=_("级别"))
    def grade(self, flag: Flag) -> str:
        return word(LEVELS, flag.level)

    @admin.display(description=_("统一社会信用代码"))
    def enterprise(self, flag: Flag) -> SafeString | str:
        if not flag.credit_code:
            return "—"
        page = reverse("admin:enterprises_enterprise_changelist")
        return format_html('<a href="{}?q={}">{}</a>', page, flag.credit_code, flag.credit_code)

    @admin.display(description=_("为什么预警"))
    def explanation(self, flag: Any) -> SafeString:
        evidence = flag.evidence or {}
        told = visits_explained(evidence, looker=flag.looker)
        context = {
            "sentence": evidence.get("sentence", ""),
            "counted": told.counted,
            "left_out": told.left_out,
            "figures": figures(evidence),
        }
        return render_to_string("audit/flag_explained.html", context)

    @admin.display(description=_("经过"))
    def life(self, flag: Flag) -> SafeString:
        rows = (
            (timezone.localtime(state.at).strftime("%Y-%m-%d %H:%M"), word(FLAG_STATES, state.state), state.actor)
            for state in flag.states.order_by("at", "pk")
        )
        return format_html(
            '<div class="explained"><ul>{}</ul></div>', format_html_join("", "<li>{} · {} · {}</li>", rows)
        )
