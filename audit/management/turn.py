"""A worker's turn at the database. SQLite has one writer, whom those who wait ask again after up to 0.1 s, in no order:
a worker whose transactions follow one another at once would keep scans out for seconds, however short each is.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

MOST = 1.0
"""Seconds. A turn that took longer waited itself."""


@contextmanager
def turn() -> Iterator[None]:
    """One short transaction of a worker's thread. On SQLite it then leaves the writer to others for as long as it took;
    PostgreSQL has room for all."""
    began = time.monotonic()
    yield
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(min(time.monotonic() - began, MOST))
