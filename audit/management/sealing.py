"""What a worker does with new rows of all tables: an entry for each lot of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.actor import Actor
from audit.management.rounds import Chore
from audit.management.turn import turn
from audit.services.seal import BATCH, seal

WORKER = Actor.command("work")
SEAL_EVERY = timedelta(seconds=1)
AT_MOST = 8
"""Lots in one turn. Each is a short transaction: on SQLite a scan waits for one of them at most."""


def sealer() -> Chore:
    """It wants a thread of its own: until they are sealed, rows stand for nothing but themselves."""
    return Chore(name="sealed", every=SEAL_EVERY, run=_seal)


def _seal() -> Mapping[str, Any]:
    rows = 0
    for _turn in range(AT_MOST):
        with turn():
            done = seal(actor=WORKER, at=timezone.now())
        rows += done
        if done < BATCH:
            break
    return {"rows": rows} if rows else {}
