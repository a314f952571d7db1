"""Take in a scan (扫码): keep it, whatever it says, and answer within the one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.problem import Problem
from checkins.contract import ScanWords
from checkins.models import Resolution, Scan
from checkins.photograph import Photograph
from checkins.policy import CheckinPolicy
from checkins.queries import Kept, kept_answer, stands
from checkins.services.arrive import conclude, take_in, when_of
from checkins.services.settle import Settled
from officers.rules import Caller, may_upload


class TokenRevoked(Problem):
    code, status, title = "token-revoked", 401, _("令牌已吊销")


class ScanAltered(Problem):
    """The id is known with other content; `visit` names the stored visit (null while unresolved)."""

    code, status, title = "scan-altered", 422, _("该扫码编号已用于另一内容")


class ScanForeign(Problem):
    """The id is known from another officer: nothing more is said."""

    code, status, title = "scan-id-taken", 422, _("该扫码编号不可用")


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """An answer's facts, kept; filing status and standing as of now. The door adds electronic ID and server time."""

    facts: Mapping[str, Any]
    filing_status: str
    standing: Mapping[str, Any]
    replayed: bool


def scan(
    *,
    words: ScanWords,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    grace: timedelta,
    annual_cap: int,
    photo: Photograph | None = None,
) -> Given:
    """Store a scan once and answer it, the same way however often it is sent; with the photo that came with it.

    Raises TokenRevoked (a revoked token, and the scan is not from before its revocation or the `grace` is over),
    ScanAltered, ScanForeign. Everything else is stored and, where odd, warned about (promise 3).
    """
    content = words.content(photo=photo.sha256 if photo else None)
    kept = kept_answer(scan_id=words.scan_id, officer_id=caller.officer_id, content=content, at=at)
    if kept is not None:
        return again(kept)
    if not may_upload(revoked_at=caller.revoked_at, scanned_at=when_of(words, at=at).best, now=at, grace=grace):
        raise TokenRevoked(str(_("该设备或人员已被吊销，仅接收吊销之前的扫码")))
    try:
        with transaction.atomic():
            settled = _first(
                words, photo=photo, content=content, caller=caller, at=at, policy=policy, annual_cap=annual_cap
            )
    except IntegrityError:
        # The same id was stored by another request after we looked: answer as its replay.
        kept = kept_answer(scan_id=words.scan_id, officer_id=caller.officer_id, content=content, at=at)
        if kept is not None:
            return again(kept)
        _refuse_known(words, caller=caller)
        raise
    return fresh(settled)


def again(kept: Kept) -> Given:
    """The kept answer, as a replay gets it."""
    return Given(facts=kept.facts, filing_status=kept.filing_status, standing=kept.standing, replayed=True)


def fresh(settled: Settled) -> Given:
    """A first answer."""
    visit, enterprise = settled.facts["visit"], settled.facts["enterprise"]
    return Given(
        facts=settled.facts,
        filing_status="pending" if settled.filing else "none",
        standing=stands(
            credit_code=enterprise["credit_code"] if enterprise else "", visit=visit["number"] if visit else None
        ),
        replayed=False,
    )


def _refuse_known(words: ScanWords, *, caller: Caller) -> None:
    """Why did this id not go in? Raises; returns if the id is not known after all."""
    row = Scan.objects.filter(scan_id=words.scan_id).values("officer_id").first()
    if row is None:
        return
    if row["officer_id"] != caller.officer_id:
        raise ScanForeign
    visit = (
        Resolution.objects.filter(scan_id=words.scan_id)
        .order_by("-serial")
        .values_list("visit__number", flat=True)
        .first()
    )
    raise ScanAltered(str(_("同一扫码编号的内容与已存的不同，已存的入企见 visit")), visit=visit)


def _first(
    words: ScanWords,
    *,
    photo: Photograph | None,
    content: bytes,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
) -> Settled:
    taken = take_in(words, photo=photo, content=content, caller=caller, at=at)
    return conclude(taken, caller=caller, at=at, policy=policy, annual_cap=annual_cap)
