"""The enterprise's own page (门牌码): who is at the door, told by the server, with no officer's hand in it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.allowance import Allowance, address_of
from audit.sealed import sealed
from enterprises.queries import DoorFacts, door_at

View = Callable[..., HttpResponse]


def behind_door(view: View) -> View:
    """`view(request, door=…, token=…)` for the door of the token in the address; for any other token the one answer.

    Unknown, renewed and malformed tokens take the same statement and get the same status, headers and body. Each
    address may be wrong `settings.DOOR_MISSES` times a minute, then it gets 429. An address that works is never
    refused for the misses of others behind the same router, and 128 bits are not guessed by whoever has to be.
    """

    @wraps(view)
    def found(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        door = door_at(token)
        return _nothing(request) if door is None else view(request, door=door, token=token, **kwargs)

    return found


def _nothing(request: HttpRequest) -> HttpResponse:
    misses = Allowance(what="door-miss", who=address_of(request), at=timezone.now(), limit=settings.DOOR_MISSES)
    if misses.take():
        return render(request, "checkins/no_door.html", status=404)
    response = render(request, "checkins/too_often.html", status=429)
    response["Retry-After"] = str(misses.seconds_left)
    return response


@require_safe
@sealed(scripts=True, forms=True)
@behind_door
def door(request: HttpRequest, door: DoorFacts, token: str) -> HttpResponse:
    """Who is at the door now?"""
    return render(request, "checkins/door.html", {"door": door, "token": token})
