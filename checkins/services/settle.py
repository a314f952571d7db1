"""One scan, now known to be at this enterprise: read its group again, judge, tell (part of a deed, not one itself)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.facts import Fact, Purpose, day_of
from audit.pen import Pen
from checkins.arrival import Arrival, warnings_of
from checkins.gathering import Gathered, judged_years, surroundings
from checkins.joining import offers, shows
from checkins.named import Named, partner_warnings
from checkins.place import Place, Site, check
from checkins.policy import CheckinPolicy
from checkins.reading import Known, ResolvedScan
from checkins.recent import NOBODY, asked_of
from checkins.restored import TAKEN_BACK
from checkins.rules import Warn, enterprise_warnings, items_said, missing_words, number_said, visit_warnings
from checkins.services.gap import note_counter
from checkins.services.grade_place import grades_told, judge_place, keep_grades
from checkins.services.judge import Judged, Year, found, judge, warn_supervisor, year_for_officer
from checkins.services.places import learn_premises
from checkins.services.record import record_scan, with_leaf
from checkins.services.regroup import Change, Setting, assign, move, reread
from checkins.services.urgency import note_urgency
from checkins.supplied import words_of
from checkins.telling import answer, enterprise_told, frequency_told, visit_told
from checkins.trust import Turn
from checkins.whereabouts import measures
from officers.rules import Caller


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What was decided: the answer's facts and the number under which it was filed. `ungraded`: where the scan was, if
    the deed has yet to grade it."""

    facts: Mapping[str, Any]
    filing: str
    ungraded: Place | None = None


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
    gathered: Gathered | None = None,
    pen: Pen | None = None,
) -> Settled:
    """Open or join the visit, tell the supervision side, judge the year; under the enterprise's lock.

    A deed about many scans has `gathered` for all of them, writes with one `pen`, and grades their places itself: not
    in the order of its rounds, but in that of the scans.
    """
    setting, others = look_around(
        scan_id=arrival.scan_id,
        onsite_at=arrival.onsite_at,
        words=arrival.words,
        caller=caller,
        credit_code=credit_code,
        actor=actor,
        at=at,
        policy=policy,
        gathered=gathered,
        pen=pen,
        around=asked_of(officer_id=caller.officer_id, scanned_at=arrival.scanned_at, at=at, window=policy.trust.window),
    )
    changes = reread(setting, moving={arrival.scan_id}, scans=[_me(arrival, caller=caller), *others])
    mine = next(change for change in changes if arrival.scan_id in change.read.scans)
    judged = judge(setting, changes, annual_cap=annual_cap)
    place = check(fix=arrival.fix, sites=sites(setting.gathered), policy=policy)
    grades: list[Turn] = []
    if pen is None:
        recent = setting.gathered.recent
        grades = judge_place(arrival, place=place, credit_code=credit_code, caller=caller, recent=recent, policy=policy)
    year = year_for_officer(setting, judged, mine=mine.fact, onsite_at=arrival.onsite_at)
    named = setting.gathered.named or Named()
    unpublished = named.unpublished(
        items_said(arrival.words["visit"]), on=day_of(arrival.onsite_at), agency_region=caller.agency_region
    )
    warnings = [
        *warnings,
        *warnings_of(arrival, caller=caller, place=place, policy=policy),
        *_warnings(arrival, setting=setting, mine=mine, year=year),
        *([Warn.ITEM_NOT_PUBLISHED] if unpublished else []),
        *_about_words(arrival, named=named, setting=setting, mine=mine, others=others),
        *learn_premises(arrival, gathered=setting.gathered, actor=actor, at=at),
        *(_counter(arrival, setting=setting) if serial == 1 else ()),
    ]
    _urgency(arrival, setting=setting, mine=mine, others=others, serial=serial)
    told = answer(
        licence=arrival.licence,
        visit=visit_told(
            mine.fact,
            joined=mine.read.id is not None,
            provisional=[(one.certificate_no, one.name) for one in named.partners if one.agency_id == caller.agency_id],
        ),
        enterprise=enterprise_told(setting.gathered.enterprise, credit_code=credit_code),
        filing=mine.filing,
        frequency=frequency_told(
            judged.facts,
            counted=year.counted,
            cap=year.cap,
            mine=mine.fact,
            results=setting.known.results,
            recognition_days=policy.recognition_days,
        ),
        warnings=warnings,
        place=place,
        moment=arrival.when,
        unpublished=unpublished,
        offers=_offers(setting, mine=mine),
    )
    told = _write_down(
        arrival,
        setting=setting,
        others=others,
        changes=changes,
        mine=mine,
        judged=judged,
        serial=serial,
        told=told,
        place=place,
        warnings=warnings,
        grades=grades,
    )
    return Settled(facts=told, filing=mine.filing, ungraded=place if pen is not None else None)


