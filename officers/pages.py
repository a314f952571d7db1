"""What an enterprise sees when it scans the officer's screen, and the picture on it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from officers import queries
from officers.electronic_id import Shown, Verdict, photo_sha256, photo_url, read, screen_code, verdict
from officers.rules import certificate_state
from officers.signing import Forged

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

View = Callable[..., HttpResponse]


def _sealed(view: View) -> View:
    """No script, no third party, no copy left behind, and the token in no other site's log."""

    @wraps(view)
    def sealed(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return sealed


@dataclass(frozen=True, slots=True)
class Said:
    """How a verdict looks: its word, its colour (`good`, `doubt`, `bad`) and what to do now."""

    word: "StrOrPromise"
    tone: str
    advice: "StrOrPromise"


SAID = {
    Verdict.GENUINE: Said(
        _("真实有效"),
        "good",
        _("请核对：照片与来人是否为同一人，姓名、执法证号和核对码是否与对方屏幕上的一致。"),
    ),
    Verdict.EXPIRED: Said(_("已过期"), "doubt", _("该执法证已过有效期，不能作为执法凭证，请向其所在单位核实。")),
    Verdict.NOT_YET_VALID: Said(_("尚未生效"), "doubt", _("该执法证的有效期还没有开始，请向其所在单位核实。")),
    Verdict.SUSPENDED: Said(_("已暂停"), "bad", _("该执法证已暂停使用，不能作为执法凭证，请向其所在单位核实。")),
    Verdict.REVOKED: Said(_("已吊销"), "bad", _("该执法证已吊销，不能作为执法凭证，请向其所在单位核实。")),
    Verdict.UNKNOWN: Said(
        _("无法识别"),
        "bad",
        _("这不是本系统签发的电子证件，或者链接不完整。请重新扫描对方屏幕上的二维码。"),
    ),
}
SCREEN_EXPIRED = Said(_("已过期"), "doubt", _("这次亮证已过时限。请让对方重新出示，再扫描一次。"))


@require_safe
@_sealed
def electronic_id(request: HttpRequest, token: str) -> HttpResponse:
    """真实有效, 已过期, 已吊销 …: is the person who showed this token an officer now? One statement.

    A token that says nothing (forged, garbled, of an unknown officer) is 404, with the page. When the token's
    own time is over the page names nobody: an old address is no way to look a person up.
    """
    signer, at = settings.OFFICER_SIGNER, timezone.now()
    try:
        shown = read(token, signer=signer)
    except Forged:
        return _page(request, Verdict.UNKNOWN, status=404)
    officer = queries.holder(shown.officer_id)
    if officer is None:
        return _page(request, Verdict.UNKNOWN, status=404)
    state = certificate_state(
        status=officer.status,
        status_since=officer.status_since,
        valid_from=officer.valid_from,
        valid_until=officer.valid_until,
        at=at,
    )
    found = verdict(shown=shown, state=state, at=at)
    if at >= shown.expires_at:
        said = SCREEN_EXPIRED if found is Verdict.EXPIRED else SAID[found]
        return _page(request, found, said=said, shown=shown, checked_at=at)
    picture = photo_url(sha256=officer.photo_sha256, at=at, policy=settings.OFFICER_POLICY, signer=signer, base_url="")
    code = screen_code(token, visit=shown.visit, certificate_no=officer.certificate_no, signer=signer)
    return _page(request, found, shown=shown, checked_at=at, officer=officer, photo=picture, match_code=code)


def _page(
    request: HttpRequest, found: Verdict, *, status: int = 200, shown: Shown | None = None, **words: Any
) -> HttpResponse:
    context = {"verdict": found.value, "said": SAID[found], "shown": shown, **words}
    return render(request, "officers/electronic_id.html", context, status=status)


@require_safe
@_sealed
def photo(request: HttpRequest, token: str) -> HttpResponse:
    """The officer's picture, for the few minutes that its address lives. One statement. Else 404 without a word."""
    try:
        found = queries.photo(photo_sha256(token, at=timezone.now(), signer=settings.OFFICER_SIGNER))
    except Forged:
        found = None
    if found is None:
        return HttpResponse(status=404, content_type="text/plain")
    return HttpResponse(bytes(found.image), content_type=found.content_type)


@require_safe
@_sealed
def enrol(request: HttpRequest) -> HttpResponse:
    """Where an activation QR code leads when another app than the officers' own scans it: says which one to use.

    The code itself stands after `#` and never reaches this server.
    """
    return render(request, "officers/enrol.html")
