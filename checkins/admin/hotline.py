"""12345 导入: a file of the hotline's work orders, looked at first, then taken in at once.

Between the two pages the orders wait in the session of whoever sent them, on the server; nothing of them is kept when
they are taken in, replaced by another file or left until the session ends.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.auth import sight
from audit.desk import Desk
from audit.intake import HEADING_LINES
from audit.problem import Problem
from audit.sheet import sheet_of
from audit.upload import suffix_of
from checkins.admin.complaint_entry import around, may_enter
from checkins.hotline import Order, Orders, hotline_of, read_orders
from checkins.hotline_columns import with_headings
from checkins.services.take_hotline import take_hotline

WAITING = "hotline-orders"
SHOWN, EXCERPT = 100, 60


def hotline(desk: Desk, request: HttpRequest) -> HttpResponse:
    """GET asks for a file; POST of a file shows what it says; POST of its key takes it in. 404 for who may not."""
    if not may_enter(request):
        raise Http404
    at = timezone.now()
    if request.method == "POST" and "key" in request.POST:
        return _taken(desk, request, at=at)
    words: dict[str, Any] = {"columns": with_headings(settings.HOTLINE_HEADINGS)}
    if request.method == "POST":
        request.session.pop(WAITING, None)
        file = request.FILES.get("file")
        if file is None:
            words["refusal"] = _("请选择文件")
        else:
            try:
                words |= _preview(request, _read(request, file, at=at))
            except Problem as refusal:
                words["refusal"] = "：".join(str(said) for said in (refusal.title, refusal.detail) if said)
    return _page(desk, request, words)


def _page(desk: Desk, request: HttpRequest, words: dict[str, Any]) -> HttpResponse:
    limits = {"most": settings.HOTLINE_ROWS, "kilobytes": settings.HOTLINE_BYTES // 1024}
    context = {**around(desk, request, title=_("12345 导入")), **limits, **words}
    return TemplateResponse(request, "checkins/hotline.html", context)


def _read(request: HttpRequest, file: Any, *, at: datetime) -> Orders:
    knocker = sight(request)
    content = file.read(settings.HOTLINE_BYTES + 1)
    suffix = suffix_of(content, most_bytes=settings.HOTLINE_BYTES, most_lines=settings.HOTLINE_ROWS + HEADING_LINES)
    with sheet_of(content, suffix=suffix) as sheet:
        return read_orders(
            sheet,
            columns=with_headings(settings.HOTLINE_HEADINGS),
            region_prefix=knocker.region_prefix,
            bureau=knocker.agency_code,
            most=settings.HOTLINE_ROWS,
            oldest=timedelta(days=settings.COMPLAINT_ENTRY_DAYS),
            at=at,
        )


def _preview(request: HttpRequest, orders: Orders) -> dict[str, Any]:
    key = secrets.token_urlsafe(16)
    if orders.new:
        request.session[WAITING] = {"key": key, "orders": [order.words() for order in orders.new]}
    return {
        "orders": orders,
        "key": key if orders.new else "",
        "rows": [(order, order.said_at, order.text[:EXCERPT]) for order in orders.new[:SHOWN]],
        "shown": SHOWN,
        "refused": orders.refused[:SHOWN],
    }


def _taken(desk: Desk, request: HttpRequest, *, at: datetime) -> HttpResponse:
    waiting = request.session.get(WAITING) or {}
    if not waiting or waiting.get("key") != request.POST["key"]:
        return _page(desk, request, {"refusal": _("预览已失效，请重新上传文件")})
    orders = [Order.told(words) for words in waiting["orders"]]
    knocker = sight(request)
    hotline = hotline_of(region_prefix=knocker.region_prefix, bureau=knocker.agency_code)
    taken = take_hotline(orders, hotline=hotline, actor=knocker.actor, at=at)
    request.session.pop(WAITING, None)
    code = settings.COMPLAINT_KEYS.code
    made = [(complaint.source_no, complaint.number, code(complaint.number)) for complaint in taken.new]
    return _page(desk, request, {"taken": taken, "made": made})
