"""Many rows into one table in one go: COPY on PostgreSQL, one prepared statement on SQLite.

Django's bulk_create spends three quarters of an import on composing SQL (bench/registry.py measures both). These
functions write the same columns of the same tables; no signal is sent, as with bulk_create.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

RAISING = 0x5251_534D_5241_4953
"""One at a time in a database (pg_advisory_xact_lock): "RQSMRAIS"."""
LEAP = 10_000
PASSED_ON = frozenset({str, int, float, type(None), bytes, bool})
"""Types that both drivers take as they are; anything else is prepared by its field."""


def columns(model: type[models.Model]) -> list[str]:
    """The attribute names of the model's columns that are ours to write, its own key first; what the database says by
    itself (`db_default`) is not among them."""
    return [field.attname for field in _fields(model)]


def insert_rows(model: type[models.Model], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, whose values stand in the order of `columns` (the key from `new_ids`), in one transaction.

    Raises django.db.IntegrityError or DataError, and then the caller's transaction is of no more use.
    """
    connection = _connection(model)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(field.column) for field in _fields(model))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,  # the names are the model's own
            ):
                for row in _prepared(model, rows, connection):
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(_fields(model)))
        # S608: table and columns are the model's own, values are parameters
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", _prepared(model, rows, connection))  # noqa: S608


def update_rows(model: type[models.Model], rows: Sequence[Sequence[Any]]) -> None:
    """Overwrite rows by their key, which stands first (the order of `columns`)."""
    connection = _connection(model)
    quote = connection.ops.quote_name
    key, *others = (quote(field.column) for field in _fields(model))
    told = ", ".join(f"{name} = %s" for name in others)
    # S608: table and columns are the model's own, values are parameters
    statement = f"UPDATE {quote(model._meta.db_table)} SET {told} WHERE {key} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*row[1:], row[0]) for row in _prepared(model, rows, connection)])


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Keys for rows to come, from the table's own sequence. On SQLite the transaction must be the writer."""
    connection = _connection(model)
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("keys are drawn in the transaction that uses them")
    table, key = model._meta.db_table, _fields(model)[0].column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
    last = int(found[0]) if found else 0
    return list(range(last + 1, last + 1 + count))


def raise_keys(model: type[models.Model], *, past: int) -> None:
    """New keys are larger than `past` from now on. It outlives the transaction on PostgreSQL.

    Others draw keys meanwhile, and none may be drawn twice. So a sequence that is past it is left alone; one that is
    not leaps `LEAP` further than where it stands at least, which nobody draws while one statement runs; and whoever
    else raises waits for the end of this transaction.
    """
    connection = _connection(model)
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("keys are raised in the transaction that needs them")
    table, key = model._meta.db_table, _fields(model)[0].column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s), pg_get_serial_sequence(%s, %s)", [RAISING, table, key])
            name = cursor.fetchone()[1]
            # S608: the sequence's own name, quoted by the database
            cursor.execute(
                f"SELECT setval(%s, greatest(%s, last_value + {LEAP})) FROM {name} WHERE last_value < %s",  # noqa: S608
                [name, past, past],
            )
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [past, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, past])


def _fields(model: type[models.Model]) -> list[Any]:
    ours = [field for field in model._meta.concrete_fields if not field.has_db_default()]
    return sorted(ours, key=lambda field: not field.primary_key)


def _connection(model: type[models.Model]) -> BaseDatabaseWrapper:
    return connections[router.db_for_write(model)]


def _prepared(
    model: type[models.Model], rows: Iterable[Sequence[Any]], connection: BaseDatabaseWrapper
) -> list[tuple[Any, ...]]:
    fields = _fields(model)
    return [
        tuple(
            [
                value if type(value) in PASSED_ON else field.get_db_prep_save(value, connection)
                for value, field in zip(row, fields, strict=True)
            ]
        )
        for row in rows
    ]
