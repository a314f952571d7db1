"""Reads of who is at an enterprise's door now: two statements, one more where a scan names partners, one where a visit
was urgent."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from audit.queries import unpacked
from checkins.doorway import Arrival, DoorVisit, Exit, Party, Person, parties, with_approvals, with_partners
from checkins.models import Approval, Departure, MatchTry, Presence, Resolution, Visit
from checkins.policy import DoorPolicy
from officers.models import Officer
from officers.rules import state_in

_OFFICER = (
    "id",
    "certificate_no",
    "name",
    "photo_sha256",
    "certified",
    "status",
    "status_since",
    "valid_from",
    "valid_until",
)
_VISIT = {
    "id": "visit_id",
    "number": "visit__number",
    "agency_id": "visit__agency_id",
    "agency_code": "visit__agency__code",
    "agency_name": "visit__agency__name",
    "supervised_by": "visit__agency__supervised_by",
    "started_at": "visit__started_at",
    "purpose": "visit__purpose",
    "category": "visit__category",
    "reason": "visit__reason",
    "source_no": "visit__source_no",
    "joint_id": "visit__joint_id",
}


def at_the_door(credit_code: str, *, at: datetime, policy: DoorPolicy) -> list[Party]:
    """Who is there at `at`, by visit? The cost does not depend on how many are there or ever were."""
    found = parties(
        _arrivals(credit_code, at=at, policy=policy),
        _exits(credit_code, at=at, policy=policy),
        at=at,
        stay=policy.stay,
    )
    urgent = [party.visit.id for party in found if party.emergency]
    if urgent:
        with_approvals(found, _approvals(urgent))
    named = {number for party in found for number in party.partners}
    if named:
        with_partners(found, _partners(named, visits=[party.visit.id for party in found], at=at))
    return found


def _arrivals(credit_code: str, *, at: datetime, policy: DoorPolicy) -> list[Arrival]:
    newer = Resolution.objects.filter(scan=OuterRef("scan"), serial__gt=OuterRef("serial"))
    rows = Resolution.objects.filter(
        ~Exists(newer),
        credit_code=credit_code,
        onsite_at__gt=at - policy.stay,
        onsite_at__lte=at,
        visit__status=Visit.Status.OPEN,
    ).values(
        "onsite_at",
        "scan__words",
        *_VISIT.values(),
        *(f"scan__officer__{name}" for name in _OFFICER),
        unpublished=F("facts__for_officer__unpublished_items"),
    )
    return [
        Arrival(
            at=row["onsite_at"],
            visit=DoorVisit(**{name: row[column] for name, column in _VISIT.items()}),
            person=_person({name: row[f"scan__officer__{name}"] for name in _OFFICER}, at=at),
            words=row["scan__words"]["visit"],
            unpublished=tuple(unpacked(row["unpublished"]) or ()),
        )
        for row in rows
    ]


def _exits(credit_code: str, *, at: datetime, policy: DoorPolicy) -> list[Exit]:
    rows = Departure.objects.filter(
        visit__credit_code=credit_code, departed_at__gt=at - policy.stay, departed_at__lte=at
    ).values_list("departed_at", "visit_id", "visit__agency_id", "purpose", "visit__status")
    return [
        Exit(at=moment, visit_id=visit, agency_id=agency, purpose=purpose, moved=status == Visit.Status.ABSORBED)
        for moment, visit, agency, purpose, status in rows
    ]


def _approvals(visits: Collection[int]) -> list[tuple[int, str]]:
    """Under what these visits were approved since (补批), or one that such a visit has taken in."""
    taken_in = Q(visit__status=Visit.Status.ABSORBED, visit__opening_scan__resolutions__visit__in=visits)
    rows = Approval.objects.filter(Q(visit__in=visits) | taken_in).order_by("at", "pk")
    told = rows.values_list("visit", "visit__opening_scan__resolutions__visit", "approval_no")
    return [(visit if visit in visits else held_by, number) for visit, held_by, number in told]


def _partners(
    numbers: Collection[str], *, visits: Collection[int], at: datetime
) -> dict[str, tuple[Person, int, bool]]:
    said = Presence.objects.filter(officer=OuterRef("pk"), scan__resolutions__visit__in=visits)
    rows = Officer.objects.filter(certificate_no__in=numbers).values(*_OFFICER, "agency_id", confirmed=Exists(said))
    return {row["certificate_no"]: (_person(row, at=at), row["agency_id"], row["confirmed"]) for row in rows}


def _person(row: Mapping[str, Any], *, at: datetime) -> Person:
    return Person(
        officer_id=row["id"],
        certificate_no=row["certificate_no"],
        name=row["name"],
        photo_sha256=row["photo_sha256"],
        certified=row["certified"],
        state=state_in(row, at=at),
    )


def wrong_tries(visits: Collection[int]) -> dict[tuple[int, int], int]:
    """How many wrong match codes were typed in these visits, by (visit, officer)? One statement."""
    rows = MatchTry.objects.filter(visit__in=visits, right=False).values_list("visit_id", "officer_id")
    return {(visit, officer): times for visit, officer, times in rows.annotate(times=Count("id"))}


def numbers_of(visit_id: int, *, officer_id: int) -> tuple[str, list[str]]:
    """The officer's certificate number, and the visit numbers under which the officer's screens may speak of this
    visit: its own, and those that it has taken in since the officer scanned. Two statements."""
    certificate_no = Officer.objects.values_list("certificate_no", flat=True).get(pk=officer_id)
    ever = Resolution.objects.filter(scan__officer=officer_id, scan__resolutions__visit=visit_id)
    rows = Visit.objects.filter(Q(pk=visit_id) | Q(pk__in=ever.values("visit")))
    return certificate_no, list(rows.order_by("pk").values_list("number", flat=True))
