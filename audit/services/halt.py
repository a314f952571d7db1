"""Stop giving places (停止存证排序): a witness has seen more of the log than we have, or another one."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.models import Halt, Log
from audit.services.entry import record
from audit.services.sequence import hold_log
from audit.tree import current_log, halted, head


def halt(
    *, origin: str, why: Halt.Why, witness: str, witness_size: int, note: str, actor: Actor, at: datetime
) -> Halt | None:
    """From here on nothing is sequenced into the log that grows now; the first reason stands. `origin`: the name that
    the logs have in common, for a database that has lost even its first log. `note`: the witness's checkpoint, if it
    showed one that bears our own signature. None: the log has that size by now.

    It waits for the batch that is being sequenced. `resume --after-restore` opens a successor.
    """
    with transaction.atomic(durable=True):
        hold_log()
        log = current_log() or _first_log(origin, at=at)
        standing = halted(log)
        if standing is not None:
            return standing
        newest = head(log)
        if why == Halt.Why.SMALLER and newest is not None and newest.size >= witness_size:
            return None  # the log grew, and the witness was asked, while this one was thinking
        row = Halt(
            log=log,
            at=at,
            why=why,
            size=newest.size if newest else 0,
            witness=witness,
            witness_size=witness_size,
            note=note,
        )
        row.save(force_insert=True)
        record(
            kind="log-halted",
            subject=f"log:{log.number}",
            body={"why": why.value, "size": row.size, "witness": witness, "witness_size": witness_size, "note": note},
            actor=actor,
            at=at,
        )
    return row


def _first_log(origin: str, *, at: datetime) -> Log:
    log = Log(number=1, origin=f"{origin}/1", opened_at=at)
    log.save(force_insert=True)
    return log
