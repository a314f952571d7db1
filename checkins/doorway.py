"""Who stands at an enterprise's door now? Pure: scans and departures in, parties out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from officers.rules import CertificateState


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """An officer by value; `state` is the certificate's now. `certified`: may inspect, not only make service visits."""

    officer_id: int
    certificate_no: str
    name: str
    photo_sha256: str
    certified: bool
    state: CertificateState


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorVisit:
    """A visit as far as its enterprise is shown it."""

    id: int
    number: str
    agency_id: int
    agency_code: str
    agency_name: str
    supervised_by: str
    started_at: datetime
    purpose: str
    category: str
    reason: str
    source_no: str
    joint_id: str

    @property
    def together(self) -> str:
        """What joint visits share, and a lone one has to itself (audit/facts.py)."""
        return self.joint_id or self.number


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A scan that stands in an open visit. `words`: what it said of the visit (checkins/contract.py, VisitWords);
    `unpublished`: which of the items that it named no published list holds."""

    at: datetime
    visit: DoorVisit
    person: Person
    words: Mapping[str, Any]
    unpublished: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    """A departure. `moved`: it was said of a visit that another one of its agency and purpose has taken in since."""

    at: datetime
    visit_id: int
    agency_id: int
    purpose: str
    moved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """Somebody at the door, since the first scan of this visit that is looked at. `named`: has not scanned; a colleague
    said so (同行人员), and the person has confirmed it or not yet (`confirmed`)."""

    person: Person
    since: datetime
    named: bool = False
    confirmed: bool = True


@dataclass(kw_only=True, slots=True)
class Party:
    """Those who are there in one visit, and what they said of it. Numbers and items in the order in which they came."""

    visit: DoorVisit
    guests: list[Guest] = field(default_factory=list)
    partners: dict[str, datetime] = field(default_factory=dict)
    plan_nos: list[str] = field(default_factory=list)
    approval_nos: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)
    emergency: bool = False

    @property
    def since(self) -> datetime:
        return min(guest.since for guest in self.guests)


def parties(arrivals: Iterable[Arrival], exits: Iterable[Exit], *, at: datetime, stay: timedelta) -> list[Party]:
    """Who is there at `at`, visit by visit, the first to come first?

    Whoever scanned less than `stay` ago, unless somebody of the visit has left since: the last departure ends a visit
    (checkins/grouping.py), and while more may come, the page rather names nobody than somebody who is gone.
    """
    left = list(exits)
    found: dict[int, Party] = {}
    inside = [one for one in arrivals if at - stay < one.at <= at]
    for one in sorted(inside, key=lambda arrival: (arrival.at, arrival.person.certificate_no)):
        if any(_ends(leaving, one) for leaving in left):
            continue
        party = found.setdefault(one.visit.id, Party(visit=one.visit))
        if all(guest.person.officer_id != one.person.officer_id for guest in party.guests):
            party.guests.append(Guest(person=one.person, since=one.at))
        _take_words(party, one)
    return list(found.values())


def _ends(leaving: Exit, arrival: Arrival) -> bool:
    visit = arrival.visit
    same = leaving.visit_id == visit.id
    taken_in = leaving.moved and (leaving.agency_id, leaving.purpose) == (visit.agency_id, visit.purpose)
    return leaving.at >= arrival.at and (same or taken_in)


def _take_words(party: Party, arrival: Arrival) -> None:
    words = arrival.words
    for number in words.get("partners") or ():
        party.partners.setdefault(number, arrival.at)
    _add(party.plan_nos, words.get("plan_no"))
    _add(party.approval_nos, words.get("approval_no"))
    for item in words.get("items") or ():
        _add(party.items, item)
    for item in arrival.unpublished:
        _add(party.unpublished, item)
    party.emergency |= bool(words.get("emergency"))


def _add(known: list[str], word: str | None) -> None:
    if word and word not in known:
        known.append(word)


def with_approvals(found: Iterable[Party], given: Iterable[tuple[int, str]]) -> None:
    """Add what an urgent visit was approved under afterwards. `given`: the visit's row, the number."""
    parties_by_visit = {party.visit.id: party for party in found}
    for visit_id, number in given:
        if visit_id in parties_by_visit:
            _add(parties_by_visit[visit_id].approval_nos, number)


def with_partners(found: Iterable[Party], people: Mapping[str, tuple[Person, int, bool]]) -> None:
    """Add the partners whom the parties' scans named to those who are there.

    `people`: by certificate number the person, the agency, and whether the person has confirmed. Colleagues of the own
    agency only: nobody speaks for another one's.
    """
    for party in found:
        there = {guest.person.certificate_no for guest in party.guests}
        for number, since in party.partners.items():
            person, agency_id, confirmed = people.get(number, (None, 0, False))
            if person is not None and agency_id == party.visit.agency_id and number not in there:
                party.guests.append(Guest(person=person, since=since, named=True, confirmed=confirmed))
