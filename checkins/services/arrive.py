"""Keep what a phone sent, then settle what it means: the two halves of taking in a scan (parts of a deed)."""

from dataclasses import dataclass
from datetime import datetime

from audit.actor import Actor
from audit.lane import InLane, hold
from audit.pen import Pen
from checkins.arrival import Arrival
from checkins.contract import ScanWords
from checkins.gaps import counter_lane
from checkins.gathering import Gathered
from checkins.models import Scan
from checkins.photograph import Photograph
from checkins.place import Fix
from checkins.policy import CheckinPolicy
from checkins.queries import blob_read
from checkins.rules import Warn
from checkins.services.identify import Identity, identify, licence_told
from checkins.services.keep_photo import keep_photo
from checkins.services.learn import learn
from checkins.services.places import keep_subject
from checkins.services.settle import Settled, settle
from checkins.services.unresolved import keep_unresolved
from checkins.when import Clock, Interval, when
from officers.rules import Caller


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenIn:
    """A scan that is kept, with what it says of its enterprise; nothing is decided yet."""

    words: ScanWords
    lane: str
    identity: Identity
    arrival: Arrival
    warnings: tuple[Warn, ...]


def take_in(
    words: ScanWords,
    *,
    photo: Photograph | None = None,
    content: bytes,
    caller: Caller,
    at: datetime,
    pen: Pen | None = None,
) -> TakenIn:
    """Keep what arrived, whatever it says. Without a pen its lanes are held, on PostgreSQL by the same INSERT."""
    seen, doubts = _seen(words, photo=photo)
    identity = identify(seen)
    lane = identity.credit_code or str(words.scan_id)
    location = words.location
    row = Scan(
        scan_id=words.scan_id,
        officer_id=caller.officer_id,
        device_id=caller.device_id,
        agency_id=caller.agency_id,
        content=content,
        code=seen.code,
        credit_code=words.credit_code and words.credit_code[:18],
        lane=InLane(lane, beside=_counted(words, caller)) if pen is None else lane,  # type: ignore[misc]
        scanned_at=words.scanned_at,
        received_at=at,
        longitude=location and location.longitude,
        latitude=location and location.latitude,
        accuracy_m=location and location.accuracy_m,
        datum=location and location.datum.value,
        provider=location and location.provider,
        mock=location and location.mock,
        words=words.known(photo=photo.sha256 if photo else None),
        extra=words.unknown(),
        counter=words.counter,
        photo=photo.sha256 if photo else words.photo_sha256,
    )
    row.save(force_insert=True) if pen is None else pen.take(row)
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
    if photo is not None:
        keep_photo(photo, subject=arrival.scan_id, actor=Actor.officer(caller.certificate_no), at=at)
    warnings = (*identity.warnings, *doubts)
    return TakenIn(words=words, lane=lane, identity=identity, arrival=arrival, warnings=warnings)


def _counted(words: ScanWords, caller: Caller) -> str | None:
    return None if words.counter is None else counter_lane(caller.device_id)


def _seen(words: ScanWords, *, photo: Photograph | None) -> tuple[ScanWords, list[Warn]]:
    """The words as they are understood with the photo, which came with them, came before or is still to come.

    No statement without a photo. Where only a photo that follows says which enterprise it was, its lane is held first:
    whoever of scan and photo comes second finds the other.
    """
    if photo is not None:
        seen = photo.beside(words)
        return seen, [Warn.PHOTO_UNREADABLE] if seen.code is None and words.subject is None else []
    if words.photo_sha256 is None:
        return words, []
    mute = hangs_on_photo(words)
    if mute:
        hold(photo_lane(words.photo_sha256))
    blob = blob_read(words.photo_sha256)
    if blob is None:
        return words, [Warn.PHOTO_PENDING]
    if not mute:
        return words, []
    return words.model_copy(update={"code": blob.text}), [] if blob.text else [Warn.PHOTO_UNREADABLE]


def hangs_on_photo(words: ScanWords) -> bool:
    """Does nothing but a photo that follows say which enterprise it was?"""
    return words.photo_sha256 is not None and not (words.code or words.credit_code or words.subject)


def photo_lane(sha256: str) -> str:
    """The lane in which a photo and the scans that wait for it meet."""
    return f"photo:{sha256}"


def conclude(
    taken: TakenIn,
    *,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
    gathered: Gathered | None = None,
    pen: Pen | None = None,
) -> Settled:
    """Settle a scan that is kept, under its lane's lock."""
    words, warnings, actor = taken.words, list(taken.warnings), Actor.officer(caller.certificate_no)
    credit_code = taken.identity.credit_code
    if credit_code is None:
        return keep_unresolved(
            taken.arrival, caller=caller, warnings=warnings, actor=actor, at=at, policy=policy, pen=pen
        )
    if Warn.NO_LICENCE in warnings:
        keep_subject(words, number=credit_code, caller=caller, actor=actor, at=at)
    settled = settle(
        taken.arrival,
        caller=caller,
        credit_code=credit_code,
        serial=1,
        warnings=warnings,
        actor=actor,
        at=at,
        policy=policy,
        annual_cap=annual_cap,
        gathered=gathered,
        pen=pen,
    )
    if words.credit_code:
        learn(settled, scan_id=taken.arrival.scan_id, licence=taken.arrival.licence, actor=actor, at=at)
    return settled


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
