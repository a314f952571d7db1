"""One scan, now known to be at this enterprise: gather, decide, write, judge (part of a deed, not one itself)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.canonical import utc_text
from audit.rules import (
    SHANGHAI,
    CapRule,
    Count,
    Fact,
    count,
    enterprise_total,
    latest,
    over_cap,
    rule_in_force,
    service_total,
    year_of,
)
from audit.services.entry import record
from audit.services.flag import raise_flag
from checkins.place import Fix, Place, Site, check
from checkins.policy import CheckinPolicy
from checkins.queries import Gathered, surroundings
from checkins.reading import Desk, ResolvedScan, read_again
from checkins.rules import Warn, arrival_warnings, enterprise_warnings, joint_code, visit_warnings
from checkins.services.regroup import Change, Setting, assign, by_value, move, write
from officers.rules import Caller, certificate_state


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """One scan by value, as it came in. `words`: the contract's fields in canonical form."""

    scan_id: str
    words: Mapping[str, Any]
    licence: Mapping[str, Any]
    content: bytes
    scanned_at: datetime
    received_at: datetime
    onsite_at: datetime
    fix: Fix | None


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
    year = year_of(mine.fact.started_at)
    cap = cap_rule(gathered, at=mine.fact.started_at, annual_cap=annual_cap)
    counted = count(facts, agency_code=caller.agency_code, year=year)
    place = check(
        fix=arrival.fix,
        sites=[
            Site(address=one.address, longitude=one.longitude, latitude=one.latitude, datum=one.datum)
            for one in gathered.premises
        ],
        policy=policy,
    )
    warnings = [
        *warnings,
        *_warnings(arrival, setting=setting, mine=mine, place=place, counted=counted, cap=cap, policy=policy),
    ]
    answer = {
        "licence": dict(arrival.licence),
        "visit": _visit_out(mine),
        "enterprise": _enterprise_out(setting),
        "filing": {"number": mine.filing},
        "for_officer": {
            "frequency": _frequency(facts, counted=counted, cap=cap, mine=mine.fact),
            "warnings": [code.value for code in warnings],
            "location_check": place_out(place),
        },
    }
    assign(
        scan_id=arrival.scan_id,
        serial=serial,
        visit_id=mine.visit_id,
        setting=setting,
        purpose=mine.fact.purpose,
        onsite_at=arrival.onsite_at,
        filing=mine.filing,
        facts=answer,
    )
    move(standing[1:], changes=changes, setting=setting, because=arrival.scan_id)
    _record(arrival, setting=setting, changes=changes, place=place, warnings=warnings)
    finding = over_cap(counted, rule=cap, agency_name=caller.agency_name)
    if finding is not None and mine.fact.visit in counted.counted and mine.read.event != "visit.joined":
        raise_flag(
            finding,
            flag_id=gathered.dossier.flags.get((finding.rule.code, str(year))),
            visit=mine.fact.visit,
            credit_code=credit_code,
            enterprise_name=gathered.enterprise.name if gathered.enterprise else "",
            region_code=gathered.enterprise.region_code if gathered.enterprise else "",
            agency_code=caller.agency_code,
            supervised_by=caller.supervised_by,
            actor=actor,
            at=at,
        )
    return Settled(facts=answer, filing=mine.filing)


def cap_rule(gathered: Gathered, *, at: datetime, annual_cap: int) -> CapRule:
    """The cap in force on that day for that region; where no row says one, the operator's default (P)."""
    on = at.astimezone(SHANGHAI).date()
    region = gathered.enterprise.region_code if gathered.enterprise else ""
    return rule_in_force(gathered.dossier.caps, on=on, region_code=region) or CapRule(
        code="annual_cap",
        version=0,
        cap=annual_cap,
        region_prefix="",
        effective_from=on,
        effective_to=None,
        source="P: ANNUAL_CAP",
    )


