"""Which doors and which officers the front door offers to try: an ordinary door, one near its cap, one over it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from audit.counting import count
from audit.facts import SHANGHAI, Fact
from audit.models import VisitFact
from enterprises.models import Enterprise, Premises
from officers.models import Officer
from officers.rules import CertificateState, certificate_state
from project.demo.handout import Handout
from project.demo.licence import licence_text

FILE = "samples.json"
OFFICERS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """An enterprise to try: a place of it (WGS-84 degrees), and who would come there."""

    credit_code: str
    name: str
    status: str
    licence_qr: str
    longitude: float
    latitude: float
    agency_code: str
    certificate_no: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """An officer to try it as. `state`: of the certificate, a CertificateState; `device_key`: see handout.Holder."""

    certificate_no: str
    name: str
    agency: str
    agency_code: str
    state: str
    token: str
    device_key: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    doors: tuple[Door, ...]
    hands: tuple[Hand, ...]

    def told(self) -> dict[str, Any]:
        """As JSON; `retold` is the way back."""
        return asdict(self)


def retold(content: dict[str, Any]) -> Samples:
    """Raises KeyError or TypeError for anything that `told` did not write."""
    return Samples(
        doors=tuple(Door(**one) for one in content["doors"]), hands=tuple(Hand(**one) for one in content["hands"])
    )


def choose(handout: Handout, *, at: datetime, cap: int) -> Samples:
    """Four doors (in a small city fewer) and who may be sent there; the same database gives the same choice."""
    hands = _hands(handout, at=at)
    sent = {hand.agency_code: hand for hand in reversed(hands) if hand.state == CertificateState.VALID}
    tallies = counted(year=at.astimezone(SHANGHAI).year)
    registered = {one.credit_code: one for one in Enterprise.objects.order_by("credit_code")}
    doors: list[Door] = []

    def add(pairs: Iterable[tuple[str, str]]) -> None:
        """The first pair (agency, credit code) whose enterprise is not offered yet."""
        taken = {door.credit_code for door in doors}
        for agency, credit_code in pairs:
            place = None if credit_code in taken else _place(registered[credit_code])
            if place is not None and agency in sent:
                doors.append(_door(registered[credit_code], place, hand=sent[agency]))
                return

    open_ones = {pair: times for pair, times in tallies.items() if registered[pair[1]].status == "open"}
    busiest = sorted(open_ones, key=lambda pair: (-open_ones[pair], pair))
    add(_unvisited(registered.values(), by=sent, tallies=tallies))
    add(pair for pair in busiest if open_ones[pair] == cap - 1)
    add(pair for pair in busiest if open_ones[pair] > cap)
    add(_unvisited(registered.values(), by=sent, tallies=tallies, status="cancelled"))
    if not doors:
        add((agency, one.credit_code) for one in registered.values() for agency in sent)
    chosen = {door.certificate_no for door in doors}
    ordered = sorted(hands, key=lambda hand: (hand.certificate_no not in chosen, hand.state == CertificateState.VALID))
    return Samples(doors=tuple(doors), hands=tuple(ordered[:OFFICERS]))


def counted(*, year: int, of: Collection[str] | None = None) -> dict[tuple[str, str], int]:
    """(agency, credit code) → inspections that count against the cap of the year; `of`: only these credit codes."""
    first, last = (datetime(one, 1, 1, tzinfo=SHANGHAI) for one in (year, year + 1))
    rows = VisitFact.objects.filter(started_at__gte=first, started_at__lt=last)
    facts: dict[str, list[Fact]] = {}
    for row in rows if of is None else rows.filter(credit_code__in=of):
        fact = Fact(
            visit=row.visit,
            version=row.version,
            state=row.state,
            origin=row.origin,
            agency_code=row.agency_code,
            agency_name=row.agency_name,
            purpose=row.purpose,
            category=row.category,
            reason=row.reason,
            source_no=row.source_no,
            superior_ordered=row.superior_ordered,
            joint_id=row.joint_id,
            started_at=row.started_at,
            officers=(),
        )
        facts.setdefault(row.credit_code, []).append(fact)
    return {
        (agency, credit_code): len(count(some, agency_code=agency, year=year).counted)
        for credit_code, some in facts.items()
        for agency in {fact.agency_code for fact in some}
    }


def _hands(handout: Handout, *, at: datetime) -> list[Hand]:
    """Everybody with a phone, one of each agency first."""
    found = Officer.objects.in_bulk([one.certificate_no for one in handout.officers], field_name="certificate_no")
    seen: dict[str, int] = {}
    hands: list[tuple[int, Hand]] = []
    for one in handout.officers:
        officer = found[one.certificate_no]
        state = certificate_state(
            status=officer.status,
            status_since=officer.status_since,
            valid_from=officer.valid_from,
            valid_until=officer.valid_until,
            at=at,
        )
        turn = seen[one.agency_code] = seen.get(one.agency_code, -1) + (state is CertificateState.VALID)
        hands.append((turn, Hand(**asdict(one), state=state.value)))
    return [hand for _turn, hand in sorted(hands, key=lambda pair: pair[0])]


def _unvisited(
    registered: Iterable[Enterprise],
    *,
    by: Collection[str],
    tallies: dict[tuple[str, str], int],
    status: str = "open",
) -> Iterable[tuple[str, str]]:
    """Enterprises with an agency of their county that has not come this year; those that others visited first."""
    visited = {credit_code for _agency, credit_code in tallies}
    pairs = [
        (agency, one.credit_code)
        for one in registered
        if one.status == status
        for agency in by
        if agency.startswith(f"{one.region_code[:6]}-") and (agency, one.credit_code) not in tallies
    ]
    return sorted(pairs, key=lambda pair: (pair[1] not in visited, pair))


def _place(enterprise: Enterprise) -> Premises | None:
    return Premises.objects.filter(enterprise=enterprise, longitude__isnull=False).order_by("pk").first()


def _door(enterprise: Enterprise, place: Premises, *, hand: Hand) -> Door:
    return Door(
        credit_code=enterprise.credit_code,
        name=enterprise.name,
        status=enterprise.status,
        licence_qr=licence_text(enterprise.credit_code),
        longitude=float(place.longitude or 0),
        latitude=float(place.latitude or 0),
        agency_code=hand.agency_code,
        certificate_no=hand.certificate_no,
    )


def enterprises_told(samples: Samples, *, number: int = 60) -> list[dict[str, str]]:
    """For `credentials.json`: the doors first, then other open enterprises in the order of their credit codes."""
    doors = [(door.credit_code, door.name) for door in samples.doors]
    others = Enterprise.objects.filter(status=Enterprise.Status.OPEN).exclude(credit_code__in=dict(doors))
    told = [*doors, *others.order_by("credit_code").values_list("credit_code", "name")[: number - len(doors)]]
    return [{"credit_code": code, "name": name, "licence_qr": licence_text(code)} for code, name in told]
