"""The front door: three doors for officers, enterprises and supervisors; in demo mode also a scan to try."""

import io
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.facts import SHANGHAI
from officers.electronic_id import read as read_electronic_id
from officers.rules import CertificateState
from officers.signing import Forged
from project.demo import handout, samples
from project.demo.samples import Door, Hand
from project.demo.welcome import code_now

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

View = Callable[..., HttpResponse]


def _sealed(view: View) -> View:
    """Our own scripts and styles only; no copy left behind, because in demo mode the page holds tokens."""

    @wraps(view)
    def sealed(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "private, no-store" if settings.DEMO else "private, max-age=60"
        return response

    return sealed


@require_safe
@_sealed
def front_door(request: HttpRequest) -> HttpResponse:
    """Which door is yours? Outside demo mode no statement, no token, nothing to try."""
    return render(
        request,
        "project/front_door.html",
        {
            "demo": _demo(request) if settings.DEMO else None,
            "host": urlsplit(settings.PUBLIC_URL).netloc,
        },
    )


@require_safe
@_sealed
def demo_id_code(request: HttpRequest, token: str) -> HttpResponse:
    """Demo mode only: the QR code that an officer's app would draw for this electronic ID. Elsewhere 404."""
    try:
        if not settings.DEMO:
            raise Http404
        read_electronic_id(token, signer=settings.OFFICER_SIGNER)
    except Forged:
        raise Http404 from None
    drawn = io.BytesIO()
    picture = segno.make(f"{settings.PUBLIC_URL.rstrip('/')}/v/{token}", error="m", micro=False)
    picture.save(drawn, kind="svg", border=2, omitsize=True, light="#fff")
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@_sealed
def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: the page was open too long, or the browser keeps no cookies. Django's own page is for
    developers, and `reason` is theirs."""
    return render(request, "project/form_refused.html", status=403)


def _demo(request: HttpRequest) -> dict[str, Any] | None:
    """What there is to try; None when this house was not opened by `manage.py demo`."""
    folder = settings.STATE_DIR
    handed = handout.read(folder)
    try:
        chosen = samples.retold(json.loads((folder / samples.FILE).read_text()))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if handed is None or not chosen.doors:
        return None
    now = timezone.now().astimezone(SHANGHAI)
    cap = settings.AUDIT_POLICY.annual_cap
    tallies = samples.counted(year=now.year, of={door.credit_code for door in chosen.doors})
    supervisor = next(login for login in handed.accounts if login.role == "supervisor")
    return {
        "doors": [
            {
                "about": door,
                "word": _word(door, times=tallies.get((door.agency_code, door.credit_code), 0), cap=cap),
                "times": tallies.get((door.agency_code, door.credit_code), 0),
                "cap": cap,
                "agency": next(hand.agency for hand in chosen.hands if hand.certificate_no == door.certificate_no),
                "picture": _picture(door.licence_qr),
            }
            for door in chosen.doors
        ],
        "hands": [{"about": hand, "note": _note(hand)} for hand in chosen.hands],
        "tokens": {hand.certificate_no: hand.token for hand in chosen.hands},
        "supervisor": supervisor,
        "code": code_now(supervisor),
        "words": _words(platform=_platform(request)),
    }


def _words(*, platform: str) -> dict[str, Any]:
    """What front_door.js says; `{name}` is filled in there. `platform`: where one filing can be looked at."""
    return {
        "platform": platform,
        "id": _("行政执法电子证件"),
        "staff": _("工作人员（无执法证）"),
        "states": {state.value: word for state, word in _states().items()},
        "opened": _("已扫码入企"),
        "joined": _("已加入同一次入企"),
        "unresolved": _("尚不能确定是哪家企业"),
        "unregistered": _("登记库中没有的企业"),
        "own": _("第 {own} 次"),
        "cap": _("本单位 {year} 年 · 上限 {cap} 次"),
        "others": _("各单位合计 {all_agencies} 次，另有服务走访 {service_visits} 次"),
        "rule": _("依据：{rule}"),
        "metres": _("相距 {number} 米"),
        "kilometres": _("相距 {number} 公里"),
        "places": {"inside": _("在登记的经营场所"), "far": _("离经营场所较远"), "unknown": _("无法判断")},
        "purposes": {"service": _("服务走访")},
        "categories": {"routine": _("日常"), "case": _("个案"), "special": _("专项")},
        "sending": _("正在报送监督平台……"),
        "delivered": _("已到达监督平台，用时 {seconds} 秒"),
        "late": _("还没有到达监督平台，备案留在待报送箱中，会继续报送"),
        "nothing": _("认定企业之后才报送"),
        "filing": _("备案号 {number}"),
        "unreachable": _("连不上服务器，请检查它是否还在运行。"),
        "refused": _("服务器拒绝了请求（{status}）。"),
    }


def _platform(request: HttpRequest) -> str:
    """The receiver's list of arrivals, for a browser on this machine; empty for others, who cannot reach it."""
    here = {"localhost", "127.0.0.1", "[::1]"}
    near = request.get_host().rpartition(":")[0] in here
    urls = [platform.url for platform in settings.AUDIT_POLICY.platforms if near]
    return next((url for url in urls if urlsplit(url).hostname in {"127.0.0.1", "::1"}), "")


def _picture(text: str) -> SafeString:
    drawn = segno.make(text, error="m", micro=False).svg_inline(border=2, omitsize=True)
    return mark_safe(drawn)  # noqa: S308 (drawn by segno: a path, none of the text)


def _word(door: Door, *, times: int, cap: int) -> str:
    """What is special about this door, now."""
    if door.status != "open":
        return _("已注销")
    if times > cap:
        return _("已超上限")
    if times == cap:
        return _("已达上限")
    return _("临近上限") if times == cap - 1 else _("平常的一次")


def _note(hand: Hand) -> str:
    return _states().get(CertificateState(hand.state), "")


def _states() -> dict[CertificateState, str]:
    """What is wrong with a certificate."""
    return {
        CertificateState.EXPIRED: _("证件已过期"),
        CertificateState.SUSPENDED: _("证件已暂停"),
        CertificateState.NOT_YET_VALID: _("证件未生效"),
        CertificateState.REVOKED: _("证件已吊销"),
    }
