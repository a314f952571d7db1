"""The verifier (/verify): a page that checks an officer's screen by itself, and the worker that keeps it for later."""

import hashlib
import json
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from audit.allowance import address_of, take_all, turned_away
from audit.sealed import sealed
from audit.services.first_view import log_first_views
from audit.viewer import remember, viewer_of
from checkins import shown_face
from checkins.verifier import LANGUAGES, words
from officers import queries
from officers.pages import NO_PICTURE, looks
from officers.signing import Forged

logger = logging.getLogger("checkins.verify")

# The decoder is WebAssembly, which a browser counts as eval unless it is named apart.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STATIC = Path(__file__).resolve().parents[1] / "static"
DECODER = "checkins/vendor/barcode-detector-3.2.2"
# What the server says anew; the worker asks it first and keeps its last word.
TOLD = ["/.well-known/jwks.json", "/status-lists/1"]


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Opened from the poster as /verify#<credit code>; what stands after `#` never reaches the server. No statement."""
    return _sealed(_page(request, "en" if get_language() == "en" else "zh-hans"))


@require_safe
def verify_words(request: HttpRequest, language: str) -> HttpResponse:
    """What the page says in the other language, for its switch."""
    return _sealed(HttpResponse(_json(words(language)), content_type="application/json"))


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. It stands at the root, because a worker serves only pages below its own address."""
    addresses = [reverse("verify"), *(reverse("verify-words", args=[language]) for language in LANGUAGES)]
    version = hashlib.sha256(_digest() + b"".join(_page(request, language).content for language in LANGUAGES))
    context = {
        "version": version.hexdigest()[:16],
        "files": json.dumps(addresses + [static(name) for name in _files()]),
        "told": json.dumps(TOLD),
    }
    return _sealed(render(request, "checkins/verify-worker.js", context, content_type="text/javascript"))


@require_safe
@sealed()
def vouched_photo(request: HttpRequest, token: str) -> HttpResponse:
    """The face of an officer whom the server has vouched for, for the few minutes that its address lives.

    Three statements: the picture, the counts, and that this browser has seen it; two of them and 404 without a word for
    any other address, whose asker is counted with those of officers' screens.
    """
    at, policy = timezone.now(), settings.OFFICER_POLICY
    try:
        face = shown_face.read(token, at=at, signer=settings.OFFICER_SIGNER)
    except Forged:
        face = None
    found = queries.photo(face.sha256 if face else NO_PICTURE)
    over = take_all(looks(found, what="vouched-photo", token=token, address=address_of(request), at=at, policy=policy))
    if over is not None:
        return turned_away(request, over)
    if face is None or found is None:
        return HttpResponse(status=404, content_type="text/plain")
    viewer = viewer_of(request)
    shown = [(face.visit, face.certificate_no)]
    try:
        log_first_views(shown, viewer=viewer, through="verifier", credit_code=face.credit_code, at=at)
    except DatabaseError:  # what is seen is seen: a log that cannot be written hides no face
        logger.exception("a first view is not logged")
    response = HttpResponse(bytes(found.image), content_type=found.content_type)
    remember(response, viewer)
    return response


def _page(request: HttpRequest, language: str) -> HttpResponse:
    said = words(language)
    # In a data block, which no policy takes for a script; nothing in it may look like the block's end.
    told = mark_safe(_json(said).replace("<", "\\u003c"))  # noqa: S308 (our own sentences)
    context = {"language": language, "words": said, "told": told, "host": request.get_host()}
    return render(request, "checkins/verify.html", context)


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _sealed(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache
def _files() -> tuple[str, ...]:
    """What the page is made of beside itself, by its name below static/."""
    own = sorted(path for folder in ("verify", "verify-older") for path in (STATIC / "checkins" / folder).iterdir())
    decoder = sorted(path for path in (STATIC / DECODER).iterdir() if path.suffix in {".js", ".wasm"})
    return tuple(path.relative_to(STATIC).as_posix() for path in (*own, *decoder))


@lru_cache
def _digest() -> bytes:
    """Another one when a file is another one: the worker then fetches all of them anew."""
    return hashlib.sha256(b"".join((STATIC / name).read_bytes() for name in _files())).digest()
