"""Pages that strangers open by a secret address: nothing of third parties, no copy left behind, named in no log."""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]

PICTURE_ALONE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A picture and nothing else, whatever somebody has put into it."""
CLOSED = "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


_SECRET = re.compile(r"(/(?:d|v/photo|v|verify/photo)/)[^/\s?\"']+")


class NoSecretAddresses(logging.Filter):
    """Django writes the path of what it refuses into the log; of an address that is a secret only the kind stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _SECRET.sub(r"\1…", record.getMessage()), ()
        return True


def sealed(*, scripts: bool = False, forms: bool = False) -> Callable[[View], View]:
    """A view's answers carry the headers of such a page, refusals too.

    `scripts`: our own files may run and ask our own server; `forms`: forms may be sent to it. Neither allows a line of
    script or style inside the page. A page with a form tells its address to our own server when the form is sent, and
    to nobody else: under `no-referrer` a browser would send `Origin: null`, which no check of forged forms believes.
    """
    policy = f"{CLOSED}; form-action {_ours(forms)}"
    if scripts:
        policy += "; script-src 'self'; connect-src 'self'"

    def seal(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            response = view(request, **kwargs)
            response["Content-Security-Policy"] = policy
            response["Cache-Control"] = "private, no-store"
            response["Referrer-Policy"] = "same-origin" if forms else "no-referrer"
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return answered

    return seal


def _ours(allowed: bool) -> str:
    return "'self'" if allowed else "'none'"
