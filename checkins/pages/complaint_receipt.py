"""投诉回执: how a complaint stands, for whoever shows its receipt; and what they think of the handling.

At an enterprise's door, and at an address of its own for whoever complained by telephone, by letter or in person.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.allowance import Allowance, address_of, take_all, turned_away
from audit.cases import case_of
from audit.casework import Rating
from audit.complaint_receipt import read_number
from audit.complaints import told
from audit.models import Complaint
from audit.problem import Problem
from audit.sealed import sealed
from audit.services.rate_case import rate_case
from audit.services.rate_complaint import rate_complaint
from checkins.pages.porch import Call, behind_door

A_MINUTE = 20
"""So often one address may ask."""


@require_http_methods(["GET", "HEAD", "POST"])
@sealed(forms=True)
@behind_door("door-receipt", a_minute=A_MINUTE)
def door_receipt(request: HttpRequest, call: Call) -> HttpResponse:
    """How does the complaint stand whose number and code are typed? Whichever of them is wrong, the answer is one."""
    return _receipt(request, {"door": call.door, "token": call.token})


@require_http_methods(["GET", "HEAD", "POST"])
@sealed(forms=True)
def receipt(request: HttpRequest) -> HttpResponse:
    """The same before no door."""
    asked = Allowance(what="complaint-receipt", who=address_of(request), at=timezone.now(), limit=A_MINUTE)
    over = take_all([asked]) if request.method == "POST" else None
    return turned_away(request, over) if over is not None else _receipt(request, {})


def _receipt(request: HttpRequest, words: dict[str, Any]) -> HttpResponse:
    words |= {"asked": True}
    if request.method != "POST":
        return render(request, "checkins/complaint_receipt.html", words)
    typed = request.POST.get("number", "")[:80], request.POST.get("code", "")[:40]
    number = read_number(typed[0])
    found = told(number) if settings.COMPLAINT_KEYS.fits(number, typed=typed[1]) else None
    if found is None:
        words |= {"number": typed[0], "refusal": _("没有找到：受理编号或查询码不对")}
        return render(request, "checkins/complaint_receipt.html", words, status=404)
    if request.POST.get("rating") in set(Rating):
        return _rated(request, words, number=number)
    shown = {"complaint": found, "number": number, "typed": typed[1]}
    return render(request, "checkins/complaint_receipt.html", words | shown)


def _rated(request: HttpRequest, words: dict[str, Any], *, number: str) -> HttpResponse:
    """The complainant says what he thinks of the handling, as the complainant, at whichever door he stands; the receipt
    once more, with thanks or with why not."""
    case, status = case_of(number), 200
    rating, actor, at = Rating(request.POST["rating"]), Actor.complainant(number), timezone.now()
    try:
        if case is not None:
            rate_case(case, rating=rating, note="", actor=actor, at=at)
        else:
            rate_complaint(Complaint.objects.get(number=number), rating=rating, actor=actor, at=at)
        words |= {"thanks": _("谢谢，您的评价已记下")}
    except Problem as refusal:
        words, status = words | {"refusal": str(refusal.detail or refusal.title)}, refusal.status
    return render(request, "checkins/complaint_receipt.html", words | {"complaint": told(number)}, status=status)
