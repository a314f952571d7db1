"""What agencies say anew of their visits, for a supervisor to rule on: the waiting ones first."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import queries as audit
from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button
from audit.counting import Count, count
from audit.desk import Desk
from audit.duties import Matter, May
from audit.explained import CATEGORIES, PURPOSES, REASONS, word
from audit.facts import year_of
from audit.law import Law
from checkins.models import Correction, Ruling
from checkins.services.annul import annul
from checkins.services.correction import NoSuchVisit
from checkins.services.rule_on import rule_on
from officers.auth import agencies_in_sight

WAITING = "waiting"
STATES = {WAITING: _("待裁定"), **{verdict.value: verdict.label for verdict in Ruling.Verdict}}
WORDS: Mapping[str, Mapping[Any, Any]] = {"purpose": PURPOSES, "category": CATEGORIES, "reason": REASONS}
NAMES = {
    "state": _("状态"),
    "purpose": _("目的"),
    "category": _("类别"),
    "reason": _("事由"),
    "source_no": _("来源文号"),
    "superior_ordered": _("上级部署"),
}


def _ruling(verdict: Ruling.Verdict) -> Any:
    def press(correction: Correction, actor: Actor, at: datetime, reason: str) -> None:
        rule_on(
            correction=correction,
            verdict=verdict,
            note=reason,
            policy=settings.CHECKIN_POLICY,
            annual_cap=settings.AUDIT_POLICY.annual_cap,
            actor=actor,
            at=at,
        )

    return press


def _waits(correction: Any) -> bool:
    return bool(correction.standing == WAITING)


class Standing(admin.SimpleListFilter):
    """By what has become of it."""

    title, parameter_name = _("裁定"), "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, str(name)) for code, name in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(standing=self.value()) if self.value() in STATES else queryset


@admin.register(Correction)
class CorrectionDesk(Desk):
    """Corrections of visits by the agencies in sight. Adding voids a visit by the supervisor's own word."""

    matter = Matter.CORRECTIONS
    list_display = ("visit", "organ", "kind", "what", "reason", "by", "at", "state")
    list_filter = (Standing, "kind")
    list_select_related = ("visit__agency", "ruling")
    search_fields = ("visit__number__exact", "visit__credit_code__exact")
    search_help_text = _("入企编号或统一社会信用代码（完整）")
    autocomplete_fields = ("visit",)
    buttons = (
        Button(
            name="confirm",
            label=_("确认更正"),
            question=_("确认后计次与预警随之更正，且不可撤销。请写明核对了什么。"),
            verb=May.CHANGE,
            matter=Matter.CORRECTIONS,
            does=_ruling(Ruling.Verdict.CONFIRMED),
            fits=_waits,
            asks_reason=True,
        ),
        Button(
            name="reject",
            label=_("驳回更正"),
            question=_("驳回后该入企照原样计次，且不可撤销；已撤回的扫码恢复。请写明理由。"),
            verb=May.CHANGE,
            matter=Matter.CORRECTIONS,
            does=_ruling(Ruling.Verdict.REJECTED),
            fits=_waits,
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        verdict = Ruling.objects.filter(correction=OuterRef("pk"))
        found: QuerySet[Any] = rows.filter(visit__agency__in=agencies_in_sight(sight).values("pk")).annotate(
            ruled=Exists(verdict), standing=Coalesce(Subquery(verdict.values("verdict")[:1]), Value(WAITING))
        )
        return found

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("ruled").asc(), "-at", "-pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("visit", "reason")
        return ("visit", "organ", "kind", "what", "reason", "by", "at", "counts", "state", "who", "when", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sight(request).may(May.ADD, self.matter)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        knocker = sight(request)
        if not agencies_in_sight(knocker).filter(pk=obj.visit.agency_id).exists():
            raise NoSuchVisit  # visits of agencies that she does not supervise are hers to look at only
        made, _stands = annul(
            visit=obj.visit,
            reason=obj.reason,
            policy=settings.CHECKIN_POLICY,
            annual_cap=settings.AUDIT_POLICY.annual_cap,
            actor=knocker.actor,
            at=timezone.now(),
        )
        obj.pk, obj._state.adding = made.pk, False

    @admin.display(description=_("执法单位"))
    def organ(self, correction: Correction) -> str:
        return str(correction.visit.agency)

    @admin.display(description=_("更正为"))
    def what(self, correction: Correction) -> str:
        said = correction.claim.items()
        if not said:
            return str(_("照原样"))
        return "，".join(f"{NAMES.get(name, name)}：{_told(name, value)}" for name, value in said)

    @admin.display(description=_("本年计次"))
    def counts(self, correction: Correction) -> str:
        """The agency's year at the enterprise: as it stands, and as the agency says."""
        found = year_count(correction)
        return str(
            _("%(year)s 年：照现状 %(stands)s 次，照该单位所称 %(said)s 次")
            % {"year": found.year, "stands": len(found.counted), "said": found.own}
        )

    @admin.display(description=_("状态"), ordering="standing")
    def state(self, correction: Any) -> str:
        return str(STATES[correction.standing])

    @admin.display(description=_("裁定人"))
    def who(self, correction: Correction) -> str:
        return correction.ruling.by if hasattr(correction, "ruling") else "—"

    @admin.display(description=_("裁定时间"))
    def when(self, correction: Correction) -> Any:
        return correction.ruling.at if hasattr(correction, "ruling") else None

    @admin.display(description=_("说明"))
    def note(self, correction: Correction) -> str:
        return (correction.ruling.note if hasattr(correction, "ruling") else "") or "—"


def _told(name: str, value: Any) -> str:
    if name == "state":
        return str(_("已作废"))
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return word(WORDS.get(name, {}), value) or json.dumps(value, ensure_ascii=False)


def year_count(correction: Correction) -> Count:
    """How often was this agency at the enterprise in the visit's year, by the cap that the visit stands under? One
    statement."""
    visit = correction.visit
    year = year_of(visit.started_at)
    found = audit.dossier_of(credit_code=visit.credit_code, agency_codes=[visit.agency.code], years=(year, year))
    mine = next((fact for fact in reversed(found.facts) if fact.visit == visit.number), None)
    cap = Law(found.rules, default_cap=settings.AUDIT_POLICY.annual_cap).cap_at(mine) if mine else None
    told = {"counting": cap.counting} if cap else {}
    return count(found.facts, agency_code=visit.agency.code, year=year, **told)
