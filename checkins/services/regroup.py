"""Read the scans of one group again, and bring visits, facts and filings in line (part of a deed, not one itself).

The standard cases write little: a first scan opens one visit, a second one joins it. A late or withdrawn scan may
move others: each visit that changes gets a history row, a new fact version and a filing; nothing is overwritten
but the Visit row, whose history keeps what it said.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.facts import Fact, State
from audit.history import save_as
from audit.pen import Pen
from audit.services.file import file
from audit.services.visit_fact import append, told
from checkins.gathering import Gathered
from checkins.joining import company, joint_already, may_join, shows
from checkins.models import Correction, Resolution, Visit
from checkins.policy import CheckinPolicy
from checkins.reading import Known, Read, ResolvedScan, VisitRow, read_again, row_differs
from checkins.restored import as_known
from checkins.services.hold_back import hold_back
from officers.rules import Caller


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A visit that changed, with what was appended for it: its fact, by value in `told`, and its filing's number."""

    read: Read
    fact: Fact
    told: Mapping[str, Any]
    filing: str
    visit_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Whose group it is (the agency by value, through one of its officers), and where.

    `gathered`: all that was read; `known`: of it, what readers need; `years`: whose facts are all among it.
    `pen`: writes for a deed about many scans; None: each row is written as it is decided.
    """

    caller: Caller
    credit_code: str
    gathered: Gathered
    known: Known
    years: range
    policy: CheckinPolicy
    actor: Actor
    at: datetime
    pen: Pen | None = None


def reread(
    setting: Setting, *, moving: Collection[str], scans: list[ResolvedScan], emptied: State = State.WITHDRAWN
) -> list[Change]:
    """Read the standing scans of one group again, `moving` having just come or gone, and write what changed.

    `emptied`: what a visit is that lost its last scan.
    """
    reads = read_again(
        scans=scans,
        gathered=[scan for scan in setting.gathered.scans if scan.scan_id not in moving],
        known=setting.known,
        window=setting.policy.grouping_window,
        emptied=emptied,
    )
    changes = [write(setting, read, moving=moving) for read in reads]
    changes += _bring_along(setting, changes)
    return [*changes, *_take_back(setting, changes)]


def write(setting: Setting, read: Read, *, moving: Collection[str] = ()) -> Change:
    """Bring one visit's row, fact and filing in line with how its scans are read now.

    A new visit: four statements (row, history, fact, filing); one that officers joined: two.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("regrouping belongs inside a deed's transaction")
    before = setting.known.facts.get(read.number)
    row = setting.gathered.visits.get(read.id) if read.id is not None else None
    overrides: Mapping[str, Any] = {}
    if row is None and before is not None:
        read, overrides = as_known(read, before)
    read, waits = hold_back(
        read,
        row=row,
        before=before,
        rules=setting.gathered.dossier.rules,
        scans=set(read.scans) & set(moving) or read.scans,
        actor=setting.actor,
        at=setting.at,
    )
    joint = _joint(setting, read, row=row, moving=moving)
    if row is None and before is not None:
        joint = before.joint_id or joint
    visit_id = _save(setting, read, row=row, joint=joint, overrides=overrides)
    enterprise = setting.gathered.enterprise
    fact = Fact(
        visit=read.number,
        version=before.version + 1 if before else 1,
        state=read.state,
        origin="scanned",
        agency_code=setting.caller.agency_code,
        agency_name=setting.caller.agency_name,
        purpose=read.character.purpose,
        category=read.character.category,
        reason=read.character.reason,
        source_no=read.character.source_no,
        superior_ordered=read.character.superior_ordered,
        joint_id=joint,
        started_at=read.started_at,
        officers=read.officers,
        uncertified=read.uncertified,
        credit_code=setting.credit_code,
        region_code=enterprise.region_code if enterprise else "",
        industry=enterprise.industry if enterprise else "",
        risk_grade=enterprise.risk_grade if enterprise else "",
        agency_path=setting.caller.agency_path,
        agency_level=setting.caller.agency_level,
        supervised_by=setting.caller.supervised_by,
        items=read.character.items,
        claim=waits or _claim(setting, read, row=row, before=before),
    )
    told_fact = _tell(setting, fact, event=read.event)
    return Change(read=read, fact=fact, told=told_fact, filing=f"{fact.visit}-{fact.version}", visit_id=visit_id)


