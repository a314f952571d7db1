"""Reading at one moment of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment(*, first: str = "") -> Iterator[None]:
    """All statements inside see the same rows, and no deed waits for them. Inside a transaction: that one's rules.

    `first`: what PostgreSQL is told before the moment is fixed, after a semicolon.
    """
    if connection.in_atomic_block:
        yield
        return
    before = getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # a reader must not be the one writer
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY{first}")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = before  # type: ignore[attr-defined]
