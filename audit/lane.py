"""One enterprise, one deed at a time.

Counting and grouping read before they write, so two scans of one enterprise must not do both at once. On
PostgreSQL each credit code has an advisory lock, held until the transaction ends; SQLite has one writer anyway
(its transactions begin IMMEDIATE).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Func, Value

CREDIT_CODE = 18
_LOCK = "pg_advisory_xact_lock(hashtextextended({key}, 0))"


class InLane(Func):
    """A column's value that is written only once the lane's lock is held: lock and INSERT in one statement.

    `beside`: another lane that is held with it, in the order of `hold_all`.
    """

    output_field = CharField()

    def __init__(self, key: str, *, beside: str | None = None) -> None:
        super().__init__(Value(key), *(Value(one) for one in _in_order({key, beside or key}) if beside))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, Any]:
        return compiler.compile(self.source_expressions[0])  # type: ignore[no-any-return]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        (key, params), *several = (compiler.compile(one) for one in self.source_expressions)
        if not several:
            return f"(SELECT {key}::varchar FROM {_LOCK.format(key=key)} AS held)", (*params, *params)  # noqa: S608 (key is a placeholder)
        keys = ", ".join(one for one, _params in several)
        held = f"unnest(ARRAY[{keys}]::text[]) AS key, LATERAL {_LOCK.format(key='key')} AS held"
        return f"(SELECT max({key}::varchar) FROM {held})", (*params, *(one for _key, two in several for one in two))  # noqa: S608 (the same)


def hold(key: str) -> None:
    """Wait until this lane is ours, for the rest of the transaction. One statement on PostgreSQL, none on SQLite."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lane is held inside a deed's transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_LOCK.format(key='%s')}", [key])


@contextmanager
def queued(key: str) -> Iterator[None]:
    """Wait for this lane before reading much for a deed, and keep it until the deed is done: whoever comes second reads
    when it is their turn. On SQLite nobody queues, for that transaction would keep its one writer while it reads."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        hold(key)
        yield


def hold_all(keys: Collection[str]) -> None:
    """The same for many lanes. One statement on PostgreSQL, none on SQLite.

    Deeds that hold several take them in this order, so that none waits for another in a circle: first lanes of scans
    and phones, whose keys are longer than a credit code, then those of enterprises.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("lanes are held inside a deed's transaction")
    if connection.vendor == "postgresql" and keys:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_LOCK.format(key='key')} FROM unnest(%s::text[]) AS key", [_in_order(keys)])  # noqa: S608 (no input)


def _in_order(keys: Collection[str]) -> list[str]:
    return sorted(set(keys), key=lambda key: (len(key) <= CREDIT_CODE, key))
