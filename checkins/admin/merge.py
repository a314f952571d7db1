"""A subject without a licence turns out to be an enterprise: one supervisor proposes, another confirms."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button
from audit.desk import Desk
from audit.duties import Matter, May
from checkins.models import Merge
from checkins.services.merge import NotMergeable, confirm_merge, propose_merge
from checkins.waiting import merges_in_sight
from enterprises.credit_code import clean
from enterprises.models import Enterprise


def _confirm(merge: Merge, actor: Actor, at: datetime, _reason: str) -> None:
    confirm_merge(merge=merge, annual_cap=settings.AUDIT_POLICY.annual_cap, actor=actor, at=at)


@admin.register(Merge)
class MergeDesk(Desk):
    """Merges whose subject or whose enterprise is in the account's region. Adding proposes; the waiting come first."""

    matter = Matter.DECISIONS
    list_display = ("subject", "stall", "credit_code", "company", "state", "proposed_by", "at", "who", "when")
    list_select_related = ("confirmation",)
    search_fields = ("subject__exact", "credit_code__exact")
    search_help_text = _("无照对象编号或统一社会信用代码（完整）")
    buttons = (
        Button(
            name="confirm",
            label=_("确认合并"),
            question=_("该无照对象的入企记录将全部转入该企业并重新计次，且不可撤销。须由提出人以外的监督员确认。"),
            verb=May.CHANGE,
            matter=Matter.DECISIONS,
            does=_confirm,
            fits=lambda merge: not merge.settled,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return merges_in_sight(rows, sight)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("settled").asc(), "-at", "-pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("subject", "credit_code", "reason")
        return ("subject", "stall", "credit_code", "company", "reason", "proposed_by", "at", "state", "who", "when")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sight(request).may(May.ADD, self.matter)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        knocker, pair = sight(request), (clean(obj.subject), clean(obj.credit_code))
        if not Enterprise.objects.filter(knocker.rows(region="region_code"), credit_code__in=pair).exists():
            raise NotMergeable  # what is out of reach is as if it did not exist
        made = propose_merge(
            subject=obj.subject,
            credit_code=obj.credit_code,
            reason=obj.reason,
            actor=knocker.actor,
            at=timezone.now(),
        )
        obj.pk, obj._state.adding = made.pk, False

    @admin.display(description=_("无照对象"))
    def stall(self, merge: Any) -> str:
        return merge.stall_name or "—"

    @admin.display(description=_("企业"))
    def company(self, merge: Any) -> str:
        return merge.company_name or "—"

    @admin.display(description=_("状态"), ordering="settled")
    def state(self, merge: Any) -> str:
        if hasattr(merge, "confirmation"):
            return str(_("已确认"))
        return str(_("已失效") if merge.settled else _("待确认"))

    @admin.display(description=_("确认人"))
    def who(self, merge: Merge) -> str:
        return merge.confirmation.confirmed_by if hasattr(merge, "confirmation") else "—"

    @admin.display(description=_("确认时间"))
    def when(self, merge: Merge) -> Any:
        return merge.confirmation.at if hasattr(merge, "confirmation") else None
