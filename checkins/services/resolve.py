"""Say which enterprise an unresolved scan was at (认定): the visit, its fact, its filing come into being now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.lane import hold
from audit.problem import Problem
from checkins.arrival import Arrival
from checkins.models import Resolution, Scan, Withdrawal
from checkins.policy import CheckinPolicy
from checkins.queries import answered, own_scan
from checkins.services.arrive import fix_of
from checkins.services.learn import learn
from checkins.services.scan import Given, again, fresh
from checkins.services.settle import settle
from checkins.when import Clock, when
from enterprises.credit_code import clean, is_credit_code
from officers.rules import Caller


class NoSuchScan(Problem):
    code, status, title = "scan-not-found", 404, _("没有找到该扫码")


class CreditCodeInvalid(Problem):
    code, status, title = "credit-code-invalid", 422, _("统一社会信用代码未通过校验")


class AlreadyResolved(Problem):
    """A wrong enterprise is withdrawn or voided, never edited; `credit_code` is the one that stands."""

    code, status, title = "scan-already-resolved", 409, _("该扫码已认定为另一企业")


class ScanWithdrawn(Problem):
    code, status, title = "scan-withdrawn", 409, _("该扫码已撤回")


def resolve(
    *,
    scan_id: UUID,
    credit_code: str,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
    licence: Mapping[str, Any] | None = None,
) -> Given:
    """Resolve the caller's own scan; the same choice again gets the same answer.

    `licence`: what was read on a photo that has come by now; None: the officer has chosen, which may be a lesson.

    Raises NoSuchScan, CreditCodeInvalid, AlreadyResolved, ScanWithdrawn.
    """
    chosen = clean(credit_code)
    if not is_credit_code(chosen):
        raise CreditCodeInvalid
    row = own_scan(scan_id=scan_id, officer_id=caller.officer_id)
    if row is None:
        raise NoSuchScan
    with transaction.atomic():
        standing = hold_scan(row)
        if Withdrawal.objects.filter(scan=row).exists():
            raise ScanWithdrawn
        hold(chosen)
        return _resolve(
            row,
            standing=standing,
            chosen=chosen,
            licence=licence,
            caller=caller,
            at=at,
            policy=policy,
            annual_cap=annual_cap,
        )


def hold_scan(row: Scan) -> Resolution:
    """Take the lanes of a scan that is there already, and return how it is read under them.

    First the lane in which it arrived: while an unresolved scan has none of an enterprise, that is where its
    resolution and its withdrawal meet. Then the enterprise's.
    """
    hold(row.lane)
    latest = _latest(row)
    if latest.credit_code and latest.credit_code != row.lane:
        hold(latest.credit_code)
        latest = _latest(row)
    return latest


def _latest(row: Scan) -> Resolution:
    return Resolution.objects.select_related("agency").filter(scan=row).order_by("-serial")[0]


def _resolve(
    row: Scan,
    *,
    standing: Resolution,
    chosen: str,
    licence: Mapping[str, Any] | None,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
) -> Given:
    if standing.credit_code == chosen:
        return again(answered(row))
    if standing.credit_code:
        raise AlreadyResolved(credit_code=standing.credit_code)
    told = licence or {**standing.facts["licence"], "credit_code": chosen, "needs_confirmation": False}
    settled = settle(
        Arrival(
            scan_id=str(row.scan_id),
            words=row.words,
            licence=told,
            content=bytes(row.content),
            scanned_at=row.scanned_at,
            received_at=row.received_at,
            onsite_at=standing.onsite_at,
            when=when(scanned_at=row.scanned_at, clock=Clock.of(row.words), received_at=row.received_at),
            fix=fix_of(row),
        ),
        caller=caller.at_agency(row.agency),
        credit_code=chosen,
        serial=standing.serial + 1,
        warnings=[],
        actor=Actor.officer(caller.certificate_no),
        at=at,
        policy=policy,
        annual_cap=annual_cap,
    )
    if licence is None:
        learn(settled, scan_id=str(row.scan_id), licence=told, actor=Actor.officer(caller.certificate_no), at=at)
    return fresh(settled)
