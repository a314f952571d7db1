"""A region's month as it was known at a moment: the figures of its report, and what is known otherwise now (reads).

Everything is read from what is only appended (versions of visits and papers, states of flags, steps of cases) and was
known by then, so the same moment always gives the same figures.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from audit.as_of import flags_known
from audit.cases import handling
from audit.casework import Deed, Rating, State
from audit.facts import day_of
from audit.matching import MatchPolicy
from audit.models import MEASURES, CaseStep, Document, VisitFact
from audit.monthly import Correction, Tallied, Visit, corrections, months_figures, step
from audit.period import Period
from audit.summing import in_region
from audit.tally import Contribution, known, settle_groups
from audit.unscanned import hold_papers, start_of

AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """Whose figures, of which month, as known by when. `region`: 2, 4, 6 or 9 digits."""

    region: str
    month: Period
    by: datetime

    @property
    def days(self) -> tuple[datetime, datetime]:
        """The month's first moment, and the first after it."""
        return start_of(self.month.first), start_of(self.month.last + timedelta(days=1))

    def figures(self, *, policy: MatchPolicy) -> dict[str, Any]:
        """All that the report says."""
        months = [Month(region=self.region, month=step(self.month, by), by=self.by) for by in (0, -1, -12)]
        now, before, year_before = (one.tallied() for one in months)
        found = months_figures(now, before=before, year_before=year_before, month=self.month)
        return {
            **found,
            "enterprises": _named(found["enterprises"], by=self.by),
            "scan_rates": [one.scan_rate(policy=policy) for one in months],
            "flags": self._flags(),
            **self._cases(),
        }

    def tallied(self) -> Tallied:
        """The month's visits, summed up; memory grows with joint visits alone."""
        found = Tallied(digits={0: 4, 2: 4, 4: 6}.get(len(self.region), 9))
        first, end = self.days
        facts = VisitFact.objects.filter(in_region(self.region), started_at__gte=first, started_at__lt=end)
        for one in _settled(known(facts, by=self.by), by=self.by):
            if one.lies_in(region=self.region, month=self.month):
                found.take(one)
        return found

    def scan_rate(self, *, policy: MatchPolicy) -> list[int]:
        """Papers that should have been scanned for, and those that were (audit/unscanned.py). Reads them all, and the
        scans at their enterprises: ask `many` first where somebody waits."""
        held = hold_papers(
            first=self.month.first,
            last=self.month.last,
            today=day_of(self.by),
            policy=policy,
            within=in_region(self.region),
            known_by=self.by,
        )
        return [len(held), sum(one.visit is not None for one in held)]

    def many(self, *, most: int) -> bool:
        """Were it more than `most` papers or visits that `scan_rate` reads? Looks at no more than that."""
        first, end = self.days
        papers = Document.objects.filter(in_region(self.region), on__gte=self.month.first, on__lte=self.month.last)
        facts = VisitFact.objects.filter(in_region(self.region), started_at__gte=first, started_at__lt=end)
        return any(rows.order_by()[: most + 1].count() > most for rows in (papers, facts))

    def _flags(self) -> list[dict[str, Any]]:
        """By rule: warnings raised in the month, and those of them that stood."""
        first, end = self.days
        flags = flags_known(self.by).filter(in_region(self.region), raised_at__gte=first, raised_at__lt=end)
        found: dict[str, list[int]] = {}
        for rule, state in flags.order_by("rule").values_list("rule", "state"):
            raised = found.setdefault(rule, [0, 0])
            raised[0] += 1
            raised[1] += state != "lowered"
        return [{"rule": rule, "raised": raised, "standing": standing} for rule, (raised, standing) in found.items()]

    def _cases(self) -> dict[str, Any]:
        """Cases opened and closed in the month, and under way; by agency: what it answered in time, its ratings."""
        first, end = self.days
        within = in_region_of_case(self.region)
        steps = CaseStep.objects.filter(within, at__lte=self.by).order_by("case", "serial")
        rows = steps.values("case", "deed", "state", "at", "agency_code", "agency_name", "rating")
        opened = closed = under_way = 0
        agencies: dict[str, dict[str, Any]] = {}
        for _case, life in groupby(rows.iterator(chunk_size=2_000), key=lambda row: row["case"]):
            told: list[Any] = list(life)
            under_way += told[-1]["state"] != State.CLOSED
            for row in told:
                if not first <= row["at"] < end:
                    continue
                opened += row["deed"] == Deed.OPEN
                closed += row["deed"] == Deed.CLOSE
            for row in ratings_of(told):
                if first <= row["at"] < end and row["agency_code"]:
                    line = agencies.setdefault(row["agency_code"], _agency(row["agency_code"], row["agency_name"]))
                    line["satisfied" if row["rating"] == Rating.SATISFIED else "unsatisfied"] += 1
        for one in handling(
            within, first=self.month.first, last=self.month.last, today=day_of(self.by), known_by=self.by
        ):
            line = agencies.setdefault(one.agency, _agency(one.agency, one.name))
            line["owed"], line["kept"] = one.owed, one.kept
        return {
            "cases": {"opened": opened, "closed": closed, "under_way": under_way},
            "handling": [agencies[code] for code in sorted(agencies)],
        }

    @property
    def versions(self) -> int:
        """How many versions of visits `figures` reads. One statement."""
        asked = Q(pk__in=())
        for by in (0, -1, -12):
            first, end = Month(region=self.region, month=step(self.month, by), by=self.by).days
            asked |= Q(started_at__gte=first, started_at__lt=end)
        return VisitFact.objects.filter(in_region(self.region), asked).count()

    def corrections(self, *, since: datetime, most: int) -> tuple[Correction, ...] | None:
        """The visits of which, or of whose joint partners in whatever month, versions after `since` speak, known by
        then and by now, where figures differ. None: they are more than `most`."""
        first, end = self.days
        here = VisitFact.objects.filter(in_region(self.region), started_at__gte=first, started_at__lt=end)
        later = VisitFact.objects.filter(known_from__gt=since, known_from__lte=self.by)
        told = later.filter(Exists(here.filter(visit=OuterRef("visit"))))
        partner = VisitFact.objects.filter(
            Exists(later.filter(visit=OuterRef("visit"))),
            credit_code=OuterRef("credit_code"),
            joint_id=OuterRef("joint_id"),
        )
        beside = here.exclude(joint_id="").filter(Exists(partner))
        both = [rows.order_by().values_list("visit", flat=True).distinct()[: most + 1] for rows in (told, beside)]
        visits = sorted({visit for rows in both for visit in rows})
        if len(visits) > most:
            return None
        old = [one for some in _chunks(visits) for one in known(_of(some), by=since)]
        new = [one for some in _chunks(visits) for one in known(_of(some), by=self.by)]
        joint = [one for one in (*old, *new) if one.joint_id]
        before = _settled([*old, *_partners(joint, by=since, but=set(visits))], by=since)
        after = _settled([*new, *_partners(joint, by=self.by, but=set(visits))], by=self.by)
        return corrections(before, after, region=self.region, month=self.month)


