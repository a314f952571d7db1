"""What an enterprise's own page says, ready for its template: who is there, in words that anybody understands."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from audit.explained import CATEGORIES, PURPOSES, word
from audit.facts import Purpose
from checkins.doorway import Guest, Party
from checkins.policy import DoorPolicy
from officers.rules import CertificateState, masked

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MATCHED = "door-matched"
"""The session's key: a list of `visit:officer` (row numbers) whose match code this browser has typed."""

STATES: Mapping[CertificateState, tuple["StrOrPromise", str]] = {
    CertificateState.VALID: (_("执法证有效"), "good"),
    CertificateState.EXPIRED: (_("证件已过期"), "doubt"),
    CertificateState.NOT_YET_VALID: (_("证件未生效"), "doubt"),
    CertificateState.SUSPENDED: (_("证件已暂停"), "bad"),
    CertificateState.REVOKED: (_("证件已吊销"), "bad"),
}
NO_INSPECTOR = (_("没有执法证，只能做服务走访，不能检查"), "bad")
NAMED_ONLY = (_("同行人员登记，本人没有确认"), "doubt")
HELPER = (_("服务人员，不做检查"), "good")
_PHONE = re.compile(r"[\d+][\d\- ]{3,}$", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestShown:
    """One person. `certificate_no` masked until `matched`; `tries_left` 0: no more codes are taken for this one."""

    key: str
    officer_id: int
    name: str
    photo: str | None
    photo_key: str
    certificate_no: str
    matched: bool
    tries_left: int
    since: datetime
    state: "StrOrPromise"
    tone: str
    named: bool
    confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PartyShown:
    """One agency's visit. `papers`: what the notice on paper must name too."""

    visit_id: int
    number: str
    agency: str
    purpose: str
    category: str
    since: datetime
    joint: bool
    emergency: bool
    guests: list[GuestShown]
    papers: list[tuple["StrOrPromise", str]]
    items: list[tuple[str, bool]]
    phone: "PhoneShown"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneShown:
    """Whom to call. `number` without anything but digits and `+`, for a link; empty: only the words."""

    words: str
    number: str


def phone_shown(supervised_by: str, policy: DoorPolicy) -> PhoneShown:
    """The supervising organ's own line, or the one for everybody."""
    words = policy.phones.get(supervised_by, policy.phone).strip()
    found = _PHONE.search(words)
    return PhoneShown(words=words, number=re.sub(r"[^\d+]", "", found[0]) if found else "")


def shown(
    party: Party,
    *,
    together: Collection[str],
    wrong: Mapping[tuple[int, int], int],
    matched: Collection[str],
    photo_url: Callable[[str], str | None],
    policy: DoorPolicy,
) -> PartyShown:
    """A party in words. `together`: what `shared` says; `wrong`: see
    at_door.wrong_tries; `matched`: what the session holds."""
    visit = party.visit
    inspects = visit.purpose != Purpose.SERVICE
    return PartyShown(
        visit_id=visit.id,
        number=visit.number,
        agency=visit.agency_name,
        purpose=word(PURPOSES, visit.purpose),
        category=word(CATEGORIES, visit.category) if inspects else "",
        since=party.since,
        joint=visit.together in together,
        emergency=party.emergency,
        guests=[
            _guest(
                guest,
                visit_id=visit.id,
                inspects=inspects,
                matched=match_key(visit.id, guest.person.officer_id) in matched,
                wrong=wrong.get((visit.id, guest.person.officer_id), 0),
                photo=photo_url(guest.person.photo_sha256),
                policy=policy,
            )
            for guest in party.guests
        ],
        papers=[
            *((_("检查计划编号"), number) for number in party.plan_nos),
            *((_("批准文号"), number) for number in party.approval_nos),
            *((_("来源文号"), number) for number in [visit.source_no] if number),
        ],
        items=[(item, item not in party.unpublished) for item in party.items],
        phone=phone_shown(visit.supervised_by, policy),
    )


def _guest(
    guest: Guest, *, visit_id: int, inspects: bool, matched: bool, wrong: int, photo: str | None, policy: DoorPolicy
) -> GuestShown:
    person = guest.person
    state, tone = STATES[person.state]
    if not person.certified:
        state, tone = NO_INSPECTOR if inspects else HELPER
    if guest.named and not guest.confirmed and tone == "good":
        state, tone = NAMED_ONLY  # a colleague's word: provisional until the person's own
    return GuestShown(
        key=match_key(visit_id, person.officer_id),
        officer_id=person.officer_id,
        name=person.name,
        photo=photo,
        photo_key=f"{visit_id}-{person.officer_id}-{person.photo_sha256[:12]}",
        certificate_no=person.certificate_no if matched else masked(person.certificate_no),
        matched=matched,
        tries_left=max(policy.match_tries - wrong, 0),
        since=guest.since,
        state=state,
        tone=tone,
        named=guest.named,
        confirmed=guest.confirmed,
    )


def match_key(visit_id: int, officer_id: int) -> str:
    """How the session names one officer in one visit."""
    return f"{visit_id}:{officer_id}"


def shared(found: Iterable[Party]) -> set[str]:
    """Under which numbers are more than one of these parties there together (联合检查)?"""
    numbers = [party.visit.together for party in found]
    return {number for number in numbers if numbers.count(number) > 1}


def tone(found: Iterable[PartyShown]) -> str:
    """The page's colour: `plain` with nobody there, else that of whoever is worst."""
    tones = {guest.tone for party in found for guest in party.guests}
    return next((worst for worst in ("bad", "doubt", "good") if worst in tones), "plain")


def fingerprint(found: Iterable[PartyShown], *, besides: str) -> str:
    """Changes whenever the page would look different; the addresses of photos, which are made anew each time, apart.

    A browser says which state it shows, and is answered only when there is another.
    """
    seen = [
        (party.visit_id, party.number, party.agency, party.purpose, party.category, party.joint, party.emergency,
         party.papers, party.items, [(guest.photo_key, guest.name, guest.certificate_no, guest.tries_left, guest.tone,
         guest.named, guest.confirmed, guest.since.isoformat()) for guest in party.guests])
        for party in found
    ]  # fmt: skip
    return sha256(repr((besides, seen)).encode()).hexdigest()[:32]
