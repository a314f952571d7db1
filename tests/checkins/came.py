"""What came of some scans, by value: for tests that send the same ones in two ways."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from audit import queries as audit
from audit.counting import count, enterprise_total
from audit.facts import Fact, State, latest, year_of
from audit.models import Entry, Filing, Flag, FlagState, VisitFact
from checkins.gaps import missing, open_gaps
from checkins.models import Approval, Correction, PlaceGrade, Presence, Resolution, SequenceRepeat, Urgency, Visit

FRESH = {"electronic_id", "server_time"}
"""What the moment of asking decides in an answer."""


class Mark:
    """A point to which the database goes back, so that the same scans can be sent again."""

    def __init__(self) -> None:
        self.savepoint = str(connection.savepoint())

    def undo(self) -> None:
        connection.savepoint_rollback(self.savepoint)


def settled(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what the moment of asking decides."""
    kept = {name: value for name, value in answer.items() if name not in FRESH | {"onsite"}}
    if answer.get("filing"):
        kept["filing"] = {**answer["filing"], "promise": bool(answer["filing"]["promise"])}  # salted and signed
    if "onsite" in answer:
        kept["onsite"] = answer["onsite"]["at"]
    return kept


def standing() -> dict[str, Resolution]:
    """How each scan is read now."""
    rows = Resolution.objects.select_related("visit").order_by("serial")
    return {str(one.scan_id): one for one in rows}


def everything() -> dict[str, list[Any]]:
    """All rows that were written, each table sorted, with the numbers of visits."""
    latest_readings = {scan: (row.serial, row.visit and row.visit.number) for scan, row in standing().items()}
    history: Any = Visit.history
    return {
        "visits": sorted(
            map(str, Visit.objects.values_list("number", "status", "started_at", "purpose", "category", "reason",
            "source_no", "superior_ordered", "credit_code", "joint_id"))
        ),
        "history": sorted(map(str, history.values_list("number", "history_type", "history_user_id", "status"))),
        "facts": sorted(
            str((one.visit, one.version, one.state, one.started_at, one.category, one.reason, one.source_no,
            one.superior_ordered, one.joint_id, one.officers, one.items, one.claim))
            for one in VisitFact.objects.all()
        ),
        "filings": sorted(map(_filing, Filing.objects.all())),
        "readings": sorted(map(str, latest_readings.items())),
        "flags": sorted(
            Flag.objects.values_list("rule", "credit_code", "agency_code", "period", "opened_by_visit")
        ),
        "flag states": sorted(
            str((one.flag.rule, one.flag.credit_code, one.state, one.evidence))
            for one in FlagState.objects.select_related("flag")
        ),
        "entries": sorted(map(_entry, Entry.objects.all())),
        "urgencies": sorted(map(str, Urgency.objects.values_list("scan_id", "agency__code", "at", "due_at"))),
        "approvals": sorted(map(str, Approval.objects.values_list("visit__number", "approval_no", "by", "at"))),
        "presences": sorted(map(str, Presence.objects.values_list("scan_id", "officer__certificate_no"))),
        "corrections": sorted(map(str, Correction.objects.values_list("visit__number", "kind", "claim", "scans"))),
        "grades": sorted(map(str, PlaceGrade.objects.values_list("scan_id", "serial", "grade", "codes", "sentence"))),
        "gaps": gaps(),
        "repeats": sorted(map(str, SequenceRepeat.objects.values_list("scan_id", "device_id", "counter", "at"))),
    }  # fmt: skip


def _filing(filing: Filing) -> str:
    """Letters about flags bear a random number, and their flag's."""
    about_flag = filing.event.startswith("flag.")
    told = {name: value for name, value in filing.payload.items() if not (about_flag and name == "flag")}
    number = "" if about_flag else filing.number
    visit = "" if filing.visit.startswith("flag:") else filing.visit
    return str((number, filing.event, filing.credit_code, visit, json.dumps(told, sort_keys=True, ensure_ascii=False)))


def _entry(entry: Entry) -> str:
    told = json.loads(bytes(entry.body or b"{}"))
    told.pop("entry", None)
    return f"{entry.kind} {entry.subject} {json.dumps(told, sort_keys=True, ensure_ascii=False)}"


def gaps() -> list[tuple[int, int]]:
    """Each counter that is missing and reported, with its device."""
    return sorted(
        (gap.device_id, counter)
        for gap in open_gaps(seen_until=datetime.now(UTC))
        for one in missing(gap)
        for counter in range(one.first, one.last + 1)
    )


def outcome(*doors: str, kinds: bool = True) -> list[object]:
    """What stands in the end: visits, who was in them, with whom they are joint, what they owe, and every count.

    Not the numbers of visits, which do depend on what arrived first; nor whether words that take a visit out of a count
    were said at first or wait for a supervisor because they came later (docs/adr/0005): they are taken as said.
    `kinds` False: nor what kind of visit it is, and so whether it counts; where several scans of a visit say several
    such words, the first ones that arrive are the ones said, and of the others one waits at a time.
    """
    members: dict[str, list[str]] = {}
    for scan_id, resolution in standing().items():
        if resolution.visit is not None:
            members.setdefault(resolution.visit.number, []).append(scan_id)
    told: list[object] = []
    for door in doors:
        rows = VisitFact.objects.filter(credit_code=door).values(*audit.FACT_COLUMNS)
        facts = [fact.claimed for fact in latest(audit.read_fact(row) for row in rows)]
        told += sorted(_visits([fact for fact in facts if fact.state == State.OPEN], members=members, kinds=kinds))
        if kinds:
            told += _counts(door, facts)
    return told


def _visits(facts: list[Fact], *, members: dict[str, list[str]], kinds: bool) -> Iterator[str]:
    owed = set(map(str, Urgency.objects.values_list("scan_id", flat=True)))
    together: dict[str, list[str]] = {}
    for fact in facts:
        together.setdefault(fact.together, []).extend(members[fact.visit])
    approved: dict[str, list[str]] = {}
    for number, approval in Approval.objects.values_list("visit__number", "approval_no"):
        approved.setdefault(number, []).append(approval)
    for fact in facts:
        kind = (fact.category, fact.reason, fact.source_no, fact.superior_ordered) if kinds else ()
        there = (fact.started_at, fact.agency_code, fact.purpose, sorted(fact.officers), sorted(fact.uncertified))
        scans = (sorted(members[fact.visit]), sorted(together[fact.together]), sorted(owed & set(members[fact.visit])))
        yield str((*there, *kind, sorted(fact.items), *scans, sorted(approved.get(fact.visit, []))))


def _counts(door: str, facts: list[Fact]) -> Iterator[object]:
    agencies = sorted({fact.agency_code for fact in facts})
    for year in sorted({year_of(fact.started_at) for fact in facts}):
        yield from ((door, year, agency, count(facts, agency_code=agency, year=year).own) for agency in agencies)
        yield door, year, enterprise_total(facts, year=year)
