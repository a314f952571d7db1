"""Desk for whom to reach at an enterprise."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button
from audit.duties import Matter, May
from audit.foreseen import Register
from audit.intake_desk import IntakeDesk
from audit.phone import masked
from enterprises.models import Contact
from enterprises.register import CONTACT
from enterprises.services.contact import save_contact, withdraw_contact
from enterprises.services.import_contacts import import_contacts

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
