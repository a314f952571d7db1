"""Say which enterprise an unresolved scan was at (认定): the visit, its fact, its filing come into being now."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from checkins.arrival import Arrival
from checkins.lane import hold
from checkins.models import Resolution, Scan
from checkins.policy import CheckinPolicy
from checkins.queries import own_scan
from checkins.services.learn import learn
from checkins.services.scan import Given, fix_of
from checkins.services.settle import settle
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
    *, scan_id: UUID, credit_code: str, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> Given:
    """Resolve the caller's own scan; the same choice again gets the same answer.

    Raises NoSuchScan, CreditCodeInvalid, AlreadyResolved, ScanWithdrawn.
    """
    chosen = clean(credit_code)
    if not is_credit_code(chosen):
        raise CreditCodeInvalid
    row = own_scan(scan_id=scan_id, officer_id=caller.officer_id)
    if row is None:
        raise NoSuchScan
    try:
        with transaction.atomic():
            hold(chosen)
            return _resolve(row, chosen=chosen, caller=caller, at=at, policy=policy, annual_cap=annual_cap)
    except IntegrityError:
        # Another request resolved this scan to another enterprise, in another lane, at the same instant.
        standing = _latest(row)
        raise AlreadyResolved(credit_code=standing.credit_code) from None


def _latest(row: Scan) -> Resolution:
    return Resolution.objects.select_related("visit").filter(scan=row).order_by("-serial")[0]


def _resolve(row: Scan, *, chosen: str, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int) -> Given:
    standing = _latest(row)
    if hasattr(row, "withdrawal"):
        raise ScanWithdrawn
    if standing.credit_code == chosen:
        kept = Resolution.objects.filter(scan=row, facts__has_key="visit").order_by("-serial")[0]
        return Given(facts=kept.facts, filing_status="pending", replayed=True)
    if standing.credit_code:
        raise AlreadyResolved(credit_code=standing.credit_code)
    licence = {**standing.facts["licence"], "credit_code": chosen, "needs_confirmation": False}
    settled = settle(
        Arrival(
            scan_id=str(row.scan_id),
            words=row.words,
            licence=licence,
            content=bytes(row.content),
            scanned_at=row.scanned_at,
            received_at=row.received_at,
            onsite_at=standing.onsite_at,
            fix=fix_of(row),
        ),
        caller=caller,
        credit_code=chosen,
        serial=standing.serial + 1,
        warnings=[],
        actor=Actor.officer(caller.certificate_no),
        at=at,
        policy=policy,
        annual_cap=annual_cap,
    )
    learn(settled, scan_id=str(row.scan_id), licence=licence, actor=Actor.officer(caller.certificate_no), at=at)
    return Given(facts=settled.facts, filing_status="pending", replayed=False)
