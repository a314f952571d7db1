"""Desks for those who may stand at the door: agencies, officers, their phones and activation codes."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button, Told
from audit.desk import Desk, RegisterDesk
from audit.duties import Matter, May, Reach
from audit.foreseen import Register
from audit.intake_desk import IntakeDesk
from officers.activation_qr import activation_link
from officers.auth import agencies_in_sight
from officers.models import Activation, Agency, Device, Officer
from officers.queries import active_total, agencies_in_use
from officers.register import AGENCY, OFFICER
from officers.services.agency import save_agency
from officers.services.device import revoke_device
from officers.services.enrolment import make_activation
from officers.services.import_agencies import import_agencies
from officers.services.import_officers import import_officers
from officers.services.officer import save_officer
from officers.services.photo import set_photo

MOST_AGENCIES = 500
"""In one file on the page: each is a deed of its own, and may move a branch."""


@admin.register(Agency)
class AgencyDesk(IntakeDesk):
    matter = Matter.AGENCIES
    personal = False
    list_display = ("name", "code", "level", "region_code", "parent", "supervised_by", "status")
    list_filter = ("level", "status", "region_code")
    list_select_related = ("parent",)
    search_fields = ("name", "^code")
    search_help_text = _("单位名称、单位代码（开头）")
    ordering = ("path",)
    autocomplete_fields = ("parent",)
    fields = ("code", "name", "parent", "path", "region_code", "level", "supervised_by", "status")
    readonly_fields = ("path",)
    read_only_once_made = ("code",)

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.filter(pk__in=agencies_in_sight(sight).values("pk"))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "supervised_by" and field is not None:
            field.required = False  # the uppermost 司法局 answers to one outside this system
        return field

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_agency(agency=row, actor=actor, at=at)

    def register_of(self, sight: Sight) -> Register:
        return Register(
            label="officers.agency",
            title=_("执法单位"),
            models=(Agency,),
            columns=AGENCY,
            key="code",
            identity=lambda values: str(values["code"]),
            take=lambda rows, actor, at, reason: import_agencies(rows=rows, actor=actor, at=at, reason=reason),
            in_service=("status", Agency.Status.ACTIVE),
            in_service_total=lambda: len(agencies_in_use()),
            at_once=MOST_AGENCIES,  # a child may stand before its parent
            most=MOST_AGENCIES,
        )


class OfficerForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    categories = forms.CharField(label=_("执法类别"), required=False, help_text=_("多项以顿号分开"))
    portrait = forms.FileField(label=_("照片"), required=False, help_text=_("正面免冠，JPEG、PNG 或 WebP"))

    class Meta:
        model = Officer
        fields = (
            "certificate_no",
            "name",
            "agency",
            "valid_from",
            "valid_until",
            "status",
            "status_since",
            "certified",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["categories"] = "、".join(self.instance.categories or [])


def _activation(row: Any, actor: Actor, at: datetime, _reason: str) -> Told:
    policy = settings.OFFICER_POLICY
    code = make_activation(officer=row, actor=actor, at=at, policy=policy)
    until = timezone.localtime(at + policy.activation_lifetime)
    return Told(
        title=_("激活码"),
        text=code,
        qr=activation_link(code, settings.PUBLIC_URL),
        hint=_("%s 前有效，只能用一次；较早的未用激活码已作废。") % f"{until:%Y-%m-%d %H:%M}",
    )


@admin.register(Officer)
class OfficerDesk(IntakeDesk):
    matter = Matter.OFFICERS
    named_by = "certificate_no"
    form = OfficerForm
    list_display = ("name", "certificate_no", "agency", "valid_until", "status")
    list_filter = ("status", "agency__level", "agency__region_code")
    list_select_related = ("agency",)
    search_fields = ("name", "^certificate_no", "agency__name", "agency__code__exact")
    search_help_text = _("姓名、执法证号（开头）、单位名称或单位代码（完整）")
    ordering = ("agency__path", "certificate_no")
    autocomplete_fields = ("agency",)
    fields = (
        "certificate_no",
        "name",
        "agency",
        ("valid_from", "valid_until"),
        "status",
        "status_since",
        "categories",
        "certified",
        "portrait",
    )
    read_only_once_made = ("certificate_no",)
    also_in_history = ("photo_sha256",)
    buttons = (
        Button(
            name="activation",
            label=_("生成激活码"),
            question=_("将生成一次性激活码，只显示一次；该人员较早的未用激活码随即作废。"),
            verb=May.ADD,
            matter=Matter.ACTIVATIONS,
            does=_activation,
            fits=lambda row: row.status != Officer.Status.REVOKED,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.filter(agency__in=agencies_in_sight(sight).values("pk"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only looks is shown no upload."""
        keeps = sight(request).may(May.CHANGE, self.matter)
        return self.fields if keeps else tuple(field for field in self.fields or () if field != "portrait")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        picture = form.cleaned_data.get("portrait")
        if picture:
            set_photo(officer=obj, image=picture.read(), actor=sight(request).actor, at=timezone.now())

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        save_officer(officer=row, actor=actor, at=at)

    def register_of(self, sight: Sight) -> Register:
        """Of the agencies in sight: others are as unknown as those that do not exist. Photos come by the command."""
        within = None if sight.reach is Reach.ALL else agencies_in_sight(sight)
        return Register(
            label="officers.officer",
            title=_("执法人员"),
            models=(Officer,),
            columns=OFFICER,
            key="certificate_no",
            identity=lambda values: str(values["certificate_no"]),
            take=lambda rows, actor, at, reason: import_officers(
                rows=rows, actor=actor, at=at, reason=reason, within=within
            ),
            in_service=("status", Officer.Status.ACTIVE),
            in_service_total=lambda: active_total(within),
        )


