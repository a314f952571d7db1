"""Take scans out of the visits in which they stand, or put them back (part of a deed, not one itself)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.facts import State
from checkins.models import Resolution, Visit
from checkins.policy import CheckinPolicy
from checkins.reading import ResolvedScan
from checkins.services.correction import latest_of
from checkins.services.learn import unlearn
from checkins.services.regroup import Change, Setting, assign, move, reread
from checkins.services.settle import look_around
from officers.queries import caller_with


def take_out(
    scans: Collection[str], *, visit: Visit, correction: int, policy: CheckinPolicy, actor: Actor, at: datetime
) -> list[Change]:
    """As if these scans had never been: their visits are read again without them, `voided` where none is left.

    Scans that another deed has moved into another visit of the agency meanwhile are taken out of that one; a licence
    code that one of them taught is unlearned, as its teacher's own lesson. What was scanned together goes together;
    the rest in further rounds.
    """
    changes: list[Change] = []
    left = [one for one in latest_of(scans) if one.visit_id is not None]
    while left:
        first, near = left[0], {}
        for one in left:
            if one.onsite_at - first.onsite_at < policy.grouping_window:
                near[str(one.scan_id)] = one
        setting, others = _around(first, visit=visit, policy=policy, actor=actor, at=at)
        staying = [scan for scan in others if scan.scan_id not in near]
        changed = reread(setting, moving=near, scans=staying, emptied=State.VOIDED)
        for one in near.values():
            _leave(one, setting=setting, correction=correction)
            scanner = Actor.officer(one.scan.officer.certificate_no)
            unlearn(scan_id=str(one.scan_id), code=one.scan.code, actor=scanner, at=at)
        move(staying, changes=changed, setting=setting, because=f"correction:{correction}")
        changes += changed
        left = [one for one in latest_of(scans) if one.visit_id is not None]
    return changes


def put_back(
    scans: Collection[str], *, visit: Visit, correction: int, policy: CheckinPolicy, actor: Actor, at: datetime
) -> list[Change]:
    """Withdrawn scans stand in their visit again, as if they had come just now."""
    changes: list[Change] = []
    for one in latest_of(scans):
        if one.visit_id is not None:
            continue
        back = _resolved(one, visit=visit, actor=actor, at=at, facts={"put_back": correction})
        setting, others = _around(back, visit=visit, policy=policy, actor=actor, at=at)
        mine = next(scan for scan in setting.gathered.scans if scan.scan_id == str(one.scan_id))
        standing: list[ResolvedScan] = [mine, *others]
        changed = reread(setting, moving={mine.scan_id}, scans=standing)
        move(standing, changes=changed, setting=setting, because=f"correction:{correction}")
        changes += changed
    return changes


def mark_voided(scans: Collection[str], *, visit: Visit, correction: int, actor: Actor, at: datetime) -> None:
    """Scans that stand in no visit any more will not come back."""
    for one in latest_of(scans):
        if one.visit_id is None:
            _resolved(one, visit=None, actor=actor, at=at, facts={"voided": correction})


def _around(
    one: Resolution, *, visit: Visit, policy: CheckinPolicy, actor: Actor, at: datetime
) -> tuple[Setting, list[ResolvedScan]]:
    return look_around(
        scan_id=str(one.scan_id),
        onsite_at=one.onsite_at,
        words=one.scan.words,
        caller=caller_with(one.scan.device_id).at_agency(visit.agency),
        credit_code=visit.credit_code,
        actor=actor,
        at=at,
        policy=policy,
    )


def _leave(one: Resolution, *, setting: Setting, correction: int) -> None:
    assign(
        scan_id=str(one.scan_id),
        serial=one.serial + 1,
        visit_id=None,
        setting=setting,
        purpose=one.purpose,
        onsite_at=one.onsite_at,
        filing="",
        facts={"voided": correction},
    )


def _resolved(one: Resolution, *, visit: Visit | None, actor: Actor, at: datetime, facts: dict[str, Any]) -> Resolution:
    row = Resolution(
        scan=one.scan,
        serial=one.serial + 1,
        visit=visit,
        agency_id=one.agency_id,
        credit_code=visit.credit_code if visit else one.credit_code,
        purpose=one.purpose,
        onsite_at=one.onsite_at,
        by=actor,
        at=at,
        facts=facts,
    )
    row.save(force_insert=True)
    return row
