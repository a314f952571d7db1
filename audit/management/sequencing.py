"""What a worker does with the log: give places, and show each new checkpoint to the witnesses."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from audit.actor import Actor
from audit.log_keys import LogPolicy
from audit.management.rounds import Chore
from audit.management.turn import turn
from audit.models import Halt
from audit.services.cosign import Heard, cosign
from audit.services.sequence import Halted, sequence
from audit.witnesses import Witnesses

logger = logging.getLogger("audit.log")

WORKER = Actor.command("work")
SEQUENCE_EVERY = timedelta(seconds=1)
COSIGN_EVERY = timedelta(seconds=2)
AT_MOST = 8
"""Batches in one turn: after an outage the queue is taken in several turns, and SIGTERM is heard in between."""
ALARM_EVERY = timedelta(minutes=1)

Tell = Callable[[str, Mapping[str, Any]], None]


class Sequencing:
    """`halted`: why this worker gives no places, if it does not. Both chores may run in threads of their own."""

    def __init__(self, *, log: LogPolicy, witnesses: Witnesses, tell: Tell) -> None:
        self._log, self._witnesses, self._tell = log, witnesses, tell
        self._asked = False
        self._away: dict[str, str] = {}
        self._doubted: dict[str, float] = {}
        self._alarmed = float("-inf")
        self.halted: Halt | None = None

    def sequencer(self) -> Chore:
        """A promise runs out after a minute, and watching may take longer: it wants a thread of its own."""
        return Chore(name="sequenced", every=SEQUENCE_EVERY, run=self._sequence)

    def cosigner(self) -> Chore:
        """So does this one: it waits for witnesses."""
        return Chore(name="cosigned", every=COSIGN_EVERY, run=self._cosign)

    def _sequence(self) -> Mapping[str, Any]:
        """Into the tree, a batch a transaction. Without keys entries wait in their queue.

        Before the first batch the witnesses are asked, so that a house that came back with an older database signs
        nothing over it. One that is away is passed over: it will be heard later.
        """
        if self._log.keys is None:
            return {}
        if not self._asked:
            try:
                self._ask(again=True)
            except DatabaseError:
                raise
            except Exception:
                logger.exception("asking the witnesses broke")
            self._asked = True
        entries, size = 0, None
        try:
            for _turn in range(AT_MOST):
                with turn():
                    done = sequence(keys=self._log.keys, origin=self._log.origin, at=timezone.now())
                if done is None:
                    break
                size = done.checkpoint.size
                entries += size - done.before
            self.halted = None
        except Halted as stop:
            self._alarm(stop.halt)
        return {"entries": entries, "size": size} if entries else {}

    def _cosign(self) -> Mapping[str, Any]:
        return self._ask(again=False) if self._log.keys else {}

    def _ask(self, *, again: bool) -> Mapping[str, Any]:
        """What was heard that is new: who has cosigned; who is away or back again is told by events of their own."""
        if self._log.keys is None:
            return {}
        cosigned: list[str] = []
        size = 0
        for heard in cosign(
            self._witnesses,
            keys=self._log.keys,
            origin=self._log.origin,
            actor=WORKER,
            at=timezone.now(),
            again=again,
        ):
            if heard.what == "unanswered":
                if self._away.get(heard.witness) != heard.detail:
                    self._tell("witness_away", {"witness": heard.witness, "detail": heard.detail})
                self._away[heard.witness] = heard.detail
                continue
            if heard.what == "doubtful":
                self._doubt(heard)
                continue
            self._away.pop(heard.witness, None)
            self._doubted.pop(heard.witness, None)
            if heard.what == "cosigned":
                cosigned, size = [*cosigned, heard.witness], heard.size
        return {"size": size, "witnesses": cosigned} if cosigned else {}

    def _doubt(self, heard: Heard) -> None:
        """Once a minute for as long as it lasts: the checkpoint is not cosigned, and nobody shows why."""
        if time.monotonic() - self._doubted.get(heard.witness, float("-inf")) < ALARM_EVERY.total_seconds():
            return
        self._doubted[heard.witness] = time.monotonic()
        logger.error("witness refuses without proof: %s: %s", heard.witness, heard.detail)
        self._tell("witness_doubtful", {"witness": heard.witness, "size": heard.size, "detail": heard.detail})

    def _alarm(self, halt: Halt) -> None:
        """Once a minute for as long as it lasts."""
        self.halted = halt
        if time.monotonic() - self._alarmed < ALARM_EVERY.total_seconds():
            return
        self._alarmed = time.monotonic()
        logger.error("log halted: %s", halt)
        self._tell(
            "halted",
            {
                "log": halt.log_id,
                "why": halt.why,
                "detail": str(halt.get_why_display()),
                "size": halt.size,
                "witness": halt.witness,
                "witness_size": halt.witness_size,
            },
        )
