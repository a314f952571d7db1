"""What anybody may fetch to check electronic IDs without asking about one: the issuer's keys, and the status list."""

import json
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import conditional_page, require_safe

from officers.keyring import UnusableKey, signer
from officers.models import SigningKey
from officers.policy import IssuerPolicy
from officers.status_list import MEDIA_TYPE, bits, token
from officers.taken_back import taken_back

KEYS_MEDIA_TYPE = "application/jwk-set+json"
KEYS_MAX_AGE = 3600
"""Seconds; far less than a key is published before it signs."""

View = Callable[..., HttpResponse]
_one_at_a_time = threading.Lock()
_kept: dict[str, tuple[float, str]] = {}


def _for_everybody(view: View) -> View:
    """Pages of other origins may read it too: nothing in it is secret."""

    @wraps(view)
    def told(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["X-Robots-Tag"] = "noindex"
        return response

    return told


@require_safe
@_for_everybody
@conditional_page
def jwks(request: HttpRequest) -> HttpResponse:
    """RFC 7517: every key that was ever published, the newest first; `nbf`: from when it signs. One statement."""
    keys = [
        {**key.public_key, "kid": key.kid, "alg": "ES256", "use": "sig", "nbf": int(key.usable_from.timestamp())}
        for key in SigningKey.objects.order_by("-usable_from", "-pk")
    ]
    response = HttpResponse(json.dumps({"keys": keys}), content_type=KEYS_MEDIA_TYPE)
    response["Cache-Control"] = f"public, max-age={KEYS_MAX_AGE}"
    return response


@require_safe
@_for_everybody
def status_list(request: HttpRequest) -> HttpResponse:
    """The list of this house, the same for `policy.status_kept`; 503 while there is no key to sign it with."""
    policy = settings.ISSUER_POLICY
    try:
        text = _of_the_minute(policy, address=settings.PUBLIC_URL.rstrip("/") + reverse("status-list"))
    except UnusableKey:
        return HttpResponse(status=503, content_type="text/plain", headers={"Retry-After": "3600"})
    response = HttpResponse(text, content_type=MEDIA_TYPE)
    response["Cache-Control"] = f"public, max-age={int(policy.status_ttl.total_seconds())}"
    return response


def _of_the_minute(policy: IssuerPolicy, *, address: str) -> str:
    """What this process has just made, or a new one, made once however many ask. Raises UnusableKey."""
    with _one_at_a_time:
        until, text = _kept.get(address, (0.0, ""))
        if time.monotonic() >= until:
            text = _made(policy, address=address)
            _kept[address] = time.monotonic() + policy.status_kept.total_seconds(), text
        return text


def _made(policy: IssuerPolicy, *, address: str) -> str:
    """Three statements."""
    at = timezone.now()
    signing = signer(policy=policy, at=at)
    if signing is None:
        raise UnusableKey("no key yet: manage.py rotate_keys")
    found = taken_back(at=at)
    listed = bits(found.places, last=found.last)
    ttl = int(policy.status_ttl.total_seconds())
    return token(listed, address=address, issued_at=int(at.timestamp()), ttl=ttl, signer=signing[1])
