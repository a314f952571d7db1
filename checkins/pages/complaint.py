"""有人未扫码就来检查: anybody before the poster complains to the supervisors."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.allowance import Allowance, address_of, take_all, turned_away
from audit.complaints import MOST_CHARACTERS, made_by, told
from audit.models import Complaint
from audit.sealed import sealed
from audit.services.complain import Grievance
from checkins.complaint_form import MOST_PICTURES, ComplaintForm, local
from checkins.pages.porch import Call, behind_door
from checkins.photo_form import PhotoTooLarge
from checkins.services.complain import PictureRefused, complain_at_door
from enterprises.decoding_pool import DecoderBusy, pool

View = Callable[..., HttpResponse]
WORDS_AND_FRAMING = 262_144
"""Bytes of the body beside the pictures."""


def _readable(view: View) -> View:
    """A body that is too large is refused before it is read, and one that cannot be read is no fault of ours."""

    @wraps(view)
    def looked_at(request: HttpRequest, call: Call) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        largest = MOST_PICTURES * settings.MAX_PHOTO_BYTES + WORDS_AND_FRAMING
        if not declared.isdecimal() or int(declared) > largest:
            return _form(request, call, refusals=[str(PhotoTooLarge.title)], status=413)
        try:
            return view(request, call=call)
        except RequestDataTooBig:
            return _form(request, call, refusals=[_("写得太多了，请写得短一些")], status=413)
        except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, UnreadablePostError):
            return _form(request, call, refusals=[_("表单没有完整送到，请再试一次")], status=400)

    return looked_at


# The check of forged forms reads the body: it stands behind the door and behind the look at the body's size.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@sealed(forms=True)
@behind_door("door-complaint", a_minute=30)
@_readable
@csrf_protect
def complaint(request: HttpRequest, call: Call) -> HttpResponse:
    """GET: the form. POST: the complaint is taken in, and its receipt shown (201); or the form again, and why."""
    if request.method != "POST":
        return _form(request, call)
    form = ComplaintForm(request.POST, at=call.at)
    files = request.FILES.getlist("pictures")
    refusals = [str(message) for messages in form.errors.values() for message in messages]
    if len(files) > MOST_PICTURES:
        refusals.append(_("最多 %(most)s 张图片，现在有 %(count)s 张") % {"most": MOST_PICTURES, "count": len(files)})
    if any((file.size or 0) > settings.MAX_PHOTO_BYTES for file in files):
        refusals.append(str(PhotoTooLarge.title))
    if refusals:
        return _form(request, call, form=form, refusals=refusals, status=422)
    # The same form again is answered with its receipt and uses nothing up.
    known = made_by(form.cleaned_data["submission"], credit_code=call.door.credit_code)
    over = take_all(_allowances(request, call)) if known is None else None
    if over is not None:
        return turned_away(request, over)
    try:
        made = _complain(form.cleaned_data, [file.read() for file in files], call=call)
    except (PictureRefused, DecoderBusy) as refusal:
        return _form(request, call, form=form, refusals=[str(refusal.detail or refusal.title)], status=refusal.status)
    words = {"door": call.door, "token": call.token, "complaint": told(made.number)}
    words["code"] = settings.COMPLAINT_KEYS.code(made.number)
    return render(request, "checkins/complaint_receipt.html", words, status=201)


def _complain(words: dict[str, Any], pictures: list[bytes], *, call: Call) -> Complaint:
    credit_code = call.door.credit_code
    return complain_at_door(
        call.door,
        grievance=Grievance(
            source=Complaint.Source.DOOR,
            kind=words["kind"],
            text=words["text"],
            happened_at=words["happened_at"],
            phone=words["phone"],
            may_be_named=words["may_be_named"],
            by_owner=call.owner,
        ),
        pictures=pictures,
        submission=words["submission"],
        reader=pool(settings.PHOTO_POLICY),
        actor=Actor.owner(credit_code) if call.owner else Actor.door(credit_code),
        at=call.at,
    )


def _allowances(request: HttpRequest, call: Call) -> list[Allowance]:
    """So many complaints an hour from one address, and so many about one enterprise."""
    policy = settings.DOOR_POLICY
    limits = {address_of(request): policy.complaints_of_address, f"{call.door.id}": policy.complaints_of_door}
    return [
        Allowance(what="complaint", who=who, at=call.at, limit=limit, window=policy.complaint_window)
        for who, limit in limits.items()
    ]


def _form(
    request: HttpRequest,
    call: Call,
    *,
    form: ComplaintForm | None = None,
    refusals: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form, with what was typed before; pictures have to be chosen again, no browser gives them back."""
    typed = form.data if form is not None else {"kind": Complaint.Kind.UNSCANNED, "happened_at": local(call.at)}
    words = {
        "door": call.door,
        "token": call.token,
        "owner": call.owner,
        "typed": typed,
        "submission": uuid4(),
        "kinds": Complaint.Kind.choices,
        "latest": local(call.at),
        "most_characters": MOST_CHARACTERS,
        "most_pictures": MOST_PICTURES,
        "refusals": refusals or [],
    }
    return render(request, "checkins/complaint.html", words, status=status)
