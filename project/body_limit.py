"""How large may a body be that is sent to a page? What declares more is refused before anybody reads it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from checkins.complaint_form import MOST_PICTURES

ELSEWHERE = 1 << 20
"""Bytes of a form without a file."""
FRAMING = 262_144
"""Bytes of the words beside the files. A file that is a little too large still gets its own sentence on the form."""


class BodyLimit:
    """Stands before the check of forged forms, which reads the whole body, of strangers too, and writes its files to
    the disk. What is exempt from that check looks for itself: the API's operations, and a door's complaints."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, words: dict[str, Any]) -> HttpResponse | None:
        if getattr(view, "csrf_exempt", False):
            return None
        declared = request.META.get("CONTENT_LENGTH") or "0"
        most = _most(getattr(request.resolver_match, "url_name", None) or "", button=str(words.get("name", "")))
        if declared.isascii() and declared.isdecimal() and int(declared) <= most:
            return None
        limit = {"limit": f"{most / 2**20:.3g}"}
        return render(request, "project/body_too_large.html", limit, status=413)


def _most(page: str, *, button: str) -> int:
    """By the page's name among the addresses; `button`: which one of a row's it is."""
    pictures = MOST_PICTURES * settings.MAX_PHOTO_BYTES
    files = {
        "audit_complaint_enter": pictures,
        "audit_case_button": pictures if button == "answer" else 0,
        "audit_complaint_hotline": settings.HOTLINE_BYTES,
        "officers_officer_add": settings.MAX_PHOTO_BYTES,
        "officers_officer_change": settings.MAX_PHOTO_BYTES,
    }
    largest = settings.IMPORT_POLICY.file_bytes if page.endswith("_import") else files.get(page, 0)
    return max(largest + FRAMING, ELSEWHERE) if largest else ELSEWHERE
