"""Reads of visits with all that came after: departures, results, plans, approvals, corrections; seven statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from audit import queries as audit
from audit.facts import Fact
from audit.models import VisitFact
from checkins.grouping import Leaving, Point, stay
from checkins.models import Correction, Departure, Resolution, Visit
from checkins.outcome import Said, standing
from checkins.results import results_of
from checkins.rules import number_said
from checkins.supplied import Supplied, supplied

MINUTE = timedelta(minutes=1)


@dataclass(kw_only=True, slots=True)
class Life:
    """One visit as it stands now. `category_said`: a scan or a classification named the category.

    `plans`: those that its scans name, in on-site order; `link`: what was said of its plan afterwards. `approvals`:
    the numbers that its scans name, and those said afterwards.
    """

    visit: Visit
    fact: Fact
    enterprise: str
    points: list[Point] = field(default_factory=list)
    departures: list[Leaving] = field(default_factory=list)
    results: list[Said] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    category_said: bool = False
    plans: list[str] = field(default_factory=list)
    link: Supplied | None = None
    approvals: list[str] = field(default_factory=list)

    @property
    def plan_no(self) -> str:
        """Which plan did it carry out? What a scan says goes before what was said afterwards; empty: nobody has."""
        return self.plans[0] if self.plans else self.link.said if self.link else ""

    @property
    def departed_at(self) -> datetime | None:
        """When the last of them left; None: nobody has said so."""
        return max((one.at for one in self.departures if one.at >= self.fact.started_at), default=None)

    def minutes(self, window: timedelta) -> int | None:
        """打扰时长 in whole minutes; None: unknown, which is no fault."""
        found = stay(self.points, departures=self.departures, window=window)
        return None if found is None else found // MINUTE


def lives(visits: Sequence[Visit]) -> list[Life]:
    """All that is known of these visits now, in their order. Seven statements, however many they are.

    What was said of a visit that another one has absorbed since is the other's.
    """
    by_id = {visit.pk: visit for visit in visits}
    facts = _facts([visit.number for visit in visits])
    found = {
        visit.pk: Life(visit=visit, fact=facts[visit.number][0], enterprise=facts[visit.number][1]) for visit in visits
    }
    home = {pk: pk for pk in by_id}
    numbers = {visit.number: visit.pk for visit in visits}
    scans: dict[str, int] = {}
    for one in sorted(_standing(list(by_id)), key=lambda row: (row.onsite_at, str(row.scan_id))):
        life = found[one.visit_id or 0]
        scans[str(one.scan_id)] = life.visit.pk
        said = one.scan.words["visit"]
        life.category_said |= bool(said["category"])
        life.plans += filter(None, [number_said(said, "plan_no")])
        life.approvals += filter(None, [number_said(said, "approval_no")])
        life.points.append(Point(at=one.onsite_at, scan_id=str(one.scan_id), officer=one.scan.officer.certificate_no))
    for absorbed in Visit.objects.filter(opening_scan__in=list(scans), status=Visit.Status.ABSORBED):
        home[absorbed.pk] = scans[str(absorbed.opening_scan_id)]
        numbers[absorbed.number] = absorbed.pk
    _put_in(found, home=home, numbers=numbers)
    for life in found.values():
        life.category_said |= "category" in (life.visit.overrides or {})
        life.approvals = list(dict.fromkeys(life.approvals))
    return [found[visit.pk] for visit in visits]


def _put_in(found: dict[int, Life], *, home: dict[int, int], numbers: dict[str, int]) -> None:
    for leaving in Departure.objects.filter(visit__in=home).select_related("officer"):
        life = found[home[leaving.visit_id]]
        life.departures.append(Leaving(at=leaving.departed_at, officer=leaving.officer.certificate_no))
    by_home: dict[int, list[Said]] = {}
    for one in results_of(Q(visit__in=home)):
        by_home.setdefault(home[numbers[one.visit]], []).append(one)
    for pk, results in by_home.items():
        latest = {one.item: one for each in standing(results).values() for one in each}
        newest = {one.item: one for one in sorted(results, key=lambda result: result.serial)}
        found[pk].results = [newest[item] for item in latest]
    for said in supplied(Q(visit__in=home)):
        if said.word == "plan_no":
            found[home[said.visit]].link = said
        else:
            found[home[said.visit]].approvals.append(said.said)
    for correction in Correction.objects.filter(visit__in=home).select_related("ruling").order_by("pk"):
        found[home[correction.visit_id]].corrections.append(correction)


def _standing(visits: list[int]) -> list[Resolution]:
    """The scans that stand in these visits, each by its latest resolution; only what a life tells of them, for the
    answers that are kept with them are long."""
    latest: dict[str, Resolution] = {}
    touched = Resolution.objects.filter(visit__in=visits).values("scan")
    rows = Resolution.objects.filter(scan__in=touched).select_related("scan__officer").order_by("serial")
    for one in rows.only("serial", "onsite_at", "visit", "scan__words", "scan__officer__certificate_no"):
        latest[str(one.scan_id)] = one
    return [one for one in latest.values() if one.visit_id in set(visits)]


def _facts(numbers: list[str]) -> dict[str, tuple[Fact, str]]:
    """The latest version of each, with the enterprise's name."""
    rows = VisitFact.objects.filter(visit__in=numbers).order_by("version")
    return {
        row["visit"]: (
            audit.read_fact({name: row[name] for name in audit.FACT_COLUMNS}),
            row["enterprise_name"],
        )
        for row in rows.values(*audit.FACT_COLUMNS, "enterprise_name")
    }


def where_now(visit: Visit) -> Visit | None:
    """The visit itself while it stands; what it was absorbed into; None for one that was taken back."""
    if visit.status == Visit.Status.OPEN:
        return visit
    if visit.status != Visit.Status.ABSORBED:
        return None
    latest = Resolution.objects.filter(scan=visit.opening_scan_id).order_by("-serial").select_related("visit")[0]
    return latest.visit
