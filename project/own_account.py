"""One's own log-in (我的登录): how many recovery codes are left, new ones, and the end of all one's sessions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.auth import sight
from audit.models import RecoveryCode, Session
from audit.recovery_code import AT_ONCE, read_code
from audit.services.end_sessions import end_sessions
from audit.services.renew_recovery_codes import renew_recovery_codes
from audit.session import Ended


class BothFactors(forms.Form):
    """Password and code once more: an open session alone is not enough for new keys to the door. A recovery code is
    no code here, or one that was found would make ten."""

    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    otp_token = forms.CharField(
        label=_("动态口令"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        words = self.cleaned_data
        code = str(words.get("otp_token", "")).replace(" ", "")
        username = self.request.user.get_username()
        if not words.keys() >= {"password", "otp_token"} or read_code(code):
            return words
        # As at the log-in, so that what is guessed here counts there, too.
        if authenticate(self.request, username=username, password=words["password"], otp_token=code) is None:
            raise forms.ValidationError(_("密码或动态口令不正确。连续 5 次不正确，账号将锁定 15 分钟。"))
        return words


def own_account(request: HttpRequest, around: Mapping[str, Any]) -> HttpResponse:
    """The page, and its two deeds. `around`: what every page of the admin has around it."""
    account: Any = request.user
    actor, at = sight(request).actor, timezone.now()
    if request.method == "POST" and "end" in request.POST:
        end_sessions(account=account, actor=actor, at=at)
        request.session.flush()
        return HttpResponseRedirect(f"{reverse('admin:login')}?ended={Ended.OWN}")
    form = BothFactors(request.POST if request.method == "POST" else None, request=request)
    codes = renew_recovery_codes(account=account, actor=actor, at=at) if form.is_valid() else []
    context = {
        **around,
        "title": _("我的登录"),
        "form": form,
        "codes": codes,
        "left": AT_ONCE if codes else RecoveryCode.objects.filter(account=account).count(),
        "sessions": Session.objects.filter(account=account).order_by("-seen_at"),
    }
    return TemplateResponse(request, "project/own_account.html", context)
