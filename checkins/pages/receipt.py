"""Receipts (存证回执): the enterprise's, from its own door page, and the page that checks one by itself (/receipt)."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.log_keys import LogPolicy
from audit.sealed import sealed
from audit.tree import awaits_receipt, logs, receipt
from checkins.pages.porch import Call, behind_door
from checkins.queries import visited

MEDIA = "text/plain; charset=utf-8"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@require_safe
@sealed(forms=True)
@behind_door("door-proof", a_minute=30)
def door_proof(request: HttpRequest, call: Call) -> HttpResponse:
    """The proof of who was there, in the visit that `?visit=` names; for the owner alone (403).

    404 for a visit that was not at this door, or whose entry was wiped; 409 with Retry-After while no checkpoint holds
    it yet.
    """
    number = request.GET.get("visit", "")[:64].replace("\x00", "")
    if not call.owner:
        return HttpResponse(_("只给本企业看"), status=403, content_type=MEDIA)
    subject = f"visit:{number}"
    here = visited(number, credit_code=call.door.credit_code)
    found = receipt(kind="visit-shown", subject=subject) if here else None
    if found is not None:
        response = HttpResponse(str(found), content_type=MEDIA)
        response["Content-Disposition"] = f'attachment; filename="{number}.tlog-proof"'
        return response
    if here and awaits_receipt(kind="visit-shown", subject=subject):
        soon = HttpResponse(_("回执尚未生成，请稍候重试"), status=409, content_type=MEDIA)
        soon["Retry-After"] = "5"
        return soon
    return HttpResponse(_("没有这一回执"), status=404, content_type=MEDIA)


@require_safe
def check_receipt(request: HttpRequest) -> HttpResponse:
    """A page of text and one script: whoever has opened it needs nobody to check a receipt. One statement."""
    log: LogPolicy = settings.LOG
    keys = log.keys
    origins = logs() or [f"{log.origin}/1"]
    lines = [key.verifier.vkey() for origin in origins for key in keys.note_keys(origin)] if keys else []
    # In a data block, which no policy takes for a script; nothing in it may look like the block's end.
    told = mark_safe(json.dumps(_words(), ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S308 (our own sentences)
    context = {"language": get_language(), "told": told, "vkeys": "\n".join(lines), "host": request.get_host()}
    response = render(request, "checkins/receipt.html", context)
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-cache"
    return response


def _words() -> dict[str, tuple[str, str]]:
    """A word and a sentence for each outcome of receipt.js."""
    return {
        "proved": (_("属实"), _("这一记录在日志中，自签署之时起未被改动。")),
        "damaged": (_("无法识别"), _("这不是存证回执，或者文件不完整。")),
        "altered": (_("不符"), _("记录不是日志所存的那一条：有人改过。")),
        "unsigned": (_("无人签名"), _("所列的公钥都没有签署这一检查点。")),
        "forged": (_("签名不符"), _("检查点的签名不成立。")),
        "foreign": (_("是哪份日志？"), _("它不在所指的日志中；只有见证方签名时，须另起一行写明日志的名称。")),
        "unable": (_("不能核验"), _("这一浏览器太旧，或者本页不是用 HTTPS 打开的。")),
    }
