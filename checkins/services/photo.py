"""Take in a scan with a photo of the licence (拍照扫码): open it, read it, and then it is a scan like any other."""

from datetime import datetime, timedelta

from checkins.contract import PhotographedWords
from checkins.photograph import Photograph, name_of
from checkins.policy import CheckinPolicy
from checkins.queries import blob_read, kept_answer
from checkins.services.blob import BlobMismatch, put_blob
from checkins.services.scan import Given, again, scan
from enterprises.decoding_pool import Pool
from officers.rules import Caller


def scan_photo(
    *,
    words: PhotographedWords,
    photo: bytes,
    reader: Pool,
    caller: Caller,
    at: datetime,
    policy: CheckinPolicy,
    grace: timedelta,
    annual_cap: int,
) -> Given:
    """Store the scan and its photo once. A replay, which is the same words and the same file, is answered unopened.

    Where the phone read a code itself, that one counts and the photo is only kept. A photo on which nothing can be
    read is kept all the same, and warned about. Raises what `scan` raises, and BlobMismatch, PhotoType, PhotoRefused,
    DecoderBusy, before anything is stored.
    """
    name = name_of(photo)
    if words.photo_sha256 not in {None, name}:
        raise BlobMismatch
    content = words.content(photo=name)
    kept = kept_answer(scan_id=words.scan_id, officer_id=caller.officer_id, content=content, at=at)
    if kept is not None:
        if blob_read(name) is None:  # the scan went ahead of its photo, which comes in this form after all
            put_blob(
                sha256=name, photo=photo, reader=reader, caller=caller, at=at, policy=policy, annual_cap=annual_cap
            )
        return again(kept)
    taken = reader.take(photo, read=not words.code)
    return scan(
        words=words,
        photo=Photograph.of(photo, taken, keep_original=policy.keep_original_photos),
        caller=caller,
        at=at,
        policy=policy,
        grace=grace,
        annual_cap=annual_cap,
    )
