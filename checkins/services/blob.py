"""Take in a photo that follows its scan (补传照片), under its hash; scans that waited for it are placed now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.lane import hold
from audit.problem import Problem
from checkins.contract import ScanWords
from checkins.photograph import Photograph, name_of
from checkins.policy import CheckinPolicy
from checkins.queries import awaiting_photo, blob_read
from checkins.services.arrive import photo_lane
from checkins.services.identify import identify, licence_told
from checkins.services.keep_photo import keep_photo
from checkins.services.resolve import AlreadyResolved, ScanWithdrawn, resolve
from enterprises.decoding_pool import Pool
from officers.rules import Caller


class BlobMismatch(Problem):
    """The file's SHA-256 is not the one under which it was sent."""

    code, status, title = "blob-mismatch", 422, _("文件的 SHA-256 与所称的不同")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """`new`: it was not here before. `resolved`: the caller's scans that waited for it and are placed now."""

    new: bool
    resolved: tuple[UUID, ...]


def put_blob(
    *,
    sha256: str,
    photo: bytes,
    reader: Pool,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    annual_cap: int,
) -> Stored:
    """Keep the photo once, however often it is sent. Again: not opened, but scans that still wait are looked for.

    The photo is one transaction, each scan that it places another: if the house falls in between, the same photo
    again places the rest. Raises BlobMismatch, PhotoType, PhotoRefused, DecoderBusy, before anything is stored.
    """
    if name_of(photo) != sha256:
        raise BlobMismatch
    known = blob_read(sha256)
    if known is None:
        taken = Photograph.of(photo, reader.take(photo, read=True), keep_original=policy.keep_original_photos)
        with transaction.atomic():
            hold(photo_lane(sha256))
            keep_photo(taken, subject=f"blob:{sha256}", actor=Actor.officer(caller.certificate_no), at=at)
        text = taken.text
    else:
        text = known.text
    resolved: list[UUID] = []
    for scan_id in awaiting_photo(sha256=sha256, officer_id=caller.officer_id) if text else ():
        if _place(scan_id, text=text, caller=caller, at=at, policy=policy, annual_cap=annual_cap):
            resolved.append(scan_id)
    return Stored(new=known is None, resolved=tuple(resolved))


def _place(
    scan_id: UUID, *, text: str | None, caller: Caller, at: datetime, policy: CheckinPolicy, annual_cap: int
) -> bool:
    """Is this scan placed by what stands on the photo? What is no clear licence is left to the officer."""
    read = ScanWords.model_construct(scan_id=scan_id, code=text, credit_code=None, subject=None)
    identity = identify(read)
    if identity.credit_code is None:
        return False
    try:
        resolve(
            scan_id=scan_id,
            credit_code=identity.credit_code,
            licence=licence_told(identity, words=read),
            caller=caller,
            at=at,
            policy=policy,
            annual_cap=annual_cap,
        )
    except (AlreadyResolved, ScanWithdrawn):
        return False  # its officer was quicker
    return True
