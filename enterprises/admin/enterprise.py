"""Desk for the enterprises of a region, with their doors and posters."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button, Told
from audit.desk import DeskInline
from audit.duties import Matter, May
from audit.foreseen import Register
from audit.intake_desk import IntakeDesk
from audit.sealed import sealed
from enterprises.models import Door, Enterprise, Premises
from enterprises.poster import door_url, posters
from enterprises.poster_pdf import MOST as MOST_IN_FILE
from enterprises.poster_pdf import poster_file
from enterprises.queries import named, open_total
from enterprises.register import FILE
from enterprises.services.enterprise import save_enterprise
from enterprises.services.import_enterprises import import_enterprises
from enterprises.services.open_door import DoorKeyLost, Opened
from enterprises.services.premises import save_premises
from enterprises.services.print_posters import print_posters
from enterprises.services.renew_door import renew_door


class PremisesInline(DeskInline):
    model = Premises
    matter = Matter.ENTERPRISES
    kept = True
    fields = ("address", "longitude", "latitude", "datum")
    ordering = ("pk",)
    show_change_link = True


MOST_POSTERS = 200
"""In one go: more is the command's (`manage.py posters`)."""


def _renew(enterprise: Enterprise, actor: Actor, at: datetime, reason: str) -> Told:
    opened = renew_door(enterprise, reason=reason, actor=actor, at=at, keys=settings.DOOR_KEYS)
    url = door_url(opened, base_url=settings.PUBLIC_URL)
    return Told(
        title=_("新的门牌码"),
        text=url,
        qr=url,
        hint=_("旧海报上的码从现在起失效。请在企业列表中勾选本企业，选“打印门牌海报”，换下旧海报。"),
    )


@sealed()
def _to_print(request: HttpRequest, *, opened: list[Opened]) -> HttpResponse:
    """A4 pages, one a door: for the printer, or as PDF by the browser's own means."""
    return render(request, "enterprises/posters.html", {"posters": posters(opened, base_url=settings.PUBLIC_URL)})


@admin.register(Enterprise)
class EnterpriseDesk(IntakeDesk):
    """Within the account's region."""

    matter = Matter.ENTERPRISES
    named_by = "credit_code"
    list_display = ("name", "credit_code", "region_code", "industry", "risk_grade", "status")
    list_filter = ("status", "risk_grade")
    search_fields = ("credit_code__exact", "registration_no__exact", "name")
    search_help_text = _("统一社会信用代码或注册号（至少前 4 位）、现名或曾用名（汉字或拼音）")
    ordering = ("credit_code",)
    fields = (
        "credit_code",
        "registration_no",
        "name",
        "old_names",
        "region_code",
        "industry",
        "risk_grade",
        "status",
        "merged_into",
    )
    readonly_fields = ("old_names", "merged_into")
    also_in_history = ("former_names", "responsible")
    read_only_once_made = ("credit_code",)
    inlines = (PremisesInline,)
    actions = ("print_posters", "print_posters_as_pdf")
    buttons = (
        Button(
            name="renew-door",
            label=_("更换门牌码"),
            question=_("旧海报上的码立即失效，必须换上新海报。"),
            verb=May.CHANGE,
            matter=Matter.DOORS,
            does=_renew,
            fits=lambda enterprise: Door.objects.filter(enterprise=enterprise).exists(),
            asks_reason=True,
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Enterprise]", search_term: str
    ) -> "tuple[QuerySet[Enterprise], bool]":
        """Through the index of names: a million names are not read for one."""
        return (queryset.filter(named(search_term)) if search_term else queryset), False

    def has_print_permission(self, request: HttpRequest) -> bool:
        return sight(request).may(May.ADD, Matter.DOORS)

    @admin.action(permissions=["print"], description=_("打印门牌海报"))
    def print_posters(self, request: HttpRequest, chosen: "QuerySet[Enterprise]") -> HttpResponse | None:
        """A page to print, one poster each; doors are opened as needed."""
        opened = self._opened(request, chosen, most=MOST_POSTERS, at=timezone.now())
        return _to_print(request, opened=opened) if opened else None

    @admin.action(permissions=["print"], description=_("打印门牌海报（PDF 文件）"))
    def print_posters_as_pdf(self, request: HttpRequest, chosen: "QuerySet[Enterprise]") -> Any:
        """The same as one file, more at once."""
        at = timezone.now()
        opened = self._opened(request, chosen, most=MOST_IN_FILE, at=at)
        if not opened:
            return None
        return poster_file(
            opened,
            base_url=settings.PUBLIC_URL,
            page="enterprises_posters.pdf",
            subject=f"enterprise:{opened[0].door.enterprise.credit_code}",
            actor=sight(request).actor,
            at=at,
        )

    def _opened(self, request: HttpRequest, chosen: "QuerySet[Enterprise]", *, most: int, at: datetime) -> list[Opened]:
        """Their doors; nothing, and a sentence on the screen, where they cannot be printed."""
        rows = list(chosen.order_by("credit_code")[: most + 1])
        if len(rows) > most:
            self.message_user(request, _("一次最多打印 %s 张海报，请分批勾选。") % most, messages.ERROR)
            return []
        try:
            return print_posters(rows, actor=sight(request).actor, at=at, keys=settings.DOOR_KEYS)
        except DoorKeyLost as refusal:
            self.message_user(request, str(refusal.title), messages.ERROR)
            return []

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="region_code"))

    @admin.display(description=_("曾用名"))
    def old_names(self, enterprise: Enterprise) -> str:
        return "、".join(enterprise.former_names) or "—"

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_enterprise(enterprise=row, actor=actor, at=at)

    def register_of(self, sight: Sight) -> Register:
        """Enterprises and their places stand in one file, as they come from the registry."""
        return Register(
            label="enterprises.enterprise",
            title=_("企业及其经营场所"),
            models=(Enterprise, Premises),
            columns=FILE,
            key="credit_code",
            identity=lambda values: str(values["credit_code"]),
            repeats=lambda values: values.get("action") == "add_premises",
            take=lambda rows, actor, at, reason: import_enterprises(rows=rows, actor=actor, at=at, reason=reason),
            in_service=("status", Enterprise.Status.OPEN),
            in_service_total=open_total,
        )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        actor, at = sight(request).actor, timezone.now()
        for premises in formset.save(commit=False):
            save_premises(premises=premises, actor=actor, at=at)
        formset.save_m2m()
