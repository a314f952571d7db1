"""What all corrections of a visit share: holding it, saying it, ruling on it, telling it (part of deeds, not one)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.facts import year_of
from audit.finding import Finding
from audit.lane import hold
from audit.models import VisitFact
from audit.problem import Problem
from audit.services.entry import record
from audit.services.file import file
from audit.services.flag import Whose
from audit.services.rejudge import rejudge
from audit.services.visit_fact import restate, told
from checkins.models import Correction, Resolution, Ruling, Scan, Visit
from checkins.states import Deed, Standing, refusal, standing_of
from officers.rules import Caller


class NoSuchVisit(Problem):
    """Another agency's visit does not exist for the asker."""

    code, status, title = "visit-not-found", 404, _("没有找到该入企")


class VisitNotOpen(Problem):
    """What was taken back, voided or became part of another visit is not corrected any more."""

    code, status, title = "visit-not-open", 409, _("该入企已撤回、作废或并入另一入企")


class VoidingWaits(Problem):
    """A colleague says that the visit should not have been: first a supervisor rules on that."""

    code, status, title = "voiding-waits", 409, _("该入企已申请作废，待监督机关裁定")


class RuledAlready(Problem):
    code, status, title = "correction-ruled-already", 409, _("该更正已有裁定或已被新的更正取代")


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """How a correction stands. `state`: `waiting`, or the verdict (checkins/models/correction.py, Ruling)."""

    visit: str
    visit_status: str
    kind: str
    claim: Mapping[str, Any]
    reason: str
    at: datetime
    state: str
    ruled_at: datetime | None
    note: str


def how_it_stands(correction: Correction, *, visit: Visit) -> Corrected:
    """The correction and its ruling, by value."""
    ruling = Ruling.objects.filter(correction=correction).first()
    return Corrected(
        visit=visit.number,
        visit_status=visit.status,
        kind=correction.kind,
        claim=correction.claim,
        reason=correction.reason,
        at=correction.at,
        state=ruling.verdict if ruling else "waiting",
        ruled_at=ruling.at if ruling else None,
        note=ruling.note if ruling and ruling.verdict in JUDGED else "",
    )


JUDGED = frozenset({str(Ruling.Verdict.CONFIRMED), str(Ruling.Verdict.REJECTED)})
"""Verdicts that are a supervisor's."""


def visit_of(number: str) -> Visit | None:
    """The visit that bears this number, whoever's it is. (PostgreSQL has no text that holds a NUL.)"""
    return None if "\x00" in number else Visit.objects.filter(number=number).first()


def hold_visit(pk: int) -> Visit:
    """The visit under its enterprise's lane; a merge may have moved it while we waited. Inside a transaction."""
    held = None
    while True:
        visit = Visit.objects.select_related("agency").get(pk=pk)
        if visit.credit_code == held:
            return visit
        held = visit.credit_code
        hold(held)


def standing(visit: Visit) -> Standing:
    """How the visit stands (checkins/states.py). One statement."""
    waiting = Correction.objects.filter(visit=visit, ruling__isnull=True).order_by("-pk")
    return standing_of(status=visit.status, waiting=waiting.values_list("kind", flat=True).first())


def ask(visit: Visit, *, deed: Deed) -> None:
    """May this be done to the visit, as it stands? Under its lane. Raises what the table says: one of REFUSALS."""
    code = refusal(deed, standing(visit))
    if code:
        raise REFUSALS[code]


REFUSALS: Mapping[str, type[Problem]] = {one.code: one for one in (VisitNotOpen, VoidingWaits, RuledAlready)}
"""What the table of states refuses with."""


def was_there(visit: Visit, *, caller: Caller) -> bool:
    """Has this officer ever scanned in the visit, or confirmed having been there?"""
    me = Q(officer_id=caller.officer_id) | Q(presences__officer_id=caller.officer_id)
    return Scan.objects.filter(me, resolutions__visit=visit).exists()


