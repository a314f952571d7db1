"""The owner's way in (企业本人): a one-time code on the registered phone, or a PIN; and the way out."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.allowance import Allowance, address_of
from audit.facts import SHANGHAI
from audit.problem import Problem
from audit.sealed import sealed
from checkins.pages.porch import Call, behind_door
from enterprises.auth import (
    admit_owner,
    dismiss_owner,
    keep_owner,
    proved_until,
    remember_code,
    remembered_code,
    was_owner,
)
from enterprises.code_sender import sender
from enterprises.queries import phone_shown
from enterprises.services.choose_pin import NotProved, choose_pin
from enterprises.services.prove_owner import pin_closed, prove_by_code, prove_by_pin
from enterprises.services.send_code import HOUR, send_code, too_many_codes

SAID = {
    "sent": _("验证码已发出，请查看手机短信，在下面输入。"),
    "chosen": _("PIN 已设好，下次可以直接用它。"),
    "left": _("已退出。"),
}


class FormUnknown(Problem):
    """No form of ours sends this."""

    code, status, title = "door-form-unknown", 422, _("没有这个操作，请重新打开本页")


@require_http_methods(["GET", "HEAD", "POST"])
@sealed(forms=True)
@behind_door("door-owner", a_minute=30)
def owner(request: HttpRequest, call: Call) -> HttpResponse:
    """GET: the forms. POST: one of them, by its `step`; done, the page is shown anew; refused, with the reason."""
    if request.method != "POST":
        return _page(request, call)
    try:
        step = STEPS.get(request.POST.get("step", ""))
        if step is None:
            raise FormUnknown
        said = step(request, call)
    except Problem as refusal:
        return _page(request, call, refusal=refusal)
    address = reverse("door-owner", args=[call.token])
    return HttpResponseRedirect(f"{address}?said={said}" if said else address, status=303)


def _page(request: HttpRequest, call: Call, *, refusal: Problem | None = None) -> HttpResponse:
    until = proved_until(request, call.door) if call.owner else None
    words = {
        "door": call.door,
        "token": call.token,
        "owner": call.owner,
        "until": until and datetime.fromtimestamp(until, tz=SHANGHAI),
        "phone": "" if call.owner else phone_shown(call.door.credit_code),
        "code_asked": remembered_code(request, call.door) is not None,
        "code_minutes": round(settings.OWNER_POLICY.code_lifetime.total_seconds() / 60),
        "said": SAID.get(request.GET.get("said", "")) if refusal is None else None,
        "refusal": refusal and (refusal.detail or refusal.title),
    }
    response = render(request, "checkins/owner.html", words, status=refusal.status if refusal else 200)
    for name, value in refusal.headers.items() if refusal else ():
        response[name] = value
    return response


def _send(request: HttpRequest, call: Call) -> str:
    policy = settings.OWNER_POLICY
    mine = _of_address(request, call, what="owner-code", limit=policy.codes_of_address, window=HOUR)
    if not mine.take():
        raise too_many_codes(mine.seconds_left)
    sent = send_code(
        call.door,
        sender=sender(settings.OWNER_CODE_SENDER),
        keys=settings.OWNER_CODE_KEYS,
        actor=Actor.door(call.door.credit_code),
        at=call.at,
        policy=policy,
        known=was_owner(request, call.door),
    )
    remember_code(request, call.door, code_id=sent.code_id)
    return "sent"


def _prove_by_code(request: HttpRequest, call: Call) -> str:
    prove_by_code(
        call.door,
        code_id=remembered_code(request, call.door),
        typed=request.POST.get("code", ""),
        keys=settings.OWNER_CODE_KEYS,
        at=call.at,
        policy=settings.OWNER_POLICY,
    )
    return _admit(request, call)


def _prove_by_pin(request: HttpRequest, call: Call) -> str:
    policy = settings.OWNER_POLICY
    mine = _of_address(request, call, what="owner-pin", limit=policy.pin_tries, window=policy.pin_wait)
    if not mine.take():
        raise pin_closed(mine.seconds_left)
    prove_by_pin(call.door, typed=request.POST.get("pin", ""), at=call.at, policy=policy)
    return _admit(request, call)


def _of_address(request: HttpRequest, call: Call, *, what: str, limit: int, window: timedelta) -> Allowance:
    """What one address may do at this door comes first: it alone uses up nobody else's."""
    return Allowance(what=what, who=f"{address_of(request)} {call.door.id}", at=call.at, limit=limit, window=window)


def _admit(request: HttpRequest, call: Call) -> str:
    admit_owner(request, call.door, until=call.at + settings.OWNER_POLICY.proved_for)
    return ""


def _choose(request: HttpRequest, call: Call) -> str:
    if not call.owner:
        raise NotProved
    door = choose_pin(
        call.door,
        typed=request.POST.get("pin", ""),
        again=request.POST.get("again", ""),
        actor=Actor.owner(call.door.credit_code),
        at=call.at,
    )
    keep_owner(request, door)
    return "chosen"


def _leave(request: HttpRequest, _call: Call) -> str:
    dismiss_owner(request)
    return "left"


STEPS: dict[str, Callable[[HttpRequest, Call], str]] = {
    "send": _send,
    "code": _prove_by_code,
    "pin": _prove_by_pin,
    "choose": _choose,
    "leave": _leave,
}
