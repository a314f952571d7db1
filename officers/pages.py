"""The officer's picture on the page behind the screen, and where an activation QR code leads."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.allowance import Allowance, address_of, of_token, take_all, turned_away
from audit.sealed import sealed
from officers import queries
from officers.electronic_id import photo_sha256
from officers.models import Photo
from officers.policy import OfficerPolicy
from officers.signing import Forged

NO_PICTURE = "0" * 64


@require_safe
@sealed()
def photo(request: HttpRequest, token: str) -> HttpResponse:
    """The officer's picture, for the few minutes that its address lives. Else 404 without a word.

    Two statements, whatever the token; wrong ones are counted by address, with those of the page around the picture.
    """
    at, policy = timezone.now(), settings.OFFICER_POLICY
    try:
        wanted = photo_sha256(token, at=at, signer=settings.OFFICER_SIGNER)
    except Forged:
        wanted = NO_PICTURE
    found = queries.photo(wanted)
    over = take_all(looks(found, what="officer-photo", token=token, address=address_of(request), at=at, policy=policy))
    if over is not None:
        return turned_away(request, over)
    if found is None:
        return HttpResponse(status=404, content_type="text/plain")
    return HttpResponse(bytes(found.image), content_type=found.content_type)


def looks(
    found: Photo | None, *, what: str, token: str, address: str, at: datetime, policy: OfficerPolicy
) -> list[Allowance]:
    """What a look at a picture uses up: of a wrong address, one of those that its asker may try; else one of this
    picture's."""
    if found is None:
        return [Allowance(what="electronic-id-new", who=address, at=at, limit=policy.new_views)]
    return of_token(what, token=token, address=address, at=at, limit=policy.views)


@require_safe
@sealed()
def enrol(request: HttpRequest) -> HttpResponse:
    """Where an activation QR code leads when another app than the officers' own scans it: says which one to use.

    The code itself stands after `#` and never reaches this server.
    """
    return render(request, "officers/enrol.html")