def _bring_along(setting: Setting, changes: list[Change]) -> list[Change]:
    """Who was together with a visit goes along with it: into the one that has absorbed it, whose own company they may
    be strangers to, for it was one visit that both joined; and to others whom it has named since they joined it.
    Nothing is written where their number was taken over, or where it is alone by word."""
    homes = {scan_id: change for change in changes for scan_id in change.read.scans}
    changed = {change.fact.visit for change in changes}
    found: list[Change] = []
    for change in changes:
        before, home = setting.known.facts.get(change.fact.visit), _new_home(change, homes)
        if before is None or home is None or before.together == home.fact.together:
            continue
        row = setting.gathered.visits.get(home.visit_id)
        if change is home and before.together != before.visit:
            continue  # a guest that goes elsewhere takes nobody along
        if row is None or "joint_code" not in (row.overrides or {}):
            fellows = [one for one in company(setting.known.facts.values(), mine=before) if one.visit not in changed]
            found += [_move_along(setting, one, read=change.read, joint=home.fact.together) for one in fellows]
    return found


def _take_back(setting: Setting, changes: list[Change]) -> list[Change]:
    """A visit that was absorbed and stands again takes back who was together with it and only went along. A visit that
    moves by its own word leaves one company before it joins another, so that its last move was from nobody."""
    found: list[Change] = []
    changed = {change.fact.visit for change in changes}
    for change in changes:
        before = setting.known.facts.get(change.fact.visit)
        if before is None or before.state != State.ABSORBED or change.fact.state != State.OPEN:
            continue
        together = change.fact.together
        for fellow in setting.known.facts.values():
            away = fellow.state == State.OPEN and fellow.together != together and fellow.visit not in changed
            if away and _came_from(setting, fellow) == together:
                joint = "" if fellow.visit == together else together
                found.append(_move_along(setting, fellow, read=change.read, joint=joint))
                changed.add(fellow.visit)
    return found


def _came_from(setting: Setting, fellow: Fact) -> str:
    """With whom was this visit together before it last moved? Empty: it never did."""
    versions = [fact for fact in setting.gathered.dossier.facts if fact.visit == fellow.visit]
    others = [fact for fact in versions if fact.together != fellow.together]
    return max(others, key=lambda fact: fact.version).together if others else ""


def _new_home(change: Change, homes: Mapping[str, Change]) -> Change | None:
    """Where is now what was in this visit: in itself, in what has absorbed it, or nowhere?"""
    if change.read.state == State.OPEN:
        return change
    return homes.get(change.read.opening_scan) if change.read.state == State.ABSORBED else None


def _move_along(setting: Setting, fellow: Fact, *, read: Read, joint: str) -> Change:
    """Bring another agency's visit in line with the one that it is together with: row, history, fact and filing."""
    visit = Visit.objects.get(number=fellow.visit)
    visit.joint_id = joint
    event = "visit.regrouped"
    save_as(visit, actor=setting.actor, at=setting.at, reason=event)
    fact = replace(fellow, joint_id=joint, version=fellow.version + 1)
    stays = replace(read, id=visit.pk, number=fellow.visit, state=fellow.state, scans=(), event=event)
    told_fact = _tell(setting, fact, event=event)
    return Change(read=stays, fact=fact, told=told_fact, filing=f"{fact.visit}-{fact.version}", visit_id=visit.pk)


def _joint(setting: Setting, read: Read, *, row: VisitRow | None, moving: Collection[str]) -> str:
    """With whom is the visit joint? What was said by word stands; else what it took over; else what its scans name."""
    if row is not None and row.overrides is not None and "joint_code" in row.overrides:
        return row.joint_id
    gathered = setting.gathered
    already = joint_already(
        read,
        row=row,
        rows=gathered.visits.values(),
        facts=setting.known.facts.values(),
        standing={scan.scan_id for scan in gathered.scans if scan.visit_id is not None} - set(moving),
    )
    return already or _joint_with(setting, read)


def _joint_with(setting: Setting, read: Read) -> str:
    """Which joint visit does the visit's code, or the open plan that it names, mean?

    The number of the visit that showed the code; or of one of the agency whose plan it is, else of another one that
    names it too, so that whoever comes first they are together. Empty if none fits.
    """
    near = [
        fact
        for fact in setting.known.facts.values()
        if abs(fact.started_at - read.started_at) <= setting.policy.joint_window
        and may_join(fact, agency_code=setting.caller.agency_code, purpose=read.character.purpose)
    ]
    code, (host, fellows) = read.character.joint_code.strip(), _of_plan(setting, read)
    meant = [fact for fact in near if shows(fact, code=code)] if code else []
    meant += [fact for fact in near if fact.agency_code == host]
    meant += [fact for fact in near if fact.visit in fellows]
    return meant[0].together if meant else ""


def _of_plan(setting: Setting, read: Read) -> tuple[str | None, Collection[str]]:
    """Whose plan, open to joining, does the visit name; and which visits of others name it too?"""
    named = setting.gathered.named
    plan = named.plan if named else None
    if named is None or plan is None or not plan.joint_open or plan.withdrawn:
        return None, ()
    called = (plan.number, plan.source_ref) if plan.agency_id == setting.caller.agency_id else (plan.number,)
    if plan.credit_code != setting.credit_code or read.character.plan_no not in called:
        return None, ()
    return plan.agency_code, named.fellows