def look_around(
    *,
    scan_id: str,
    onsite_at: datetime,
    words: Mapping[str, Any],
    caller: Caller,
    credit_code: str,
    actor: Actor,
    at: datetime,
    policy: CheckinPolicy,
    gathered: Gathered | None = None,
    pen: Pen | None = None,
    around: Mapping[str, Any] = NOBODY,
) -> tuple[Setting, list[ResolvedScan]]:
    """Where the deed stands: all that is known around this scan, and its standing fellows without itself."""
    found, others = surroundings(
        scan_id=scan_id,
        onsite_at=onsite_at,
        purpose=words["visit"]["purpose"],
        continues=words["visit"]["continues"],
        credit_code=credit_code,
        agency_id=caller.agency_id,
        agency_code=caller.agency_code,
        window=policy.grouping_window,
        around=around,
        device_id=caller.device_id,
        counter=words.get("counter"),
        naming=words["visit"],
        gathered=gathered,
    )
    setting = Setting(
        caller=caller,
        credit_code=credit_code,
        gathered=found,
        known=Known.of(
            visits=found.visits,
            facts=found.dossier.facts,
            departures=found.departures,
            results=found.results,
        ),
        years=judged_years(onsite_at),
        policy=policy,
        actor=actor,
        at=at,
        pen=pen,
    )
    return setting, others


def _me(arrival: Arrival, *, caller: Caller) -> ResolvedScan:
    return ResolvedScan(
        scan_id=arrival.scan_id,
        serial=0,
        visit_id=None,
        onsite_at=arrival.onsite_at,
        certificate_no=caller.certificate_no,
        officer_name=caller.name,
        words=arrival.words,
        certified=caller.certified,
    )


def sites(gathered: Gathered) -> list[Site]:
    """The enterprise's places, as the distance is measured to."""
    return [
        Site(address=one.address, longitude=one.longitude, latitude=one.latitude, datum=one.datum)
        for one in gathered.premises
    ]


def _warnings(arrival: Arrival, *, setting: Setting, mine: Change, year: Year) -> list[Warn]:
    enterprise, words = setting.gathered.enterprise, arrival.words["visit"]
    named = next((row for row in setting.gathered.visits.values() if row.number == words["continues"]), None)
    continued = named is not None and (mine.fact.visit == named.number or named.status == "absorbed")
    return [
        *enterprise_warnings(
            status=enterprise.status if enterprise else None,
            region_code=enterprise.region_code if enterprise else "",
            agency_region=setting.caller.agency_region,
        ),
        *visit_warnings(
            character=mine.read.character,
            counted=year.counted,
            visit=mine.fact.visit,
            cap=year.cap,
            continues_missing=words["continues"] is not None and not continued,
            joint_missing=bool(words["joint_code"])
            and not mine.fact.joint_id
            and not _left(setting, mine, code=words["joint_code"]),
        ),
    ]


def _left(setting: Setting, mine: Change, *, code: str) -> bool:
    """Is this the code of others whom the visit has left by word? Then it is known, and asks nothing of anybody."""
    row = next((one for one in setting.gathered.visits.values() if one.id == mine.read.id), None)
    apart = row is not None and row.overrides is not None and row.overrides.get("joint_code") == ""
    return apart and any(shows(fact, code=code) for fact in setting.known.facts.values())


