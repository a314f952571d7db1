"""Show the newest checkpoint to each witness, and keep what it says (见证): a cosignature, or a reason to stop.

HTTP happens between short transactions. A witness that is away costs nothing but its own wait.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.add_checkpoint import AddCheckpoint
from audit.log_keys import LogKeys
from audit.merkle import EMPTY_ROOT, Edge
from audit.models import Checkpoint, Cosignature, Halt, Log
from audit.note import Head, Note, signed
from audit.services.halt import halt
from audit.services.sequence import hold_log
from audit.tree import consistency, current_log, halted, head, tree
from audit.watcher import Watcher
from audit.witnesses import Answer, Cosigned, Disagrees, Knows, Unanswered, Witnesses


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What came of asking one witness: `cosigned`, `halted`, `passed` (another worker was faster: the next round
    tells), `unanswered`, or `doubtful` (a refusal that nothing proves; then `detail` says which)."""

    witness: str
    what: str
    size: int
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The checkpoint that is shown; `row` None: the log that nothing was sequenced into yet, of size 0."""

    log: Log | None
    row: Checkpoint | None
    head: Head
    note: str


def cosign(
    witnesses: Witnesses, *, keys: LogKeys, origin: str, actor: Actor, at: datetime, again: bool = False
) -> Iterator[Heard]:
    """Ask each witness that has not cosigned the newest checkpoint; with `again` also those that have.

    `origin`: the name that the logs have in common.
    """
    if not witnesses.policy.watchers:
        return
    shown = _newest(keys, origin)
    if shown.log is not None and halted(shown.log):
        return
    for watcher in witnesses.policy.watchers:
        known = _cosigned_size(watcher, shown)
        if known == shown.head.size and shown.row is not None and not again:
            continue
        try:
            yield _ask(witnesses, watcher, shown, old=known, keys=keys, origin=origin, actor=actor, at=at)
        except Unanswered as failure:
            yield Heard(witness=watcher.verifier.name, what="unanswered", size=shown.head.size, detail=str(failure))


def _ask(
    witnesses: Witnesses,
    watcher: Watcher,
    shown: Shown,
    *,
    old: int,
    keys: LogKeys,
    origin: str,
    actor: Actor,
    at: datetime,
) -> Heard:
    size, name = shown.head.size, watcher.verifier.name
    answer = _say(witnesses, watcher, shown, old=old)
    if isinstance(answer, Knows) and answer.size <= size and answer.size != old:
        old = answer.size  # one more try, from where the witness is
        answer = _say(witnesses, watcher, shown, old=old)
    if isinstance(answer, Cosigned):
        if shown.row is not None:
            _keep(shown.row, witness=name, line=answer.line, at=at)
        return Heard(witness=name, what="cosigned", size=size)
    if isinstance(answer, Knows) and (answer.size < size or (answer.size == size and old != size)):
        return Heard(witness=name, what="passed", size=size)
    seen = answer.size if isinstance(answer, Knows) else old
    verifiers = [key.verifier for key in keys.note_keys(shown.head.origin)]
    note = witnesses.shown(watcher, origin=shown.head.origin, verifiers=verifiers)
    if isinstance(answer, Disagrees):
        # Any proxy before the witness can say that. What it has cosigned, and we have not, only it can show.
        if not note or _is_ours(shown, note):
            return Heard(witness=name, what="doubtful", size=size, detail=answer.detail)
        seen = Head.of(Note.of(note).text).size
    row = halt(
        origin=origin,
        why=Halt.Why.SMALLER if seen > size else Halt.Why.ANOTHER,
        witness=name,
        witness_size=seen,
        note=note,
        actor=actor,
        at=at,
    )
    if row is None:
        return Heard(witness=name, what="passed", size=size)
    return Heard(witness=name, what="halted", size=size, detail=str(row))


def _say(witnesses: Witnesses, watcher: Watcher, shown: Shown, *, old: int) -> Answer:
    size = shown.head.size
    proof = consistency(shown.log, old, size) if shown.log is not None and 0 < old < size else []
    return witnesses.ask(watcher, AddCheckpoint(old=old, proof=proof, note=shown.note))


def _is_ours(shown: Shown, note: str) -> bool:
    """Is this checkpoint one of the tree that was shown?"""
    there = Head.of(Note.of(note).text)
    if there.size in (0, shown.head.size):
        return there.size == 0 or there.root == shown.head.root
    if shown.log is None or there.size > shown.head.size:
        return False
    return Edge.of(there.size, read=tree(shown.log, size=there.size)).root() == there.root


def _newest(keys: LogKeys, origin: str) -> Shown:
    log = current_log()
    row = head(log) if log else None
    if row is not None:
        return Shown(log=log, row=row, head=Head(row.log.origin, row.size, bytes(row.root)), note=row.note)
    empty = Head(log.origin if log else f"{origin}/1", 0, EMPTY_ROOT)
    return Shown(log=log, row=None, head=empty, note=str(signed(empty.text(), keys=keys.note_keys(empty.origin))))


def _cosigned_size(watcher: Watcher, shown: Shown) -> int:
    """The largest size of this log that we know it to have cosigned."""
    rows = Cosignature.objects.filter(checkpoint__log=shown.log, witness=watcher.verifier.name)
    return rows.order_by("-checkpoint__size").values_list("checkpoint__size", flat=True).first() or 0


def _keep(checkpoint: Checkpoint, *, witness: str, line: str, at: datetime) -> None:
    """Once a witness, whoever of several workers asked first."""
    with transaction.atomic(durable=True):
        hold_log()
        if not Cosignature.objects.filter(checkpoint=checkpoint, witness=witness).exists():
            Cosignature(checkpoint=checkpoint, witness=witness, line=line, at=at).save(force_insert=True)
