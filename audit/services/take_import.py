"""Take a kept file into its register: exactly what was shown, or nothing and a new look."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.foreseen import Foreseen, Register, take_all
from audit.models import ImportFile
from audit.policy import ImportPolicy
from audit.problem import Problem
from audit.services.entry import record


class NoSuchImport(Problem):
    """None of this account and register, or its time is over."""

    code, status, title = "no-such-import", 404, _("没有这个待导入的文件，或已超过保留时间，请重新上传")


class ManyLeave(Problem):
    """It may be the wrong file."""

    code, status, title = "many-leave-service", 409, _("该文件会停用过多的记录，请核对并确认后再导入")


@dataclass(frozen=True, slots=True)
class Taken:
    """`changed_meanwhile`: nothing was taken, because it would change other things than were shown; now it shows
    those."""

    file: ImportFile
    changed_meanwhile: bool = False


class _Otherwise(Exception):
    """What would be done is not what was shown."""

    def __init__(self, found: Foreseen) -> None:
        self.found = found


def take_import(
    register: Register, *, key: uuid.UUID, leaving_confirmed: bool, policy: ImportPolicy, actor: Actor, at: datetime
) -> Taken:
    """One transaction: every good row, the history of each with this account and reason, and one entry. Who asks twice
    is told of the same once. Refused rows are left out, as they were shown.

    Raises NoSuchImport; ManyLeave where more would leave service than may without a word (`leaving_confirmed`).
    """
    with transaction.atomic():
        kept = ImportFile.objects.select_for_update().filter(
            pk=key, register=register.label, actor=actor, expires_at__gt=at
        )
        file = kept.first()
        if file is None:
            raise NoSuchImport
        if file.taken_at is not None:
            return Taken(file)
        content = bytes(file.content or b"")
        if sha256(content).hexdigest() != file.sha256:
            raise NoSuchImport
        shown = Foreseen.of(file.foreseen)
        if shown.needs_a_word(policy) and not leaving_confirmed:
            raise ManyLeave
        try:
            found = _take(register, file, content, shown=shown, policy=policy, actor=actor, at=at)
        except _Otherwise as other:
            kept.update(foreseen=other.found.kept())
            file.foreseen = other.found.kept()
            return Taken(file, changed_meanwhile=True)
        record(
            kind="register_file_taken",
            subject=f"{register.label}:{file.sha256[:16]}",
            body={
                "register": register.label,
                "file": file.name,
                "sha256": file.sha256,
                "reason": file.reason,
                "lines": found.lines,
                "new": found.news,
                "changed": found.changes,
                "unchanged": found.unchanged,
                "refused": found.bad_lines,
                "digest": found.digest,
            },
            actor=actor,
            at=at,
        )
        kept.update(content=None, taken_at=at)
        file.content, file.taken_at = None, at
    return Taken(file)


def _take(
    register: Register,
    file: ImportFile,
    content: bytes,
    *,
    shown: Foreseen,
    policy: ImportPolicy,
    actor: Actor,
    at: datetime,
) -> Foreseen:
    """All of it, or nothing. Raises _Otherwise with what it would have been."""
    with transaction.atomic():
        found = take_all(
            register, content=content, suffix=file.suffix, policy=policy, actor=actor, at=at, reason=file.reason
        )
        if (found.digest, found.lines) != (shown.digest, shown.lines):
            raise _Otherwise(found)
    return found
