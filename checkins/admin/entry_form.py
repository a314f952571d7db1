"""The form by which a supervisor enters a complaint (登记投诉) that came by telephone, by letter or in person."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from audit.complaints import MOST_CHARACTERS
from audit.models import Complaint
from checkins.complaint_form import AHEAD, MOST_PICTURES, ComplaintForm, Words
from checkins.photo_form import PhotoTooLarge

Source = Complaint.Source
SOURCES = [(source.value, source.label) for source in (Source.PHONE, Source.PAPER, Source.VISIT)]
_MOMENT = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"]
PICTURES = tuple(f"picture_{place}" for place in range(1, MOST_PICTURES + 1))


def _moment(label: Any, *, required: bool) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        input_formats=_MOMENT,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT[0]),
        error_messages={"invalid": _("请填写日期和时间，例如 2026-07-01 09:30")},
    )


class PicturesForm(forms.Form):
    """At most three pictures, each in a field of its own."""

    picture_1 = forms.FileField(label=_("佐证图片 1"), required=False)
    picture_2 = forms.FileField(label=_("佐证图片 2"), required=False)
    picture_3 = forms.FileField(label=_("佐证图片 3"), required=False)

    def clean(self) -> dict[str, Any]:
        for name in PICTURES:
            file = self.cleaned_data.get(name)
            if file and (file.size or 0) > settings.MAX_PHOTO_BYTES:
                self.add_error(name, str(PhotoTooLarge.title))
        return self.cleaned_data

    def pictures(self) -> list[bytes]:
        """The files that came, in their order. Ask a valid form, once."""
        return [file.read() for file in map(self.cleaned_data.get, PICTURES) if file]


class EntryForm(PicturesForm, ComplaintForm):
    """`at`: now; `oldest`: how long ago it may have come."""

    source = forms.ChoiceField(label=_("来源"), choices=SOURCES)
    received_at = _moment(_("收到时间"), required=True)
    kind = forms.ChoiceField(label=_("类型"), choices=Complaint.Kind.choices)
    credit_code = forms.CharField(label=_("统一社会信用代码"), required=False, max_length=40)
    enterprise = forms.CharField(label=_("企业名称"), required=False, max_length=200)
    agency = forms.CharField(
        label=_("被投诉单位"), required=False, max_length=100, help_text=_("单位代码或全称；不清楚的不填，写在内容里")
    )
    happened_at = _moment(_("发生时间"), required=False)
    text = Words(
        label=_("内容"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("来了几个人、哪个单位、检查了什么。不要写投诉人的姓名和电话。"),
    )
    complainant = forms.CharField(label=_("投诉人姓名"), required=False, max_length=40)
    phone = forms.CharField(label=_("联系电话"), required=False, max_length=40)
    may_be_named = forms.BooleanField(label=_("投诉人同意把姓名、电话告知被投诉单位"), required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput)

    field_order = (
        "source", "received_at", "kind", "credit_code", "enterprise", "agency", "happened_at", "text", "complainant",
        "phone", "may_be_named", *PICTURES, "submission",
    )  # fmt: skip

    def __init__(self, *args: Any, at: datetime, oldest: timedelta, **kwargs: Any) -> None:
        super().__init__(*args, at=at, **kwargs)
        self._oldest = oldest

    def clean_received_at(self) -> datetime:
        received_at: datetime = self.cleaned_data["received_at"]
        if received_at > self._at + AHEAD:
            raise forms.ValidationError(_("时间还没有到"))
        if received_at < self._at - self._oldest:
            raise forms.ValidationError(_("只登记 %(days)s 天以内收到的") % {"days": self._oldest.days})
        return min(received_at, self._at)
