"""Which browser is this? A random number that the browser keeps for a day, so that its first views can be told."""

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "viewer"
LIFETIME = timedelta(days=1)
_NUMBER = re.compile(r"[0-9a-f]{32}", re.ASCII)


def viewer_of(request: HttpRequest) -> str:
    """The browser's number; a new one for a browser without. It says nothing of who sits there."""
    told = request.COOKIES.get(COOKIE, "")
    return told if _NUMBER.fullmatch(told) else secrets.token_hex(16)


def remember(response: HttpResponse, viewer: str) -> None:
    """Let the browser keep its number. No script reads it, no other site's page sends it."""
    response.set_cookie(
        COOKIE,
        viewer,
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