def in_region_of_case(region: str) -> Q:
    """Steps of the cases about an enterprise of the region."""
    return Q(case__region_code__startswith=region)


def ratings_of(life: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Of each closing of a case one rating: the complainant's own, or what was written down when he was called back."""
    found: dict[int, Mapping[str, Any]] = {}
    closings = 0
    for row in life:
        closings += row["deed"] == Deed.CLOSE
        if row["deed"] == Deed.RATE or (row["deed"] == Deed.CALL_BACK and closings not in found):
            found[closings] = row
    return found.values()


def _agency(code: str, name: str) -> dict[str, Any]:
    return {"key": code, "name": name, "owed": 0, "kept": 0, "satisfied": 0, "unsatisfied": 0}


def _settled(found: Iterable[Contribution], *, by: datetime) -> Iterator[Visit]:
    """Each visit, those of a joint one with their partners, wherever and in whichever month of the year these were."""
    joint = []
    for one in found:
        if one.joint_id:
            joint.append(one)
        else:
            yield _visit(one)
    partners = _partners(joint, by=by, but={one.visit for one in joint})
    yield from map(_visit, settle_groups([*joint, *partners]))


def _partners(joint: Sequence[Contribution], *, by: datetime, but: set[str]) -> list[Contribution]:
    """The other visits of these joint ones. A statement for every five hundred."""
    together = {one.together for one in joint}
    found: dict[str, Contribution] = {}
    for some in _chunks(sorted({(one.credit_code, one.joint_id) for one in joint})):
        facts = VisitFact.objects.filter(
            credit_code__in={code for code, _joint in some}, joint_id__in={number for _code, number in some}
        )
        found |= {one.visit: one for one in known(facts, by=by) if one.together in together and one.visit not in but}
    return list(found.values())


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _of(visits: Sequence[str]) -> "QuerySet[VisitFact]":
    return VisitFact.objects.filter(visit__in=visits)


def _visit(one: Contribution) -> Visit:
    return Visit(
        visit=one.visit,
        day=one.day,
        agency_code=one.organ.code,
        agency_name=one.agency_name,
        officers=one.officers,
        credit_code=one.credit_code,
        region_code=one.region_code,
        purpose=one.purpose,
        category=one.category,
        measures=dict(zip(MEASURES, one.measures, strict=True)),
    )


def _named(lines: list[dict[str, Any]], *, by: datetime) -> list[dict[str, Any]]:
    names = enterprise_names([line["key"] for line in lines], by=by)
    return [{**line, "name": names.get(line["key"], "")} for line in lines]


def enterprise_names(codes: Iterable[str], *, by: datetime) -> dict[str, str]:
    """What these enterprises were called by then. One statement."""
    facts = VisitFact.objects.filter(credit_code__in=set(codes), known_from__lte=by).values("credit_code")
    newest = facts.annotate(newest=Max("pk")).order_by().values("newest")
    return dict(VisitFact.objects.filter(pk__in=newest).values_list("credit_code", "enterprise_name"))
