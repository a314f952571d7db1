"""What stands before every page of an enterprise's own address: whose door it is, and who looks too often."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audit.allowance import Allowance, address_of, of_token, take_all, turned_away
from enterprises.auth import owner_proved
from enterprises.queries import DoorFacts, door_at

View = Callable[..., HttpResponse]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One look at a door: whose it is, under which token, when, and whether the owner has proved to be looking."""

    door: DoorFacts
    token: str
    at: datetime
    owner: bool


def behind_door(what: str, *, a_minute: int) -> Callable[[View], View]:
    """`view(request, call=…)` for the door of the token in the address; for any other token the one answer.

    Unknown, renewed and malformed tokens take the same statements and get the same status, headers and body. How
    often, in a minute: one address may open `settings.DOOR_MISSES` unknown tokens; one address may ask `a_minute`
    times for `what` of one door, and everybody together `EVERYBODY` times as often. Then 429. The three are counted
    apart: an open page that asks by itself eats no look of its reader's, and whoever guesses tokens, or looks too
    often at another door, shuts this one for nobody who shares the address (a router, a mobile network). A browser
    that has proved to be the owner's is counted by itself: nobody else's looks shut it out.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def found(request: HttpRequest, token: str) -> HttpResponse:
            at, address = timezone.now(), address_of(request)
            door = door_at(token)
            owner = door is not None and owner_proved(request, door, at=at)
            if door is None:
                limits = [Allowance(what="door-unknown", who=address, at=at, limit=settings.DOOR_MISSES)]
            elif owner:
                mine = f"owner {request.session.session_key} {door.id}"
                limits = [Allowance(what=what, who=mine, at=at, limit=a_minute)]
            else:
                limits = of_token(what, token=f"{door.id}", address=address, at=at, limit=a_minute)
            over = take_all(limits)
            if over is not None:
                return turned_away(request, over)
            if door is None:
                return render(request, "checkins/no_door.html", status=404)
            return view(request, call=Call(door=door, token=token, at=at, owner=owner))

        return found

    return guard