def _revoke(row: Any, actor: Actor, at: datetime, reason: str) -> None:
    revoke_device(device=row, actor=actor, at=at, reason=reason)


class OfficersRowsDesk(Desk):
    """Rows that belong to one officer, and are in sight with the officer's agency."""

    list_select_related = ("officer__agency",)
    search_fields = ("officer__name", "^officer__certificate_no", "officer__agency__name")
    search_help_text = _("执法人员姓名、执法证号（开头）或单位名称")

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        if sight.reach is Reach.ALL:
            return rows
        return rows.filter(officer__agency__in=agencies_in_sight(sight).values("pk"))

    @admin.display(description=_("执法单位"), ordering="officer__agency__path")
    def agency(self, row: Any) -> str:
        return str(row.officer.agency)

    @admin.display(description=_("执法人员"), ordering="officer__certificate_no")
    def holder(self, row: Any) -> SafeString:
        page = reverse("admin:officers_officer_change", args=[row.officer_id])
        return format_html('<a href="{}">{}</a>', page, row.officer)


@admin.register(Device)
class DeviceDesk(OfficersRowsDesk, RegisterDesk):
    """Phones. They are made by enrolment and taken out of service here; nothing else of them changes."""

    matter = Matter.DEVICES
    list_display = ("name", "holder", "agency", "enrolled_at", "enrolled_by", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "enrolled_at")
    ordering = ("-enrolled_at", "-pk")
    fields = ("name", "holder", "agency", "public_key", "enrolled_at", "enrolled_by", "revoked_at")
    readonly_fields = ("holder", "agency")
    also_in_history = ("officer",)
    buttons = (
        Button(
            name="revoke",
            label=_("吊销设备"),
            question=_("吊销后，该设备的下一次请求即被拒绝；此前已扫未传的记录在宽限期内仍可上传。"),
            verb=May.CHANGE,
            matter=Matter.DEVICES,
            does=_revoke,
            fits=lambda row: row.revoked_at is None,
            asks_reason=True,
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Activation)
class ActivationDesk(OfficersRowsDesk):
    """Which codes were made, by whom, and what became of them. A code is made, and seen once, on its officer's page."""

    matter = Matter.ACTIVATIONS
    list_display = ("holder", "agency", "made_at", "made_by", "expires_at", "used_at")
    list_display_links = ("made_at",)
    list_filter = (("used_at", admin.EmptyFieldListFilter), "made_at")
    ordering = ("-made_at", "-pk")
    fields = ("holder", "agency", "made_at", "made_by", "expires_at", "used_at", "phone")
    readonly_fields = ("holder", "agency", "phone")

    @admin.display(description=_("设备"))
    def phone(self, row: Activation) -> str:
        return str(row.device or "—")
