"""What the demo stands on: a folder that is ours alone, a port that is free, a database that is empty or our own."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from audit.models import Account, Entry
from enterprises.models import Enterprise
from officers.models import Agency
from project.demo.load import loaded


class Occupied(Exception):
    """Somebody else is there already."""


@contextmanager
def folder_of_ours(folder: Path) -> Iterator[None]:
    """Hold the folder (made if missing) until the end. Raises Occupied while another demo holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Occupied(str(folder)) from None
    finally:
        os.close(handle)


def try_port(host: str, port: int) -> None:
    """Raises Occupied if somebody listens there, OSError if the host is none of ours or the port is not allowed."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that has just ended does not count
        try:
            door.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Occupied(str(port)) from None
            raise


def foreign() -> bool:
    """Does this database, migrated or not, hold something that no demo put there?"""
    tables = set(connection.introspection.table_names())
    if not tables:
        return False
    if MigrationRecorder.Migration._meta.db_table not in tables:
        return True
    if Entry._meta.db_table in tables and loaded():
        return False
    return any(model._meta.db_table in tables and model.objects.exists() for model in (Agency, Enterprise, Account))


def clear() -> None:
    """Drop every table of the database, or delete the SQLite file. The caller has asked whether it is a demo's."""
    if connection.vendor == "sqlite":
        connection.close()
        for tail in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{tail}").unlink(missing_ok=True)
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"DROP TABLE IF EXISTS {quote(table)} CASCADE")
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = current_schema() AND p.proname LIKE '%_refuse'"
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {function}")
