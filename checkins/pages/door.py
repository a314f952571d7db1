"""The enterprise's own page (门牌码): who is at the door, told by the server, with no officer's hand in it."""

import logging
import unicodedata
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from audit.facts import day_of
from audit.sealed import sealed
from audit.services.first_view import log_first_views
from audit.session import unattended
from audit.viewer import remember, viewer_of
from checkins.at_door import at_the_door, numbers_of, wrong_tries
from checkins.door_words import MATCHED, PartyShown, fingerprint, match_key, phone_shown, shared, shown, tone
from checkins.door_year import orders_shown, past_shown, year_shown
from checkins.doorway import Party
from checkins.pages.porch import Call, behind_door
from checkins.services.try_match import try_match
from officers.electronic_id import MATCH_DIGITS, match_code, photo_url

logger = logging.getLogger("checkins.door")


@require_safe
@sealed(scripts=True, forms=True)
@behind_door("door-page", a_minute=30)
def door(request: HttpRequest, call: Call) -> HttpResponse:
    """Who is at the door now? For the owner also: how often this year, and what must be corrected by when."""
    return _told(request, "checkins/door.html", call, here=_here(call), seen="")


@require_safe
@sealed(scripts=True, forms=True)
@behind_door("door-live", a_minute=120)
def door_now(request: HttpRequest, call: Call) -> HttpResponse:
    """The same for the open page, which asks every other second: 204 while it looks as it did (`seen`).
    An account whose browser it is on is not kept signed in by it."""
    unattended(request)
    here = _here(call)
    return _told(request, "checkins/door_now.html", call, here=here, seen=request.GET.get("seen", ""))


@require_POST
@sealed(forms=True)
@behind_door("door-match", a_minute=30)
def door_match(request: HttpRequest, call: Call) -> HttpResponse:
    """A match code was typed. Right: this browser is shown the certificate number from now on. Wrong: one try less."""
    visit, officer = _row(request.POST.get("visit")), _row(request.POST.get("officer"))
    typed = "".join(unicodedata.normalize("NFKC", request.POST.get("code", "")).split())
    there = any(
        party.visit.id == visit and guest.person.officer_id == officer and not guest.named
        for party in _here(call)
        for guest in party.guests
    )
    if not there:
        return _back(call)
    if len(typed) != MATCH_DIGITS or not (typed.isascii() and typed.isdecimal()):
        return _back(call, said="digits", of=match_key(visit, officer))
    certificate_no, numbers = numbers_of(visit, officer_id=officer)
    codes = {
        match_code(visit=number, certificate_no=certificate_no, signer=settings.OFFICER_SIGNER) for number in numbers
    }
    policy = settings.DOOR_POLICY
    done = try_match(visit_id=visit, officer_id=officer, typed=typed, codes=codes, most=policy.match_tries, at=call.at)
    if done.verdict != "right":
        return _back(call, said=done.verdict, of=match_key(visit, officer))
    known = [key for key in request.session.get(MATCHED, []) if key != match_key(visit, officer)]
    request.session[MATCHED] = [*known[-49:], match_key(visit, officer)]
    return _back(call, of=match_key(visit, officer))


@require_safe
@sealed(forms=True)
@behind_door("door-page", a_minute=30)
def door_history(request: HttpRequest, call: Call) -> HttpResponse:
    """The owner's: who came, how long, what came of it. 403 for whoever has not proved to be the owner."""
    past = past_shown(call.door.credit_code, window=settings.CHECKIN_POLICY.grouping_window) if call.owner else []
    words = {"door": call.door, "token": call.token, "owner": call.owner, "past": past}
    return render(request, "checkins/door_history.html", words, status=200 if call.owner else 403)


def _here(call: Call) -> list[Party]:
    return at_the_door(call.door.credit_code, at=call.at, policy=settings.DOOR_POLICY)


def _told(request: HttpRequest, template: str, call: Call, *, here: list[Party], seen: str) -> HttpResponse:
    policy = settings.DOOR_POLICY
    parties = _shown(request, here, at=call.at)
    state = fingerprint(parties, besides=f"{get_language()} {call.owner} {day_of(call.at)} {call.door.generation}")
    if seen == state:
        return HttpResponse(status=204)
    words: dict[str, Any] = {
        "door": call.door,
        "token": call.token,
        "owner": call.owner,
        "at": call.at,
        "parties": parties,
        "people": sum(len(party.guests) for party in parties),
        "tone": tone(parties),
        "state": state,
        "said": request.GET.get("said", ""),
        "said_of": request.GET.get("of", ""),
        "phones": list(dict.fromkeys(party.phone for party in parties)) or [phone_shown("", policy)],
        "unscanned_refusable": policy.unscanned_refusable,
    }
    if call.owner:
        words["year"] = year_shown(
            call.door.credit_code, here=here, at=call.at, annual_cap=settings.AUDIT_POLICY.annual_cap
        )
        words["orders"] = orders_shown(call.door.credit_code, today=day_of(call.at))
    response = render(request, template, words)
    if parties:
        viewer = viewer_of(request)
        _log(call, here=here, viewer=viewer)
        remember(response, viewer)
    return response


def _log(call: Call, *, here: list[Party], viewer: str) -> None:
    """What is seen is seen: a log that cannot be written hides nobody who stands at the door."""
    people = [(party.visit.number, guest.person.certificate_no) for party in here for guest in party.guests]
    try:
        log_first_views(people, viewer=viewer, through="door", credit_code=call.door.credit_code, at=call.at)
    except DatabaseError:
        logger.exception("first views are not logged")


def _shown(request: HttpRequest, here: list[Party], *, at: datetime) -> list[PartyShown]:
    if not here:
        return []

    def photo(sha256: str) -> str | None:
        return photo_url(
            sha256=sha256, at=at, policy=settings.OFFICER_POLICY, signer=settings.OFFICER_SIGNER, base_url=""
        )

    wrong = wrong_tries([party.visit.id for party in here])
    matched, together = request.session.get(MATCHED, []), shared(here)
    return [
        shown(party, together=together, wrong=wrong, matched=matched, photo_url=photo, policy=settings.DOOR_POLICY)
        for party in here
    ]


def _row(text: str | None) -> int:
    """A row's number out of a form; 0, which no row has, for anything else."""
    told = text or ""
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 19 else 0


def _back(call: Call, *, said: str = "", of: str = "") -> HttpResponse:
    """To the page itself, at the person who was meant."""
    asked = f"?said={said}&of={of}" if said else ""
    return HttpResponseRedirect(f"{reverse('door', args=[call.token])}{asked}{f'#of-{of}' if of else ''}", status=303)
