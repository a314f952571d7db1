"""The page behind the QR code on an officer's screen (亮证核验): green, yellow or red, told by the server."""

import hashlib
import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from audit.allowance import Allowance, address_of, of_token, take_all, turned_away
from audit.facts import Purpose
from audit.sealed import sealed
from audit.services.first_view import log_first_views
from audit.viewer import remember, viewer_of
from checkins.on_screen import Behind, behind
from checkins.screen import Verdict, verdict
from checkins.screen_words import SAID
from officers.electronic_id import Shown, photo_url, read_living, screen_code
from officers.reasons import Colour
from officers.signing import Forged

logger = logging.getLogger("checkins.screen")
TONES = {Colour.GREEN: "good", Colour.YELLOW: "doubt", Colour.RED: "bad"}


@require_safe
@sealed(scripts=True)
def electronic_id(request: HttpRequest, token: str) -> HttpResponse:
    """真实有效, 已结束, 已吊销 …: is the person who shows this token a certified officer, here for this visit, now?

    Forged, foreign and expired tokens, and those of nobody, take the same statements and get the same status, headers
    and body. At most three statements: what stands behind the token, the counts, the first view.
    """
    at, viewer = timezone.now(), viewer_of(request)
    try:
        shown = read_living(token, at=at, signer=settings.OFFICER_SIGNER)
    except Forged:
        shown = None
    found = behind(shown, viewer=viewer, at=at, longest=settings.DOOR_POLICY.stay)
    over = take_all(_allowances(address_of(request), token=token, found=found, at=at))
    if over is not None:
        return turned_away(request, over)
    if shown is None or found is None:
        return _page(request, Verdict.UNKNOWN, status=404)
    response = _known(request, token, shown=shown, found=found, at=at)
    if not found.seen:
        _log(found, shown=shown, viewer=viewer, at=at)
        remember(response, viewer)
    return response


def _allowances(address: str, *, token: str, found: Behind | None, at: datetime) -> list[Allowance]:
    """What this view uses up: an address may ask for so many screens that it has not been shown yet, wrong ones among
    them; and one screen so often, all addresses together far more often. An open page, which asks again and again, is
    bound by that only."""
    policy = settings.OFFICER_POLICY
    new = Allowance(what="electronic-id-new", who=address, at=at, limit=policy.new_views)
    if found is None:
        return [new]
    views = of_token("electronic-id", token=token, address=address, at=at, limit=policy.views)
    return views if found.seen else [new, *views]


def _known(request: HttpRequest, token: str, *, shown: Shown, found: Behind, at: datetime) -> HttpResponse:
    signer, holder = settings.OFFICER_SIGNER, found.holder
    said = verdict(holder, found.stay)
    code = screen_code(token, visit=shown.visit, certificate_no=holder.certificate_no, signer=signer)
    return _page(
        request,
        said,
        shown=shown,
        holder=holder,
        stay=found.stay if found.stay and found.stay.stands else None,
        credit_code=found.credit_code,
        service=found.stay is not None and found.stay.purpose == Purpose.SERVICE,
        match_code="" if said.colour is Colour.RED else code,
        photo=photo_url(sha256=holder.photo_sha256, at=at, policy=settings.OFFICER_POLICY, signer=signer, base_url=""),
        checked_at=at,
        seconds_left=int((shown.expires_at - at).total_seconds()),
    )


def _page(request: HttpRequest, said: Verdict, *, status: int = 200, **words: Any) -> HttpResponse:
    # What the open page compares: all that it says, but for times and the address of the photo, made anew each time.
    apart = ("checked_at", "seconds_left", "photo")
    state = [get_language(), said.value, *((name, repr(word)) for name, word in words.items() if name not in apart)]
    context = {
        "state": hashlib.sha256(repr(state).encode()).hexdigest()[:16],
        "verdict": said.value,
        "tone": TONES[said.colour],
        "said": SAID[said],
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        **words,
    }
    return render(request, "checkins/screen.html", context, status=status)


def _log(found: Behind, *, shown: Shown, viewer: str, at: datetime) -> None:
    """What is seen is seen: a log that cannot be written takes no verdict away from whoever stands at the door."""
    try:
        log_first_views(
            [(shown.visit or "", found.holder.certificate_no)],
            viewer=viewer,
            through="screen",
            credit_code=found.credit_code,
            at=at,
        )
    except DatabaseError:
        logger.exception("a first view is not logged")
