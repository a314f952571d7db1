"""Take back one's own scan (撤回), within minutes and with a reason. The row stays; a flag is not lowered by it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from checkins.lane import hold
from checkins.models import Resolution, Scan, Visit, Withdrawal
from checkins.policy import CheckinPolicy
from checkins.queries import own_scan, surroundings
from checkins.reading import Desk, read_again
from checkins.services.learn import unlearn
from checkins.services.regroup import Setting, assign, by_value, move, write
from checkins.services.resolve import NoSuchScan
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


def withdraw(*, scan_id: UUID, reason: str, caller: Caller, at: datetime, policy: CheckinPolicy) -> Withdrawn:
    """Withdraw the caller's own scan. Again: the first withdrawal is answered. Raises NoSuchScan, TooLate."""
    row = own_scan(scan_id=scan_id, officer_id=caller.officer_id)
    if row is None:
        raise NoSuchScan
    with transaction.atomic():
        latest = _latest(row)
        hold(latest.credit_code or row.lane)
        latest = _latest(row)
        done = Withdrawal.objects.filter(scan=row).first()
        if done is not None:
            return _outcome(row, done)
        if at - row.received_at > policy.withdrawal_window:
            raise TooLate
        done = Withdrawal(scan=row, officer_id=caller.officer_id, at=at, reason=reason)
        done.save(force_insert=True)
        facts = _regroup(row, latest=latest, caller=caller, at=at, policy=policy) if latest.visit_id else []
        actor = Actor.officer(caller.certificate_no)
        unlearn(scan_id=str(row.scan_id), code=row.code, actor=actor, at=at)
        record(
            kind="withdrawal",
            subject=str(row.scan_id),
            body={"reason": reason, "certificate_no": caller.certificate_no, "facts": facts},
            actor=actor,
            at=at,
        )
        return _outcome(row, done)


def _latest(row: Scan) -> Resolution:
    return Resolution.objects.filter(scan=row).order_by("-serial")[0]


def _regroup(
    row: Scan, *, latest: Resolution, caller: Caller, at: datetime, policy: CheckinPolicy
) -> list[dict[str, object]]:
    gathered, others = surroundings(
        scan_id=str(row.scan_id),
        onsite_at=latest.onsite_at,
        purpose=latest.purpose,
        continues=row.words["visit"]["continues"],
        credit_code=latest.credit_code,
        agency_id=caller.agency_id,
        agency_code=caller.agency_code,
        window=policy.grouping_window,
    )
    setting = Setting(
        caller=caller,
        credit_code=latest.credit_code,
        gathered=gathered,
        actor=Actor.officer(caller.certificate_no),
        at=at,
    )
    standing = [scan for scan in others if scan.visit_id is not None]
    reads = read_again(
        scans=standing,
        gone=[str(row.scan_id), *(scan.scan_id for scan in others if scan.visit_id is None)],
        desk=Desk(visits=gathered.visits, facts=gathered.dossier.facts),
        window=policy.grouping_window,
    )
    changes = [write(setting, read) for read in reads]
    assign(
        scan_id=str(row.scan_id),
        serial=latest.serial + 1,
        visit_id=None,
        setting=setting,
        purpose=latest.purpose,
        onsite_at=latest.onsite_at,
        filing="",
        facts={"withdrawn": True},
    )
    move(standing, changes=changes, setting=setting, because=str(row.scan_id))
    return [by_value(setting, change.fact) for change in changes]


def _outcome(row: Scan, done: Withdrawal) -> Withdrawn:
    visit = Visit.objects.filter(resolutions__scan=row).order_by("-resolutions__serial").first()
    return Withdrawn(
        at=done.at,
        reason=done.reason,
        visit=visit.number if visit else "",
        visit_status=visit.status if visit else "none",
    )
