"""One scan, now known to be at this enterprise: gather, decide, write, judge (part of a deed, not one itself)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.actor import Actor
from checkins.arrival import Arrival, warnings_of
from checkins.place import Site, check
from checkins.policy import CheckinPolicy
from checkins.queries import Gathered, surroundings
from checkins.reading import Desk, ResolvedScan, read_again
from checkins.rules import Warn, enterprise_warnings, visit_warnings
from checkins.services.judge import Verdict, judge, warn_supervisor
from checkins.services.places import learn_premises
from checkins.services.record import record_scan
from checkins.services.regroup import Change, Setting, assign, by_value, move, write
from checkins.telling import answer, enterprise_told, frequency_told, visit_told
from officers.rules import Caller


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What was decided: the answer's facts and the number under which it was filed."""

    facts: Mapping[str, Any]
    filing: str


def settle(
    arrival: Arrival,
    *,
    caller: Caller,
    credit_code: str,
    serial: int,
    warnings: list[Warn],
    actor: Actor,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
) -> Settled:
    """Open or join the visit, tell the supervision side, judge the year; under the enterprise's lock."""
    gathered, others = surroundings(
        scan_id=arrival.scan_id,
        onsite_at=arrival.onsite_at,
        purpose=arrival.words["visit"]["purpose"],
        continues=arrival.words["visit"]["continues"],
        credit_code=credit_code,
        agency_id=caller.agency_id,
        agency_code=caller.agency_code,
        window=policy.grouping_window,
    )
    me = ResolvedScan(
        scan_id=arrival.scan_id,
        serial=0,
        visit_id=None,
        onsite_at=arrival.onsite_at,
        certificate_no=caller.certificate_no,
        officer_name=caller.name,
        words=arrival.words,
    )
    standing = [me, *(scan for scan in others if scan.visit_id is not None)]
    setting = Setting(caller=caller, credit_code=credit_code, gathered=gathered, actor=actor, at=at)
    reads = read_again(
        scans=standing,
        gone=[scan.scan_id for scan in others if scan.visit_id is None],
        desk=Desk(visits=gathered.visits, facts=gathered.dossier.facts),
        window=policy.grouping_window,
    )
    changes = [write(setting, read) for read in reads]
    mine = next(change for change in changes if arrival.scan_id in change.read.scans)
    facts = [*gathered.dossier.facts, *(change.fact for change in changes)]
    verdict = judge(setting, facts, mine=mine.fact, onsite_at=arrival.onsite_at, annual_cap=annual_cap)
    place = check(fix=arrival.fix, sites=sites(gathered), policy=policy)
    warnings = [
        *warnings,
        *warnings_of(arrival, caller=caller, place=place, policy=policy),
        *_warnings(arrival, setting=setting, mine=mine, verdict=verdict),
        *learn_premises(arrival, gathered=gathered, actor=actor, at=at),
    ]
    told = answer(
        licence=arrival.licence,
        visit=visit_told(mine.fact, joined=mine.read.id is not None),
        enterprise=enterprise_told(gathered.enterprise, credit_code=credit_code),
        filing=mine.filing,
        frequency=frequency_told(facts, counted=verdict.counted, cap=verdict.cap, mine=mine.fact),
        warnings=warnings,
        place=place,
    )
    assign(
        scan_id=arrival.scan_id,
        serial=serial,
        visit_id=mine.visit_id,
        setting=setting,
        purpose=mine.fact.purpose,
        onsite_at=arrival.onsite_at,
        filing=mine.filing,
        facts=told,
    )
    move(standing[1:], changes=changes, setting=setting, because=arrival.scan_id)
    record_scan(
        arrival,
        caller=caller,
        place=place,
        warnings=warnings,
        facts=[by_value(setting, change.fact) for change in changes],
        actor=actor,
        at=at,
    )
    warn_supervisor(setting, mine=mine.fact, verdict=verdict)
    return Settled(facts=told, filing=mine.filing)


def sites(gathered: Gathered) -> list[Site]:
    """The enterprise's places, as the distance is measured to."""
    return [
        Site(address=one.address, longitude=one.longitude, latitude=one.latitude, datum=one.datum)
        for one in gathered.premises
    ]


def _warnings(arrival: Arrival, *, setting: Setting, mine: Change, verdict: Verdict) -> list[Warn]:
    enterprise, words = setting.gathered.enterprise, arrival.words["visit"]
    known = {row.number for row in setting.gathered.visits.values()}
    return [
        *enterprise_warnings(
            status=enterprise.status if enterprise else None,
            region_code=enterprise.region_code if enterprise else "",
            agency_region=setting.caller.agency_region,
        ),
        *visit_warnings(
            character=mine.read.character,
            counted=verdict.counted,
            visit=mine.fact.visit,
            cap=verdict.cap,
            continues_missing=words["continues"] is not None and words["continues"] not in known,
            joint_missing=bool(words["joint_code"]) and not mine.fact.joint_id,
        ),
    ]