def standing_scans(visit: Visit) -> list[Resolution]:
    """The scans that stand in the visit now, each by its latest resolution, in on-site order."""
    return [one for one in latest_of(Scan.objects.filter(resolutions__visit=visit)) if one.visit_id == visit.pk]


def latest_of(scans: Any) -> list[Resolution]:
    """How these scans (a query, or ids) are read now, in on-site order."""
    latest: dict[Any, Resolution] = {}
    rows = Resolution.objects.select_related("scan__officer").filter(scan__in=scans).order_by("serial")
    for resolution in rows:
        latest[resolution.scan_id] = resolution
    return sorted(latest.values(), key=lambda one: (one.onsite_at, str(one.scan_id)))


def say(
    visit: Visit,
    *,
    kind: Correction.Kind,
    claim: Mapping[str, Any],
    scans: Collection[str],
    reason: str,
    actor: Actor,
    at: datetime,
) -> Correction:
    """Append the correction. One that still waits gives way to it: the latest word of the agency is its word."""
    correction = Correction(
        visit=visit, kind=kind, claim=dict(claim), scans=sorted(scans), reason=reason, by=actor, at=at
    )
    correction.save(force_insert=True)
    for earlier in Correction.objects.filter(visit=visit, ruling__isnull=True, pk__lt=correction.pk):
        rule(earlier, verdict=Ruling.Verdict.SUPERSEDED, note=f"#{correction.pk}", actor=actor, at=at)
    return correction


def rule(correction: Correction, *, verdict: Ruling.Verdict, note: str, actor: Actor, at: datetime) -> Ruling:
    """Append the one word that settles it. Raises RuledAlready."""
    ruling = Ruling(correction=correction, verdict=verdict, note=note, by=actor, at=at)
    try:
        with transaction.atomic():
            ruling.save(force_insert=True)
    except IntegrityError as error:
        raise RuledAlready from error
    return ruling


def tell(visit: Visit, *, changes: Mapping[str, Any], event: str, at: datetime) -> VisitFact:
    """Append a version of the visit's fact that differs by `changes`, and owe it to the platform."""
    fact = restate(visit.number, changes=changes, at=at)
    file(
        number=f"{fact.visit}-{fact.version}",
        event=event,
        credit_code=fact.credit_code,
        visit=fact.visit,
        payload=told(fact),
        at=at,
    )
    return fact


def write_down(
    correction: Correction,
    *,
    visit: Visit,
    kind: str,
    facts: Collection[Mapping[str, Any]],
    years: Collection[int] = (),
    because: str,
    note: str = "",
    annual_cap: int,
    actor: Actor,
    at: datetime,
) -> None:
    """Judge what the deed touched, and append its entry.

    `kind`: the entry's. `because`: why flags are lowered, in Chinese. `years`: those of visits that moved, beside the
    visit's own.
    """
    latest = VisitFact.objects.filter(visit=visit.number).order_by("-version")[:1].get()
    touched = {*years, year_of(visit.started_at), year_of(latest.started_at)}
    turns = rejudge(
        whose=Whose(
            credit_code=latest.credit_code, enterprise_name=latest.enterprise_name, region_code=latest.region_code
        ),
        agencies={latest.agency_code},
        # A visit stands in windows that end next year.
        years=range(min(touched), max(touched) + 2),
        annual_cap=annual_cap,
        reason=because,
        confirmed=actor.is_account,
        actor=actor,
        at=at,
    )
    record(
        kind=kind,
        subject=f"visit:{visit.number}",
        body={
            "correction": correction.pk,
            "of": correction.kind,
            "claim": dict(correction.claim),
            "scans": correction.scans,
            "reason": correction.reason,
            "by": correction.by,
            "note": note,
            "facts": list(facts),
            "findings": [{"state": turn.state, **_found(turn.finding, rule=turn.key[0])} for turn in turns],
        },
        actor=actor,
        at=at,
    )


def _found(finding: Finding | None, *, rule: str) -> Mapping[str, Any]:
    return finding.evidence() if finding else {"rule": rule}
