"""登记投诉: the page on which a supervisor enters a complaint, and reads its receipt out to whoever complained."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.auth import Sight, sight
from audit.desk import Desk
from audit.duties import Matter, May
from audit.models import Complaint
from audit.problem import Problem
from audit.services.complain import Grievance
from checkins.admin.entry_form import EntryForm
from checkins.complained_of import Named, registers
from checkins.complaint_form import local
from checkins.services.enter_complaint import enter_complaint
from enterprises.decoding_pool import pool


def may_enter(request: HttpRequest) -> bool:
    """Is this an account that enters complaints?"""
    return sight(request).may(May.ADD, Matter.COMPLAINTS)


def enter(desk: Desk, request: HttpRequest) -> HttpResponse:
    """GET asks, POST enters and shows number and code. 404 for who may not."""
    if not may_enter(request):
        raise Http404
    at, refusal = timezone.now(), ""
    oldest = timedelta(days=settings.COMPLAINT_ENTRY_DAYS)
    if request.method == "POST":
        form = EntryForm(request.POST, request.FILES, at=at, oldest=oldest)
        if form.is_valid():
            try:
                return receipt(desk, request, _enter(form, knocker=sight(request), at=at))
            except Problem as problem:
                refusal = str(problem.detail or problem.title)
    else:
        form = EntryForm(initial={"submission": uuid4(), "received_at": local(at)}, at=at, oldest=oldest)
    context = {**around(desk, request, title=_("登记投诉")), "form": form, "refusal": refusal}
    return TemplateResponse(request, "checkins/complaint_entry.html", context)


def _enter(form: EntryForm, *, knocker: Sight, at: datetime) -> Complaint:
    words = form.cleaned_data
    named = Named(credit_code=words["credit_code"], enterprise=words["enterprise"], agency=words["agency"])
    about = registers([named]).about(named, region_prefix=knocker.region_prefix, bureau=knocker.agency_code)
    text = words["text"]
    if about.unknown:
        text += "\n" + _("被投诉单位：%s") % about.unknown
    return enter_complaint(
        Grievance(
            source=words["source"],
            kind=words["kind"],
            text=text,
            happened_at=words["happened_at"],
            complainant=words["complainant"],
            phone=words["phone"],
            may_be_named=words["may_be_named"],
            received_at=words["received_at"],
        ),
        about=about,
        submission=words["submission"],
        pictures=form.pictures(),
        reader=pool(settings.PHOTO_POLICY),
        actor=knocker.actor,
        at=at,
    )


def receipt(desk: Desk, request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """Number and code, to be read out; `no-store` keeps them out of every cache."""
    context = {
        **around(desk, request, title=_("投诉回执")),
        "complaint": complaint,
        "code": settings.COMPLAINT_KEYS.code(complaint.number),
        "asked_at": request.build_absolute_uri(reverse("complaint-receipt")),
    }
    return TemplateResponse(request, "checkins/complaint_entered.html", context)


def around(desk: Desk, request: HttpRequest, *, title: str) -> dict[str, Any]:
    """What every page beside the list has around it."""
    return {**desk.admin_site.each_context(request), "title": title, "opts": desk.opts}
