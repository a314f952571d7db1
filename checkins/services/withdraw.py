"""Take back one's own scan (撤回), within minutes and with a reason. The row stays; a flag is not lowered by it.

A visit that lost its last scan so waits for a supervisor's ruling, as a voided one does (services/rule_on.py).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.facts import State
from audit.problem import Problem
from audit.services.entry import record
from checkins.amendment import VOIDED
from checkins.models import Correction, Resolution, Scan, Visit, Withdrawal
from checkins.policy import CheckinPolicy
from checkins.queries import own_scan
from checkins.services.correction import say
from checkins.services.judge import Judged, found, judge, warn_supervisor
from checkins.services.learn import unlearn
from checkins.services.regroup import Change, Setting, assign, move, reread
from checkins.services.resolve import NoSuchScan, hold_scan
from checkins.services.settle import look_around
from officers.rules import Caller


class TooLate(Problem):
    """After the window somebody else voids the visit."""

    code, status, title = "withdrawal-too-late", 409, _("已超过可自行撤回的时限")


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """What became of it. `visit` is empty for a scan that never was resolved."""

    at: datetime
    reason: str
    visit: str
    visit_status: str


def withdraw(
    *, scan_id: UUID, reason: str, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> Withdrawn:
    """Withdraw the caller's own scan. Again: the first withdrawal is answered. Raises NoSuchScan, TooLate."""
    row = own_scan(scan_id=scan_id, officer_id=caller.officer_id)
    if row is None:
        raise NoSuchScan
    with transaction.atomic():
        latest = hold_scan(row)
        done = Withdrawal.objects.filter(scan=row).first()
        if done is not None:
            return _outcome(row, done)
        if at - row.received_at > policy.withdrawal_window:
            raise TooLate
        done = Withdrawal(scan=row, officer_id=caller.officer_id, at=at, reason=reason)
        done.save(force_insert=True)
        actor = Actor.officer(caller.certificate_no)
        setting, changes, judged = _take_out(
            row, latest=latest, caller=caller.at_agency(latest.agency), at=at, policy=policy, annual_cap=annual_cap
        )
        _let_supervisors_rule(changes, scan=row, reason=reason, actor=actor, at=at)
        unlearn(scan_id=str(row.scan_id), code=row.code, actor=actor, at=at)
        record(
            kind="withdrawal",
            subject=str(row.scan_id),
            body={
                "reason": reason,
                "certificate_no": caller.certificate_no,
                "facts": [change.told for change in changes],
                "findings": found(judged) if judged else [],
            },
            actor=actor,
            at=at,
        )
        if setting is not None and judged is not None:
            warn_supervisor(setting, judged, reason="撤回扫码使入企重新分组")
        return _outcome(row, done)


def _take_out(
    row: Scan, *, latest: Resolution, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> tuple[Setting | None, list[Change], Judged | None]:
    """Read the group again without this scan; nothing, for a scan that no visit holds.

    A withdrawal may also carry a year over its cap: a reason that exempted the visit goes with the scan that gave it.
    """
    if latest.visit_id is None:
        return None, [], None
    scan_id = str(row.scan_id)
    setting, others = look_around(
        scan_id=scan_id,
        onsite_at=latest.onsite_at,
        words=row.words,
        caller=caller,
        credit_code=latest.credit_code,
        actor=Actor.officer(caller.certificate_no),
        at=at,
        policy=policy,
    )
    changes = reread(setting, moving={scan_id}, scans=others)
    assign(
        scan_id=scan_id,
        serial=latest.serial + 1,
        visit_id=None,
        setting=setting,
        purpose=latest.purpose,
        onsite_at=latest.onsite_at,
        filing="",
        facts={"withdrawn": True},
    )
    move(others, changes=changes, setting=setting, because=scan_id)
    return setting, changes, judge(setting, changes, annual_cap=annual_cap)


def _let_supervisors_rule(changes: list[Change], *, scan: Scan, reason: str, actor: Actor, at: datetime) -> None:
    """A visit that is withdrawn now counts on until its withdrawal is confirmed."""
    for change in changes:
        if change.read.state == State.WITHDRAWN:
            say(
                Visit.objects.get(pk=change.visit_id),
                kind=Correction.Kind.WITHDRAWAL,
                claim=VOIDED,
                scans=[str(scan.scan_id)],
                reason=reason,
                actor=actor,
                at=at,
            )


def _outcome(row: Scan, done: Withdrawal) -> Withdrawn:
    visit = Visit.objects.filter(resolutions__scan=row).order_by("-resolutions__serial").first()
    return Withdrawn(
        at=done.at,
        reason=done.reason,
        visit=visit.number if visit else "",
        visit_status=visit.status if visit else "none",
    )
