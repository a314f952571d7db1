"""One enterprise, one deed at a time.

Counting and grouping read before they write, so two scans of one enterprise must not do both at once. On
PostgreSQL each credit code has an advisory lock, held until the transaction ends; SQLite has one writer anyway
(its transactions begin IMMEDIATE).
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Func, Value

_LOCK = "pg_advisory_xact_lock(hashtextextended({key}, 0))"


class InLane(Func):
    """A column's value that is written only once the lane's lock is held: lock and INSERT in one statement."""

    output_field = CharField()

    def __init__(self, key: str) -> None:
        super().__init__(Value(key))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, Any]:
        return compiler.compile(self.source_expressions[0])  # type: ignore[no-any-return]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        key, params = compiler.compile(self.source_expressions[0])
        return f"(SELECT {key}::varchar FROM {_LOCK.format(key=key)} AS held)", (*params, *params)  # noqa: S608 (key is a placeholder)


def hold(key: str) -> None:
    """Wait until this lane is ours, for the rest of the transaction. One statement on PostgreSQL, none on SQLite."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lane is held inside a deed's transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_LOCK.format(key='%s')}", [key])
