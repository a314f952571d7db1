"""The form of a complaint at the door: what must be said, and what is wrong with what was."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.complaints import MOST_CHARACTERS
from audit.facts import SHANGHAI
from audit.models import Complaint
from audit.phone import cleaned

MOST_PICTURES = 3
OLDEST = timedelta(days=366)
"""What lies further back is for the hotline and the archives, not for who is on duty."""
AHEAD = timedelta(minutes=10)
"""By so much a complainant's clock may be fast."""
_LOCAL = "%Y-%m-%dT%H:%M"


class Words(forms.CharField):
    """Text as it was typed: a browser sends each line's end as two characters, and counts it as one."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


class ComplaintForm(forms.Form):
    """`at`: now. What it holds when it is valid goes into a Grievance."""

    submission = forms.UUIDField()
    kind = forms.ChoiceField(choices=Complaint.Kind.choices)
    happened_at = forms.DateTimeField(
        input_formats=[_LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"],
        error_messages={"required": _("请填写大概是什么时候"), "invalid": _("请填写日期和时间，例如 2026-07-01 09:30")},
    )
    text = Words(
        max_length=MOST_CHARACTERS,
        error_messages={
            "required": _("请写明发生了什么"),
            "max_length": _("最多 %(limit_value)d 个字，现在有 %(show_value)d 个"),
        },
    )
    phone = forms.CharField(required=False, max_length=40)
    may_be_named = forms.BooleanField(required=False)

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def clean_happened_at(self) -> datetime | None:
        happened_at: datetime | None = self.cleaned_data["happened_at"]
        if happened_at is None:
            return None
        if happened_at > self._at + AHEAD:
            raise forms.ValidationError(_("时间还没有到"))
        if happened_at < self._at - OLDEST:
            raise forms.ValidationError(_("只受理一年以内的；更早的请拨打 12345"))
        return happened_at

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        phone = cleaned(typed)
        if typed and phone is None:
            raise forms.ValidationError(_("这不是一个电话号码"))
        return phone or ""


def local(moment: datetime) -> str:
    """How a browser's field for date and time wants it: `2026-07-01T09:30`, in Beijing's time."""
    return timezone.localtime(moment, SHANGHAI).strftime(_LOCAL)
