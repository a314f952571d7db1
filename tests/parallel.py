"""Real concurrency: threads with connections of their own, let go at the same instant."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def at_once(deeds: Sequence[Callable[[], Result]], *, threads: int = 16) -> list[Result]:
    """Run all deeds, `threads` at a time starting together, and return their results in the order given."""
    gate = threading.Barrier(min(threads, len(deeds)))
    waiting = threading.local()

    def run(deed: Callable[[], Result]) -> Result:
        if not getattr(waiting, "done", False):
            waiting.done = True
            gate.wait(timeout=30)
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=min(threads, len(deeds))) as pool:
        return list(pool.map(run, deeds))