def _warnings(
    arrival: Arrival,
    *,
    setting: Setting,
    mine: Change,
    place: Place,
    counted: Count,
    cap: CapRule,
    policy: CheckinPolicy,
) -> list[Warn]:
    caller, enterprise, words = setting.caller, setting.gathered.enterprise, arrival.words["visit"]
    known = {row.number for row in setting.gathered.visits.values()}
    return [
        *arrival_warnings(
            scanned_at=arrival.scanned_at,
            received_at=arrival.received_at,
            late_after=policy.late_after,
            certificate=certificate_of(caller, at=arrival.onsite_at),
            place=place,
            has_fix=arrival.fix is not None,
            mock=arrival.fix is not None and arrival.fix.mock,
        ),
        *enterprise_warnings(
            status=enterprise.status if enterprise else None,
            region_code=enterprise.region_code if enterprise else "",
            agency_region=caller.agency_region,
        ),
        *visit_warnings(
            character=mine.read.character,
            counted=counted,
            visit=mine.fact.visit,
            cap=cap,
            continues_missing=words["continues"] is not None and words["continues"] not in known,
            joint_missing=bool(words["joint_code"]) and not mine.fact.joint_id,
        ),
    ]


def certificate_of(caller: Caller, *, at: datetime) -> str:
    """The state of the caller's certificate at a moment."""
    return certificate_state(
        status=caller.status,
        status_since=caller.status_since,
        valid_from=caller.valid_from,
        valid_until=caller.valid_until,
        at=at,
    ).value


def _visit_out(mine: Change) -> dict[str, Any]:
    return {
        "number": mine.fact.visit,
        "started_at": utc_text(mine.fact.started_at),
        "purpose": mine.fact.purpose,
        "category": mine.fact.category,
        "officers": [{"certificate_no": number, "name": name} for number, name in mine.fact.officers],
        "joint_code": joint_code(mine.fact.joint_id or mine.fact.visit),
        "joint_id": mine.fact.joint_id or None,
        "joined": mine.read.id is not None,
    }


def _enterprise_out(setting: Setting) -> dict[str, Any]:
    found = setting.gathered.enterprise
    return {
        "credit_code": setting.credit_code,
        "name": found.name if found else "",
        "status": found.status if found else "unknown",
        "region_code": found.region_code if found else "",
        "industry": found.industry if found else "",
        "risk_grade": found.risk_grade if found else "",
    }


def _frequency(facts: list[Fact], *, counted: Count, cap: CapRule, mine: Fact) -> dict[str, Any]:
    before = [fact for fact in latest(facts) if fact.visit != mine.visit and fact.state == "open"]
    return {
        "year": counted.year,
        "cap": cap.cap,
        "own": len(counted.counted),
        "own_with_unconfirmed": counted.with_unconfirmed,
        "all_agencies": enterprise_total(facts, year=counted.year),
        "service_visits": service_total(facts, year=counted.year),
        "last_visits": [
            {
                "number": fact.visit,
                "started_at": utc_text(fact.started_at),
                "agency": fact.agency_name,
                "purpose": fact.purpose,
                "category": fact.category,
            }
            for fact in reversed(before[-3:])
        ],
    }


def place_out(place: Place) -> dict[str, Any]:
    """The contract's `location_check`."""
    return {
        "verdict": place.verdict.value,
        "distance_m": place.distance_m,
        "accuracy_m": place.accuracy_m,
        "address": place.address,
    }


def _record(arrival: Arrival, *, setting: Setting, changes: list[Change], place: Place, warnings: list[Warn]) -> None:
    record(
        kind="scan",
        subject=arrival.scan_id,
        body={
            "content": arrival.content.hex(),
            "words": dict(arrival.words),
            "received_at": arrival.received_at,
            "onsite_at": arrival.onsite_at,
            "device": setting.caller.device_id,
            "certificate_no": setting.caller.certificate_no,
            "place": place_out(place),
            "warnings": [code.value for code in warnings],
            "facts": [by_value(setting, change.fact) for change in changes],
        },
        actor=setting.actor,
        at=setting.at,
    )
