"""Keep a file that would be taken into a register, beside what that would change. The register stays as it is."""

import uuid
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from audit.actor import Actor
from audit.foreseen import Foreseen, Register, take_all
from audit.intake import HEADING_LINES
from audit.models import ImportFile
from audit.policy import ImportPolicy
from audit.upload import suffix_of


def preview_import(
    register: Register, *, name: str, content: bytes, reason: str, policy: ImportPolicy, actor: Actor, at: datetime
) -> ImportFile:
    """The kept file. A file of this account for the same register that was not taken is forgotten for it.

    Raises UploadRefused and UnreadableSheet, and then nothing is kept.
    """
    suffix = suffix_of(content, most_bytes=policy.file_bytes, most_lines=register.most_lines(policy) + HEADING_LINES)
    with transaction.atomic():
        forget_imports(at=at)
        ImportFile.objects.filter(register=register.label, actor=actor, taken_at=None).delete()
        file = ImportFile(
            id=uuid.uuid4(),
            register=register.label,
            actor=actor,
            name=name[:100],
            suffix=suffix,
            sha256=sha256(content).hexdigest(),
            content=content,
            reason=reason,
            foreseen=foresee(
                register, content=content, suffix=suffix, policy=policy, actor=actor, at=at, reason=reason
            ).kept(),
            at=at,
            expires_at=at + timedelta(minutes=policy.minutes),
        )
        file.save(force_insert=True)
    return file


def foresee(
    register: Register, *, content: bytes, suffix: str, policy: ImportPolicy, actor: Actor, at: datetime, reason: str
) -> Foreseen:
    """Take it all and take it back, within the caller's transaction."""
    with transaction.atomic():
        found = take_all(register, content=content, suffix=suffix, policy=policy, actor=actor, at=at, reason=reason)
        transaction.set_rollback(True)
    return found


def forget_imports(*, at: datetime) -> int:
    """Delete files whose time is over; how many were they? One statement."""
    return ImportFile.objects.filter(expires_at__lte=at).delete()[0]