def _about_words(
    arrival: Arrival, *, named: Named, setting: Setting, mine: Change, others: list[ResolvedScan]
) -> list[Warn]:
    """Do plan, partners and assistants fit this visit, may its officer make it, and which words does it still lack?"""
    visit, agency_id = arrival.words["visit"], setting.caller.agency_id
    day, found = day_of(arrival.onsite_at), []
    if number_said(visit, "plan_no") and not named.planned(
        on=day, credit_code=setting.credit_code, agency_id=agency_id
    ):
        found.append(Warn.PLAN_UNKNOWN)
    found += partner_warnings(visit.get("partners", ()), named.partners, agency_id=agency_id, at=arrival.onsite_at)
    here = sorted((scan for scan in others if scan.scan_id in set(mine.read.scans)), key=lambda one: one.onsite_at)
    if here and here[0].onsite_at <= arrival.onsite_at and visit["assistants"] > here[0].words["visit"]["assistants"]:
        found.append(Warn.ASSISTANTS_CHANGED)
    if not setting.caller.certified and mine.fact.purpose == Purpose.INSPECTION:
        found.append(Warn.NOT_CERTIFIED)
    said = [visit, *(scan.words["visit"] for scan in here)]
    wanted = setting.policy.required_words.get(mine.fact.category, ())
    missing = missing_words(said, purpose=mine.fact.purpose, wanted=wanted)
    if missing and mine.read.id is not None:  # nothing supplied since is asked again
        said.append(words_of(mine.visit_id, scans=mine.read.scans))
        missing = missing_words(said, purpose=mine.fact.purpose, wanted=wanted)
    return found + missing


def _urgency(arrival: Arrival, *, setting: Setting, mine: Change, others: list[ResolvedScan], serial: int) -> None:
    """An urgent inspection owes an approval, which any of its scans may say; else nothing is written."""
    visit = arrival.words["visit"]
    if mine.fact.purpose != Purpose.INSPECTION or not (visit["emergency"] or number_said(visit, "approval_no")):
        return
    here = set(mine.read.scans)
    said = [visit, *(scan.words["visit"] for scan in others if scan.scan_id in here)]
    urgent = any(one["emergency"] for one in said)
    note_urgency(
        scan_id=arrival.scan_id,
        agency_id=setting.caller.agency_id,
        visit_id=mine.visit_id,
        urgent=visit["emergency"],
        approvals=list(filter(None, (number_said(one, "approval_no") for one in said))) if urgent else [],
        onsite_at=arrival.onsite_at,
        within=setting.policy.approval_within,
        actor=setting.actor,
        at=setting.at,
        again=serial > 1,
        pen=setting.pen,
    )


def _offers(setting: Setting, *, mine: Change) -> list[Fact]:
    """Whom this visit may join, if it has joined nobody: it said nothing of it, or a code that nobody shows."""
    if mine.fact.joint_id:
        return []
    return offers(setting.known.facts.values(), mine=mine.fact, window=setting.policy.joint_window)


def _counter(arrival: Arrival, *, setting: Setting) -> list[Warn]:
    """Only when it arrives does a scan show what its counter says; not when it is resolved later."""
    return note_counter(
        scan_id=arrival.scan_id,
        device_id=setting.caller.device_id,
        counter=arrival.words.get("counter"),
        before=setting.gathered.counter_before,
        times=setting.gathered.counter_times,
        at=setting.at,
        pen=setting.pen,
    )


def _write_down(
    arrival: Arrival,
    *,
    setting: Setting,
    others: list[ResolvedScan],
    changes: list[Change],
    mine: Change,
    judged: Judged,
    serial: int,
    told: Mapping[str, Any],
    place: Place,
    warnings: list[Warn],
    grades: list[Turn],
) -> dict[str, Any]:
    """Append it all; the answer as it is kept, with the leaf of the scan's entry."""
    entry = record_scan(
        arrival,
        kind="scan" if serial == 1 else "resolution",
        caller=setting.caller,
        place=place,
        warnings=warnings,
        facts=[change.told for change in changes],
        findings=found(judged),
        grades=grades_told(grades),
        actor=setting.actor,
        at=setting.at,
        pen=setting.pen,
        shown=mine.told,
    )
    told = with_leaf(told, entry=entry)
    assign(
        scan_id=arrival.scan_id,
        serial=serial,
        # A visit that was taken back and comes again after a restore has no standing scan.
        visit_id=None if mine.fact.state in TAKEN_BACK else mine.visit_id,
        setting=setting,
        purpose=arrival.words["visit"]["purpose"],
        onsite_at=arrival.onsite_at,
        filing=mine.filing,
        facts={**told, "measured": measures(place)},
    )
    move(others, changes=changes, setting=setting, because=arrival.scan_id)
    keep_grades(grades, at=setting.at)
    warn_supervisor(setting, judged, reason="迟到的扫码使入企重新分组")
    return told
