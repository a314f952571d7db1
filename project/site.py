"""The admin's front door: who may come in (two factors), and what hangs on its walls (only our own desks)."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_otp.admin import OTPAdminSite

from audit.actor import Actor
from audit.auth import sight, tell_codes_left
from audit.desk import Desk
from audit.duties import Matter, May, Reach
from audit.noted import note
from audit.services.account import set_password
from audit.services.keep_verification import last_verification
from audit.session import WORDS
from project.own_account import own_account


class LoginForm(AdminAuthenticationForm):
    """Name, password and code in one step. Whatever is wrong, the answer is the same."""

    otp_token = forms.CharField(
        label=_("动态口令"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "placeholder": _("6 位数字")}
        ),
    )
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("账号、密码或动态口令不正确。连续 5 次不正确，账号将锁定 15 分钟。"),
    }

    def clean(self) -> dict[str, Any]:
        words = self.cleaned_data
        if {"username", "password", "otp_token"} <= words.keys():
            self.user_cache = authenticate(
                self.request,
                username=words["username"],
                password=words["password"],
                otp_token=words["otp_token"].replace(" ", ""),
            )
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
            if self.request is not None:
                tell_codes_left(self.request, self.user_cache)
        return words


class OwnPasswordForm(PasswordChangeForm):
    """One's own new password, kept by the same deed as every other."""

    def save(self, commit: bool = True) -> Any:
        set_password(
            account=self.user,
            password=self.cleaned_data["new_password1"],
            actor=Actor.account(self.user.username),
            at=timezone.now(),
        )
        return self.user


class Site(OTPAdminSite):  # type: ignore[misc]  # django-otp has no types
    """The supervision side's admin: session, password and code; nothing of third parties.

    django-otp's own pages would show every account's secret, django.contrib.auth's the permissions that nobody asks.
    """

    site_header = _("入企扫码 · 监督管理")
    site_title = _("入企扫码")
    index_title = _("工作台")
    index_template = "project/workbench.html"
    login_form = LoginForm
    login_template = "project/login.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._desks_of: dict[tuple[str, str | None, str], list[Any]] = {}

    def register(
        self, model_or_iterable: Any, admin_class: "type[ModelAdmin[Any]] | None" = None, **options: Any
    ) -> None:
        """Only desks, which ask the duty table, get a place."""
        if admin_class is not None and issubclass(admin_class, Desk):
            super().register(model_or_iterable, admin_class, **options)
            self._desks_of.clear()

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The desks that this account sees, for the side of every page: by floor, in the language's order.

        Asking each desk four times and finding its address costs more than most pages; and what a desk allows
        without a row hangs on the role alone. So it is asked once for each role, language and address of the house.
        """
        if app_label is not None:
            found: list[Any] = super().get_app_list(request, app_label)
            return found
        key = (sight(request).role, get_language(), get_script_prefix())
        if key not in self._desks_of:
            self._desks_of[key] = super().get_app_list(request)
        return self._desks_of[key]

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        """Behind the door as ever; a NUL in a question, which PostgreSQL cannot hold, is a bad request."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def readable(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if any("\x00" in value for values in request.GET.lists() for value in (values[0], *values[1])):
                raise BadRequest("NUL")
            response: HttpResponseBase = guarded(request, *args, **kwargs)
            return response

        return readable

    def get_urls(self) -> list[Any]:
        def me(request: HttpRequest) -> HttpResponseBase:
            return own_account(request, self.each_context(request))

        # Django's way to an object's page elsewhere: ours have none, and what it answers tells whether one exists.
        rest = [one for one in super().get_urls() if getattr(one, "name", "") != "view_on_site"]
        return [path("me/", self.admin_view(me), name="me"), *rest]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The log-in; whoever was signed out is told why."""
        why = WORDS.get(request.GET.get("ended", "")) if request.method == "GET" else None  # type: ignore[call-overload]
        words = {"why": why, "sso": bool(settings.OIDC_POLICY.issuer)}
        response: HttpResponseBase = super().login(request, {**words, **(extra_context or {})})
        return response

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        """What is found for a choice is a reading, too. For whoever may not see it there is no such address."""
        try:
            response: Any = super().autocomplete_view(request)
        except PermissionDenied as refusal:
            raise Http404 from refusal
        found = len(json.loads(response.content)["results"])
        note(request, page="autocomplete", subject=request.GET.urlencode(), shown=found)
        return cast("HttpResponseBase", response)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The workbench; above all else, that the record no longer holds."""
        run, wall = last_verification(), dict[str, Any](alarm=None)
        seen = sight(request)
        concerned = seen.reach in (Reach.ALL, Reach.SUPERVISED) and seen.may(May.VIEW, Matter.FILINGS)
        if run is not None and run.found and concerned:
            wall = {"alarm": run}
        response: HttpResponseBase = super().index(request, {**wall, **(extra_context or {})})
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """One's own password, changed by a deed (Django's form would save without an actor)."""
        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)