def _claim(setting: Setting, read: Read, *, row: VisitRow | None, before: Fact | None) -> Mapping[str, object] | None:
    """What its own agency says of the visit and nobody has ruled on, now that its scans are these.

    That a visit should not have been holds only of the scans that it was said of: while one stands that came later,
    the visit counts in both readings. One statement where there may be such a claim, else none.
    """
    if row is None:
        return before.claim if before else None
    if before is None or not read.scans:
        return None
    now = set(read.scans)
    lost = any(scan.visit_id == row.id and scan.scan_id not in now for scan in setting.gathered.scans)
    if before.claim is None and not lost:
        return None
    waiting = Correction.objects.filter(visit_id=row.id, ruling__isnull=True).order_by("-pk").first()
    if waiting is None or waiting.kind == Correction.Kind.WITHDRAWAL:
        return None
    if waiting.kind == Correction.Kind.VOIDING and not now <= set(waiting.scans):
        return None
    if waiting.kind == Correction.Kind.CLASSIFICATION and not now & set(waiting.scans):
        return None
    claim: Mapping[str, object] = waiting.claim
    return claim


def _save(setting: Setting, read: Read, *, row: VisitRow | None, joint: str, overrides: Mapping[str, Any]) -> int:
    if row is not None and not row_differs(read, row) and joint == row.joint_id:
        return row.id
    enterprise = setting.gathered.enterprise
    visit = Visit.objects.get(pk=row.id) if row is not None else Visit(number=read.number)
    visit.agency_id = setting.caller.agency_id
    visit.credit_code = setting.credit_code
    visit.enterprise_id = enterprise.id if enterprise else None
    visit.opening_scan_id = read.opening_scan
    visit.started_at = read.started_at
    visit.purpose = read.character.purpose
    visit.category = read.character.category
    visit.reason = read.character.reason
    visit.source_no = read.character.source_no
    visit.superior_ordered = read.character.superior_ordered
    visit.joint_id = joint
    visit.status = read.state
    if overrides:
        visit.overrides = dict(overrides)
    if setting.pen is not None and row is None:
        setting.pen.take_tracked(visit, actor=setting.actor, at=setting.at, reason=read.event)
    else:
        save_as(visit, actor=setting.actor, at=setting.at, reason=read.event, new=row is None)
    return int(visit.pk)


def _tell(setting: Setting, fact: Fact, *, event: str) -> Mapping[str, Any]:
    enterprise = setting.gathered.enterprise
    before = setting.known.facts.get(fact.visit)
    row = append(
        fact,
        enterprise_name=enterprise.name if enterprise else "",
        # Requests read the clock before they wait for the lane: a later version is never known from earlier on.
        at=max(setting.at, before.known_from) if before and before.known_from else setting.at,
        pen=setting.pen,
    )
    told_fact = told(row)
    file(
        number=f"{fact.visit}-{fact.version}",
        event=event,
        credit_code=setting.credit_code,
        visit=fact.visit,
        payload=told_fact,
        at=setting.at,
        pen=setting.pen,
    )
    return told_fact


def assign(
    *,
    scan_id: str,
    serial: int,
    visit_id: int | None,
    setting: Setting,
    purpose: str,
    onsite_at: datetime,
    filing: str,
    facts: Mapping[str, Any],
) -> None:
    """Append how one scan is read. One statement."""
    row = Resolution(
        scan_id=scan_id,
        serial=serial,
        visit_id=visit_id,
        agency_id=setting.caller.agency_id,
        credit_code=setting.credit_code,
        purpose=purpose,
        onsite_at=onsite_at,
        by=setting.actor,
        at=setting.at,
        filing=filing,
        facts=dict(facts),
    )
    row.save(force_insert=True) if setting.pen is None else setting.pen.take(row)


def move(scans: Iterable[ResolvedScan], *, changes: list[Change], setting: Setting, because: str) -> None:
    """Append a resolution for each other scan whose visit changed under it, because of the scan `because`."""
    now = {scan_id: change for change in changes for scan_id in change.read.scans}
    for scan in scans:
        change = now.get(scan.scan_id)
        if change is not None and scan.visit_id != change.visit_id:
            assign(
                scan_id=scan.scan_id,
                serial=scan.serial + 1,
                visit_id=change.visit_id,
                setting=setting,
                purpose=scan.words["visit"]["purpose"],
                onsite_at=scan.onsite_at,
                filing=change.filing,
                facts={"regrouped_by": because},
            )
