"""Go on after a restore (恢复后续存): close the halted log, and open a successor that says what was lost. Two persons.

The successor's first entry names the checkpoint that the witness saw last: whoever holds a receipt from between finds
there why its log goes no further.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.duties import RESUMERS
from audit.log_keys import LogKeys
from audit.models import Account, Checkpoint, Halt, Log, Resumption
from audit.problem import Problem
from audit.services.entry import record
from audit.services.sequence import grow, hold_log
from audit.tree import current_log, halted, head
from audit.watcher import Watcher
from audit.witnesses import Witnesses


class NotHalted(Problem):
    """The log grows: there is nothing to go on from."""

    code, status, title = "log-not-halted", 409, _("存证日志没有停止排序，无须恢复")


class SameResumer(Problem):
    code, status, title = "resume-same-person", 409, _("恢复须由另一人确认")


class ProposerGone(Problem):
    """The first person's account was closed, or may not say so any more: another one proposes it anew."""

    code, status, title = "resume-proposer-gone", 409, _("提出恢复的账号已停用或不再有权，须由他人重新提出")


def waiting_resumption() -> Resumption | None:
    """Whose word about the log that is halted now waits for a second person's? The last one's who proposed it."""
    log = current_log()
    return Resumption.objects.filter(log=log).order_by("-pk").first() if log and halted(log) else None


def propose_resumption(*, reason: str, actor: Actor, at: datetime) -> Resumption:
    """The first person's word. Raises NotHalted."""
    with transaction.atomic(durable=True):
        hold_log()
        log, _why = _halted_log()
        row = Resumption(log=log, reason=reason, proposed_by=actor, at=at)
        row.save(force_insert=True)
        record(kind="resume-proposed", subject=f"log:{log.number}", body={"reason": reason}, actor=actor, at=at)
    return row


def may_confirm(resumption: Resumption, *, by: Actor) -> None:
    """Another person, and the first one may still say so? Raises SameResumer, ProposerGone."""
    if resumption.proposed_by == by:
        raise SameResumer
    kind, _colon, username = resumption.proposed_by.partition(":")
    if kind != "account" or not Account.objects.filter(username=username, is_active=True, role__in=RESUMERS).exists():
        raise ProposerGone


def next_number(*, origin: str, keys: LogKeys, witnesses: Witnesses) -> int:
    """Which number has never been opened, as far as the witnesses know? HTTP, so outside any transaction.

    The same copy restored twice knows nothing of the successor that was opened the first time: another tree under the
    same name would be a forgery in everybody's eyes. Raises NotHalted.
    """
    log, _why = _halted_log()
    number = log.number + 1
    while any(_knows(witnesses, watcher, f"{origin}/{number}", keys) for watcher in witnesses.policy.watchers):
        number += 1
    return number


def _knows(witnesses: Witnesses, watcher: Watcher, origin: str, keys: LogKeys) -> bool:
    return bool(witnesses.shown(watcher, origin=origin, verifiers=[key.verifier for key in keys.note_keys(origin)]))


def confirm_resumption(
    *, resumption: Resumption, number: int, origin: str, keys: LogKeys, actor: Actor, at: datetime
) -> Log:
    """The second person's yes: the successor, with its first entry in place and its first checkpoint signed.

    `number`: of the successor (`next_number`); `origin`: the name that the logs have in common. What still waits in the
    queue comes behind. Raises SameResumer, ProposerGone, NotHalted (also where somebody was first).
    """
    with transaction.atomic(durable=True):
        hold_log()
        log, why = _halted_log()
        if log.pk != resumption.log_id or number <= log.number:
            raise NotHalted
        may_confirm(resumption, by=actor)
        newest = head(log)
        persons = [resumption.proposed_by, str(actor)]
        successor = Log(
            number=number,
            origin=f"{origin}/{number}",
            opened_at=at,
            after=why.note or (newest.note if newest else ""),
            reason=resumption.reason,
            by=", ".join(persons),
        )
        successor.save(force_insert=True)
        body = _told(successor, log=log, newest=newest, why=why, persons=persons)
        entry = record(kind="log-opened", subject=f"log:{successor.number}", body=body, actor=actor, at=at)
        grow(successor, queued=[(entry.pk, bytes(entry.leaf))], keys=keys, at=at)
    return successor


def _halted_log() -> tuple[Log, Halt]:
    log = current_log()
    why = halted(log) if log else None
    if log is None or why is None:
        raise NotHalted
    return log, why


def _told(successor: Log, *, log: Log, newest: Checkpoint | None, why: Halt, persons: list[str]) -> Mapping[str, Any]:
    """The gap: what the old log was here and at the witness; the entries between are not in this database."""
    return {
        "origin": successor.origin,
        "follows": log.origin,
        "after": successor.after,
        "reason": successor.reason,
        "persons": persons,
        "here": {"size": newest.size if newest else 0, "root": _text(bytes(newest.root)) if newest else ""},
        "witness": {"name": why.witness, "size": why.witness_size, "why": why.why},
        "halted_at": why.at,
    }


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
