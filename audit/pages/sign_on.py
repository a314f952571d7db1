"""Single sign-on's doors: away to the issuer, back from it, and the six digits that it does not vouch for.

Off unless OIDC_ISSUER is set: then none of these addresses exists. What failed is told in one sentence and logged in
full. The browser carries its errand in a signed cookie, so that strangers leave no rows.
"""

import hmac
import json
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import authenticate, login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from audit.allowance import Allowance, address_of, turned_away
from audit.auth import tell_codes_left
from audit.id_token import Known, TokenRefused, read_id_token
from audit.oidc import Errand, SignOnFailed, discover, redeem
from audit.policy import OidcPolicy
from audit.session import Ended

logger = logging.getLogger(__name__)
ERRAND, NAMED = "sso", "sso-named"
AWAY, TYPING = timedelta(minutes=10), timedelta(minutes=5)
A_MINUTE = 30
"""Log-ins that one network address may begin in a minute, and come back from: each makes this house ask the issuer."""


class CodeForm(forms.Form):
    otp_token = forms.CharField(
        label=_("动态口令"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


@require_GET
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Away to the issuer, with a state, a nonce and a PKCE challenge of this log-in alone."""
    policy = _policy()
    over = _too_often(request, "sso")
    if over is not None:
        return over
    to = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    errand = Errand.new(to if safe else reverse("admin:index"))
    try:
        way = discover(policy).way(errand, policy=policy, back=_back())
    except SignOnFailed as failure:
        return _failed(str(failure))
    response = HttpResponseRedirect(way)
    _give(response, ERRAND, str(errand), lasts=AWAY)
    return response


@require_GET
@never_cache
def arrive(request: HttpRequest) -> HttpResponse:
    """Back from the issuer. Whoever it names has to be an account; without its word on a second factor, the six
    digits are asked for here."""
    policy, kept, words = _policy(), _kept(request, ERRAND, lasts=AWAY), request.GET
    if kept is None:
        return _failed("no errand")
    errand = Errand.read(kept)
    if not hmac.compare_digest(words.get("state", "").encode(), errand.state.encode()):
        return _failed("state")
    if "error" in words or not words.get("code"):
        return _failed(f"issuer says {words.get('error', '')[:80]!r}")
    over = _too_often(request, "sso-back")
    if over is not None:
        return over
    try:
        issuer = discover(policy)
        if words.get("iss", "" if issuer.names_itself else policy.issuer) != policy.issuer:
            raise SignOnFailed("iss of another issuer")  # RFC 9207
        token, keys = redeem(words["code"], errand=errand, issuer=issuer, policy=policy, back=_back())
        known = read_id_token(token, keys=keys, policy=policy, nonce=errand.nonce, at=timezone.now())
    except (SignOnFailed, TokenRefused) as failure:
        return _failed(f"{type(failure).__name__}: {failure}")
    if known.second_factor:
        return _signed_in(request, known, "", to=errand.to) or _failed("no such account, or not armed")
    response = HttpResponseRedirect(reverse("sso-code"))
    response.delete_cookie(ERRAND, path=reverse("sso"))
    _give(response, NAMED, json.dumps({"username": known.username, "to": errand.to}), lasts=TYPING)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second factor, where the issuer's word on one is not taken. Whom it has named is not told again."""
    _policy()
    kept = _kept(request, NAMED, lasts=TYPING)
    if kept is None:
        return _failed("nobody was named")
    said = json.loads(kept)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        known = Known(username=said["username"], second_factor=False)
        typed = form.cleaned_data["otp_token"].replace(" ", "")
        response = _signed_in(request, known, typed, to=said["to"])
        if response is not None:
            return response
        form.add_error(None, _("动态口令不正确，或没有对应的账号。连续 5 次不正确，账号将锁定 15 分钟。"))
    context = {**admin.site.each_context(request), "title": _("动态口令"), "form": form}
    return TemplateResponse(request, "audit/sign_on_code.html", context)


def _policy() -> OidcPolicy:
    policy: OidcPolicy = settings.OIDC_POLICY
    if not policy.issuer:
        raise Http404
    return policy


def _too_often(request: HttpRequest, what: str) -> HttpResponse | None:
    allowed = Allowance(what=what, who=address_of(request), at=timezone.now(), limit=A_MINUTE)
    return None if allowed.take() else turned_away(request, allowed)


def _back() -> str:
    """This house's address for who comes back, as the issuer knows it."""
    return str(settings.PUBLIC_URL).rstrip("/") + reverse("sso-back")


def _signed_in(request: HttpRequest, known: Known, typed: str, *, to: str) -> HttpResponse | None:
    """The way on, signed in; None if there is no such account or the code is wrong."""
    account: Any = authenticate(request, username=known.username, known=known, otp_token=typed)
    if account is None:
        return None
    login(request, account)
    tell_codes_left(request, account)
    response = HttpResponseRedirect(to)
    for name in (ERRAND, NAMED):
        response.delete_cookie(name, path=reverse("sso"))
    return response


def _failed(why: str) -> HttpResponse:
    logger.warning("single sign-on failed: %s", why)
    response = HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'ended': Ended.SIGN_ON})}")
    for name in (ERRAND, NAMED):
        response.delete_cookie(name, path=reverse("sso"))
    return response


def _give(response: HttpResponse, name: str, text: str, *, lasts: timedelta) -> None:
    """Lax: the issuer's redirect back is a navigation, and brings it."""
    response.set_signed_cookie(
        name,
        text,
        salt=name,
        max_age=lasts,
        path=reverse("sso"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _kept(request: HttpRequest, name: str, *, lasts: timedelta) -> str | None:
    found: str | None = request.get_signed_cookie(name, default=None, salt=name, max_age=lasts)
    return found
