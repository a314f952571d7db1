"""Desks for whose door it is: enterprises and their places of business, and what opaque licence codes mean."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button, Told
from audit.desk import Desk, DeskInline, RegisterDesk
from audit.duties import Matter, May
from audit.foreseen import Register
from audit.intake_desk import IntakeDesk
from audit.phone import masked
from audit.sealed import sealed
from enterprises.models import Contact, Door, Enterprise, LicenceAlias, Premises
from enterprises.poster import door_url, posters
from enterprises.poster_pdf import MOST as MOST_IN_FILE
from enterprises.poster_pdf import poster_file
from enterprises.queries import alias_meaning, disputed, facts_of, lessons_about, named, open_total, rulings_about
from enterprises.register import CONTACT, FILE
from enterprises.services.alias import rule
from enterprises.services.contact import save_contact, withdraw_contact
from enterprises.services.enterprise import save_enterprise
from enterprises.services.import_contacts import import_contacts
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


@admin.register(Premises)
class PremisesDesk(RegisterDesk):
    """Places of the enterprises within the account's region; a new one is added on its enterprise's page."""

    matter = Matter.ENTERPRISES
    list_display = ("address", "enterprise", "credit_code", "longitude", "latitude", "datum")
    list_select_related = ("enterprise",)
    search_fields = ("enterprise__name",)
    search_help_text = _("企业的统一社会信用代码或注册号（至少前 4 位）、现名或曾用名（汉字或拼音）")
    ordering = ("-pk",)
    fields = ("enterprise", "address", "longitude", "latitude", "datum")
    autocomplete_fields = ("enterprise",)
    read_only_once_made = ("enterprise",)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="enterprise__region_code"))

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Premises]", search_term: str
    ) -> "tuple[QuerySet[Premises], bool]":
        found = Enterprise.objects.filter(named(search_term)).values("pk")
        return (queryset.filter(enterprise__in=found) if search_term else queryset), False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_premises(premises=row, actor=actor, at=at)

    @admin.display(description=_("统一社会信用代码"))
    def credit_code(self, premises: Premises) -> str:
        return premises.enterprise.credit_code


if TYPE_CHECKING:
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelForm = forms.ModelForm


class ContactForm(AnyModelForm):
    """The phone is never shown in the form: left empty it stays as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "phone" in self.fields:
            self.initial["phone"] = ""
            self.fields["phone"].help_text = _("11 位手机号。留空：不改。换号后，原联系人设的 PIN 即失效。")

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        return typed or str(self.instance.phone)


def _withdraw(contact: Contact, actor: Actor, at: datetime, reason: str) -> None:
    withdraw_contact(contact=contact, reason=reason, actor=actor, at=at)


