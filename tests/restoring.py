"""A copy of the database, and its restoration: what an operator does with last night's backup."""

import sqlite3
from typing import Any

from django.db import connection, transaction


class Backup:
    """A copy as of now. On SQLite the database's own backup; on PostgreSQL its tables, rows and sequences."""

    SCHEMA = "last_night"

    def __init__(self) -> None:
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            self._copy = sqlite3.connect(":memory:")
            connection.connection.backup(self._copy)
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {self.SCHEMA} CASCADE")
            cursor.execute(f"CREATE SCHEMA {self.SCHEMA}")
            for table in _tables(cursor):
                cursor.execute(f'CREATE TABLE {self.SCHEMA}."{table}" AS TABLE public."{table}"')
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
            self._sequences = cursor.fetchall()

    def restore(self) -> None:
        """All that was written since is lost. No trigger fires: the server was down."""
        if connection.vendor == "sqlite":
            self._copy.backup(connection.connection)
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in _tables(cursor):
                cursor.execute(f'DELETE FROM public."{table}"')
                cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM {self.SCHEMA}."{table}"')
            for name, last in self._sequences:
                cursor.execute("SELECT setval(%s, %s, %s)", [f'public."{name}"', last or 1, last is not None])

    def drop(self) -> None:
        if connection.vendor == "sqlite":
            self._copy.close()
            return
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {self.SCHEMA} CASCADE")


def _tables(cursor: Any) -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [row[0] for row in cursor.fetchall()]
