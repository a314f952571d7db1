"""A deed as a button on a row's page: asked for once more, done by POST, what it tells told once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import segno
from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import sight
from audit.duties import Matter, May
from audit.problem import Problem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from audit.desk import Desk


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a deed tells once and nobody can look up later: a password, a code, a secret; as a QR code, if `qr`.
    `codes`: recovery codes beside it, to be printed."""

    title: "StrOrPromise"
    text: str
    qr: str = ""
    hint: "StrOrPromise" = ""
    codes: Sequence[str] = ()

    def svg(self) -> SafeString:
        """The QR code as an inline picture, made here: a secret is sent to no other server."""
        return mark_safe(segno.make(self.qr, error="m").svg_inline(scale=6)) if self.qr else SafeString("")  # noqa: S308


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """`does(row, actor, at, reason)` answers what is to be told, or None. `fits(row)`: is there anything to do?
    With a `form` it is given the form's words instead of a reason; fields called as the row's columns show these first.
    """

    name: str
    label: "StrOrPromise"
    question: "StrOrPromise"
    verb: May
    matter: Matter
    does: Callable[[Any, Actor, datetime, Any], Told | None]
    fits: Callable[[Any], bool] = lambda _row: True
    asks_reason: bool = False
    form: type[forms.Form] | None = None

    def form_of(self, request: HttpRequest, row: Any) -> forms.Form | None:
        """The form, with what was posted or what the row says."""
        if self.form is None:
            return None
        if request.method == "POST":
            return self.form(request.POST, request.FILES)
        told = {name: getattr(row, name) for name in self.form.base_fields if hasattr(row, name)}
        return self.form(initial=told)


def press(desk: "Desk", button: Button, request: HttpRequest, row: Any) -> HttpResponse:
    """GET asks, POST does. Raises Http404 for who may not, as if there were no such button."""
    knocker = sight(request)
    if not knocker.may(button.verb, button.matter) or not button.fits(row):
        raise Http404
    refusal, reason = "", request.POST.get("reason", "").replace("\x00", "").strip()[:100]
    form = button.form_of(request, row)
    if request.method == "POST" and (form is None or form.is_valid()):
        if button.asks_reason and not reason:
            refusal = str(_("请填写原因"))
        else:
            try:
                told = button.does(row, knocker.actor, timezone.now(), form.cleaned_data if form else reason)
            except Problem as problem:
                refusal = str(problem.detail or problem.title)
            else:
                return tell(desk, request, row, told) if told else _back(desk, request, row, button)
    context = {
        **desk.admin_site.each_context(request),
        "title": button.label,
        "opts": desk.opts,
        "row": row,
        "button": button,
        "refusal": refusal,
        "form": form,
        "back": _page(desk, row),
    }
    return TemplateResponse(request, "audit/button.html", context)


def tell(desk: "Desk", request: HttpRequest, row: Any, told: Told) -> HttpResponse:
    """The page that is seen once; admin_view's `no-store` keeps it out of every cache."""
    context = {
        **desk.admin_site.each_context(request),
        "title": told.title,
        "opts": desk.opts,
        "row": row,
        "told": told,
        "back": _page(desk, row),
    }
    return TemplateResponse(request, "audit/told_once.html", context)


def _page(desk: "Desk", row: Any) -> str:
    return reverse(f"admin:{desk.opts.app_label}_{desk.opts.model_name}_change", args=[row.pk])


def _back(desk: "Desk", request: HttpRequest, row: Any, button: Button) -> HttpResponse:
    desk.message_user(request, _("已完成：%s") % button.label)
    return HttpResponseRedirect(_page(desk, row))