@admin.register(Contact)
class ContactDesk(IntakeDesk):
    """Whom to reach at the enterprises within the account's region; nobody sees a whole phone number."""

    matter = Matter.ENTERPRISES
    form = ContactForm
    list_display = ("enterprise", "credit_code", "name", "shown")
    list_select_related = ("enterprise",)
    search_fields = ("enterprise__credit_code__exact", "enterprise__name", "name")
    search_help_text = _("统一社会信用代码（完整）、企业名称或联系人")
    ordering = ("-pk",)
    autocomplete_fields = ("enterprise",)
    readonly_fields = ("shown",)
    read_only_once_made = ("enterprise",)
    also_in_history = ("phone", "phone_since")
    masks = {"phone": masked}
    buttons = (
        Button(
            name="withdraw",
            label=_("取消联系人"),
            question=_("取消后不再向其发送验证码，其设的 PIN 即失效，直至登记新的联系手机。"),
            verb=May.CHANGE,
            matter=Matter.ENTERPRISES,
            does=_withdraw,
            fits=lambda row: bool(row.phone),
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows.filter(sight.rows(region="enterprise__region_code"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The field to type a phone into is there for who keeps the register; shown it is to nobody."""
        kept = ("phone",) if sight(request).may(May.CHANGE, self.matter) else ()
        return ("enterprise", "name", *(("shown",) if obj is not None else ()), *kept)

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_contact(contact=row, actor=actor, at=at)

    def register_of(self, sight: Sight) -> Register:
        return Register(
            label="enterprises.contact",
            title=_("登记联系人"),
            models=(Contact,),
            columns=CONTACT,
            key="credit_code",
            identity=lambda values: str(values["credit_code"]),
            take=lambda rows, actor, at, reason: import_contacts(rows=rows, actor=actor, at=at, reason=reason),
            masks={"phone": masked},
        )

    @admin.display(description=_("统一社会信用代码"))
    def credit_code(self, contact: Contact) -> str:
        return contact.enterprise.credit_code

    @admin.display(description=_("联系手机"))
    def shown(self, contact: Contact) -> str:
        return masked(contact.phone) or "—"


class DisputeFilter(admin.SimpleListFilter):
    """Codes on which officers disagree, and those on which an officer still disagrees with the ruling."""

    title, parameter_name = _("有争议"), "disputed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("待裁定")), ("ruled", _("裁定后仍有不同认定"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"open", "ruled"}:
            return queryset
        return disputed(queryset, ruled=self.value() == "ruled")


def _rule(lesson: LicenceAlias, actor: Actor, at: datetime, reason: str) -> None:
    rule(
        scheme=lesson.scheme,
        opaque_id=lesson.opaque_id,
        credit_code=lesson.credit_code,
        reason=reason,
        actor=actor,
        at=at,
    )


def _would_change_something(lesson: LicenceAlias) -> bool:
    known = alias_meaning(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
    return bool(lesson.credit_code) and known.credit_code != lesson.credit_code


def _lines(rows: Any) -> SafeString:
    said = [
        (timezone.localtime(at).strftime("%Y-%m-%d %H:%M"), " · ".join(str(word) for word in words if word))
        for at, *words in rows
    ]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {}</li>", said)) if said else SafeString("—")


@admin.register(LicenceAlias)
class LicenceAliasDesk(Desk):
    """What officers' choices said an opaque code means, where that is an enterprise of the account's region."""

    matter = Matter.DECISIONS
    list_display = ("scheme", "opaque_id", "credit_code", "taught_by", "scan", "at")
    list_filter = (DisputeFilter, "at")
    search_fields = ("opaque_id__exact", "credit_code__exact", "scan__exact")
    search_help_text = _("不透明标识、统一社会信用代码或扫码编号（完整）")
    ordering = ("-at", "-pk")
    fields = readonly_fields = (*list_display, "means", "lessons", "rulings")
    buttons = (
        Button(
            name="rule",
            label=_("以此为准"),
            question=_("此后该码一律指向本条认定的企业，直至另行裁定。"),
            verb=May.ADD,
            matter=Matter.DECISIONS,
            does=_rule,
            fits=_would_change_something,
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        ours = Enterprise.objects.filter(sight.rows(region="region_code"), credit_code=OuterRef("credit_code"))
        return rows.filter(Exists(ours))

    @admin.display(description=_("现行含义"))
    def means(self, lesson: LicenceAlias) -> str:
        known = alias_meaning(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
        if known.credit_code is not None:
            return self._named({known.credit_code})[known.credit_code]
        return str(_("未定：认定不一致") if known.disputed else _("未定"))

    @admin.display(description=_("全部认定"))
    def lessons(self, lesson: LicenceAlias) -> SafeString:
        taught = lessons_about(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
        names = self._named({row.credit_code for row in taught}) | {"": str(_("撤回认定"))}
        return _lines((row.at, names[row.credit_code], row.taught_by, row.scan) for row in taught)

    @admin.display(description=_("全部裁定"))
    def rulings(self, lesson: LicenceAlias) -> SafeString:
        ruled = rulings_about(scheme=lesson.scheme, opaque_id=lesson.opaque_id)
        names = self._named({row.credit_code for row in ruled})
        return _lines((row.at, names[row.credit_code], row.ruled_by, row.reason) for row in ruled)

    @staticmethod
    def _named(codes: set[str]) -> dict[str, str]:
        known = facts_of(codes)
        return {code: f"{known[code].name}（{code}）" if code in known else code for code in codes}
