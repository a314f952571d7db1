"""Take in a scan (扫码): keep it, whatever it says, and answer within the one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.lane import InLane
from audit.problem import Problem
from checkins.arrival import Arrival
from checkins.contract import ScanWords
from checkins.models import Resolution, Scan
from checkins.photograph import Photograph
from checkins.place import Fix
from checkins.policy import CheckinPolicy
from checkins.queries import Kept, kept_answer, stands
from checkins.rules import Warn
from checkins.services.identify import identify, licence_told
from checkins.services.keep_photo import keep_photo
from checkins.services.learn import learn
from checkins.services.places import keep_subject
from checkins.services.settle import Settled, settle
from checkins.services.unresolved import keep_unresolved
from checkins.when import Clock, Interval, when
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
    seen = photo.beside(words) if photo else words
    identity = identify(seen)
    row = _keep(
        words,
        code=seen.code,
        photo=photo.sha256 if photo else None,
        content=content,
        caller=caller,
        at=at,
        lane=identity.credit_code or str(words.scan_id),
    )
    moment = when_of(words, at=at)
    arrival = Arrival(
        scan_id=str(words.scan_id),
        words=row.words,
        licence=licence_told(identity, words=seen),
        content=content,
        scanned_at=words.scanned_at,
        received_at=at,
        onsite_at=moment.best,
        when=moment,
        fix=fix_of(row),
    )
    actor = Actor.officer(caller.certificate_no)
    warnings = list(identity.warnings)
    if photo is not None:
        keep_photo(photo, scan_id=arrival.scan_id, actor=actor, at=at)
        warnings += [Warn.PHOTO_UNREADABLE] if seen.code is None and words.subject is None else []
    if identity.credit_code is None:
        return keep_unresolved(arrival, caller=caller, warnings=warnings, actor=actor, at=at, policy=policy)
    if Warn.NO_LICENCE in warnings:
        keep_subject(words, number=identity.credit_code, caller=caller, actor=actor, at=at)
    settled = settle(
        arrival,
        caller=caller,
        credit_code=identity.credit_code,
        serial=1,
        warnings=warnings,
        actor=actor,
        at=at,
        policy=policy,
        annual_cap=annual_cap,
    )
    if words.credit_code:
        learn(settled, scan_id=arrival.scan_id, licence=arrival.licence, actor=actor, at=at)
    return settled


def _keep(
    words: ScanWords,
    *,
    code: str | None,
    photo: str | None,
    content: bytes,
    caller: Caller,
    at: datetime,
    lane: str,
) -> Scan:
    """INSERT what arrived; on PostgreSQL the lane's lock is taken in the same statement."""
    location = words.location
    row = Scan(
        scan_id=words.scan_id,
        officer_id=caller.officer_id,
        device_id=caller.device_id,
        agency_id=caller.agency_id,
        content=content,
        code=code,
        credit_code=words.credit_code and words.credit_code[:18],
        lane=InLane(lane),  # type: ignore[misc]
        scanned_at=words.scanned_at,
        received_at=at,
        longitude=location and location.longitude,
        latitude=location and location.latitude,
        accuracy_m=location and location.accuracy_m,
        datum=location and location.datum.value,
        provider=location and location.provider,
        mock=location and location.mock,
        words=words.known(photo=photo),
        extra=words.unknown(),
        counter=words.counter,
        photo=photo,
    )
    row.save(force_insert=True)
    return row


def when_of(words: ScanWords, *, at: datetime) -> Interval:
    """When was this scan, which arrives at `at`, made?"""
    return when(scanned_at=words.scanned_at, clock=Clock.of(words.known()), received_at=at)


def fix_of(row: Scan) -> Fix | None:
    """The scan's fix, None if the phone had none."""
    if row.longitude is None or row.latitude is None:
        return None
    return Fix(
        longitude=row.longitude,
        latitude=row.latitude,
        datum=row.datum or "WGS84",
        accuracy_m=row.accuracy_m,
        mock=bool(row.mock),
    )
