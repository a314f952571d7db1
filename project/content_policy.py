"""What a browser may do with an answer (Content-Security-Policy), where its page has not said so itself."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PAGE = (
    f"{NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'"
)
"""The admin and the API's document: their own files, no line of script or style inside the page."""


class ContentPolicy:
    """Every answer has a policy. Files of /static/ have none: a worker among them would be bound by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            page = response.headers.get("Content-Type", "").startswith("text/html")
            response.headers.setdefault("Content-Security-Policy", PAGE if page else NOTHING)
        return response
