"""What the platform was told, and what counts."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button
from audit.desk import Desk, DeskInline, one_of
from audit.duties import Matter, May, Reach
from audit.explained import CATEGORIES, ORIGINS, PURPOSES, STATES, word
from audit.models import (
    Attempt,
    Delivery,
    Endpoint,
    Filing,
    Manifest,
    VisitFact,
)
from audit.services.requeue import requeue, resume


class DeliveryInline(DeskInline):
    model = Delivery
    matter = Matter.FILINGS
    fields = ("platform", "status", "attempts", "next_attempt_at", "delivered_at", "receipt")
    ordering = ("platform", "pk")


class AttemptInline(DeskInline):
    model = Attempt
    matter = Matter.FILINGS
    fields = ("at", "platform", "ok", "http_status", "detail")
    ordering = ("at", "pk")


def _visible(sight: Sight, number: str) -> Exists:
    """Is the filing about a visit in reach? `number`: the lookup of its visit."""
    condition = sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    return Exists(VisitFact.objects.filter(condition, visit=OuterRef(number)))


def _platforms(rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
    """How platforms stand concerns whoever supervises: it belongs to no region."""
    supervises = sight.reach is Reach.SUPERVISED and bool(sight.region_prefix or sight.agency_code)
    return rows if sight.reach is Reach.ALL or supervises else rows.none()


@admin.register(Filing)
class FilingDesk(Desk):
    """What the supervision platform was told, or is still owed. Administrators see that it was, and not of whom."""

    matter = Matter.FILINGS
    named_by = "number"
    list_display = ("number", "event", "credit_code", "visit", "status", "owed", "created_at")
    list_filter = ("status", "created_at")
    search_fields = ("number__exact", "credit_code__exact", "visit__exact")
    search_help_text = _("备案号、统一社会信用代码或入企编号（完整）")
    ordering = ("-pk",)
    inlines = (DeliveryInline, AttemptInline)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        if sight.reach is Reach.ALL:
            return rows
        return rows.filter(_visible(sight, "visit"))

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if sight(request).may(May.VIEW, Matter.VISITS) else ("payload",)


def _requeue(delivery: Delivery, actor: Actor, at: datetime, reason: str) -> None:
    requeue(delivery=delivery, reason=reason, actor=actor, at=at)


def _resume(endpoint: Endpoint, actor: Actor, at: datetime, reason: str) -> None:
    resume(code=endpoint.code, reason=reason, actor=actor, at=at)


@admin.register(Delivery)
class DeliveryDesk(Desk):
    """Each filing on its way to each platform; dead letters are put into the queue again here."""

    matter = Matter.FILINGS
    list_display = ("filing", "platform", "lane", "status", "failures", "failing_since", "next_attempt_at")
    list_filter = ("status",)
    list_select_related = ("filing",)
    search_fields = ("filing__number__exact", "lane__exact")
    search_help_text = _("备案号或统一社会信用代码（完整）")
    ordering = ("-pk",)
    buttons = (
        Button(
            name="requeue",
            label=_("重新报送"),
            question=_(
                "该件多次报送未成，已列为死信。排除原因后可重新排队，在同一企业尚未报送的各件之前报送。请写明原因。"
            ),
            verb=May.CHANGE,
            matter=Matter.CORRECTIONS,
            does=_requeue,
            fits=lambda delivery: bool(delivery.status == Delivery.Status.DEAD),
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.filter(_visible(sight, "filing__visit"))


@admin.register(Endpoint)
class EndpointDesk(Desk):
    """How each platform stands; a paused one is sent to again here."""

    matter = Matter.FILINGS
    personal = False
    list_display = ("code", "name", "paused_at", "reason", "probe_at", "reconciled_at")
    ordering = ("code",)
    buttons = (
        Button(
            name="resume",
            label=_("恢复报送"),
            question=_("平台曾拒绝本系统（如令牌失效），报送已暂停。与平台核对后可恢复。请写明原因。"),
            verb=May.CHANGE,
            matter=Matter.CORRECTIONS,
            does=_resume,
            fits=lambda endpoint: endpoint.paused_at is not None,
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return _platforms(rows, sight)


@admin.register(Manifest)
class ManifestDesk(Desk):
    """Each day's reckoning with each platform: difference 0 means that it has every filing once."""

    matter = Matter.FILINGS
    personal = False
    list_display = ("day", "platform", "count", "held", "difference", "again", "at")
    list_filter = ("day",)
    ordering = ("-day", "platform", "-pk")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return _platforms(rows, sight)


@admin.register(VisitFact)
class VisitFactDesk(Desk):
    """What counts, by value, in versions."""

    matter = Matter.FACTS
    named_by = "visit"
    list_display = (
        "visit",
        "version",
        "started_at",
        "enterprise_name",
        "agency_name",
        "what",
        "standing",
        "origin_word",
    )
    list_filter = (
        one_of("state", _("状态"), STATES),
        one_of("origin", _("来源"), ORIGINS),
        one_of("purpose", _("目的"), PURPOSES),
        one_of("category", _("类别"), CATEGORIES),
        "started_at",
    )
    search_fields = ("visit__exact", "credit_code__exact", "enterprise_name")
    search_help_text = _("入企编号或统一社会信用代码（完整）、企业名称")
    ordering = ("-started_at", "-version")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by"))

    @admin.display(description=_("类别"), ordering="category")
    def what(self, fact: VisitFact) -> str:
        return f"{word(PURPOSES, fact.purpose)} · {word(CATEGORIES, fact.category)}"

    @admin.display(description=_("状态"), ordering="state")
    def standing(self, fact: VisitFact) -> str:
        return word(STATES, fact.state)

    @admin.display(description=_("来源"), ordering="origin")
    def origin_word(self, fact: VisitFact) -> str:
        return word(ORIGINS, fact.origin)
