"""What a worker does beside delivering: chores, each at its own pace, in one thread with its own connection."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from django.db import close_old_connections, connections

logger = logging.getLogger("audit.rounds")

Tell = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chore:
    """Something to do every so often. `run` answers what is worth telling; nothing: it found nothing to do."""

    name: str
    every: timedelta
    run: Callable[[], Mapping[str, Any]]


class Rounds:
    """Go the rounds until the `with` block ends; `once` goes one round in the caller's own thread.

    A chore that fails is told and tried again at its next turn: the others go on.
    """

    def __init__(self, chores: Sequence[Chore], *, tell: Tell) -> None:
        self._chores = chores
        self._tell = tell
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go, name="rounds")

    def once(self) -> None:
        for chore in self._chores:
            self._do(chore)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _go(self) -> None:
        due = {chore.name: 0.0 for chore in self._chores}
        try:
            while not self._ended.is_set():
                for chore in self._chores:
                    if due[chore.name] <= time.monotonic() and not self._ended.is_set():
                        self._do(chore)
                        due[chore.name] = time.monotonic() + chore.every.total_seconds()
                self._ended.wait(max(0.0, min(due.values(), default=60.0) - time.monotonic()))
        finally:
            connections.close_all()

    def _do(self, chore: Chore) -> None:
        try:
            facts = chore.run()
        except Exception as error:
            logger.exception("the chore %s broke", chore.name)
            self._tell("chore_failed", {"chore": chore.name, "detail": repr(error)[:300]})
            close_old_connections()
            return
        if facts:
            self._tell(chore.name, facts)
