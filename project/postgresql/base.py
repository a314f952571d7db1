"""PostgreSQL, with one doubt taken seriously: a commit that no standby has confirmed is no success.

With `synchronous_standby_names` set, COMMIT waits for the standby. When that wait is cancelled (pg_cancel_backend, a
shutdown; no statement_timeout reaches it), the server answers COMMIT all the same, with a mere WARNING beside it: the
transaction is on this server's disk, and lost with this server. Django would acknowledge it. Here it raises
OperationalError, which the door turns into 503; the phone's retry then writes, and waits, again (promise 2).

Moments are read in a tenth of the time that psycopg's and Django's own loaders, written in Python, take (see Moment).

The warning has no SQLSTATE of its own (01000; 57P01 at a shutdown) and its text follows the server's `lc_messages`, so
it is known by the function that the server names as its source; the text is for servers that name none.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.adapt import AdaptersMap
from psycopg.errors import Diagnostic

SOURCE = "SyncRepWaitForLSN"
TEXT = "wait for synchronous replication"


class NotReplicated(psycopg.OperationalError):
    """Committed on this server only; nobody may be told that it is safe."""


class Doubt:
    """Has one connection's server warned that its last commit is not replicated?"""

    __slots__ = ("raised",)

    def __init__(self) -> None:
        self.raised = False

    def hear(self, notice: Diagnostic) -> None:
        """psycopg calls this for every notice; an exception here would only be logged."""
        if notice.source_function == SOURCE or TEXT in (notice.message_primary or ""):
            self.raised = True


def settle(connection: Any) -> None:
    """Raises NotReplicated if the answer that this psycopg connection just got came with the warning."""
    doubt: Doubt | None = getattr(connection, "ruqi_doubt", None)  # none while the connection is being set up
    if doubt is not None and doubt.raised:
        doubt.raised = False
        raise NotReplicated("committed here, but the wait for the synchronous standby was cancelled")


class Moment(BaseTzLoader):  # type: ignore[misc]  # django-stubs say nothing of it
    """A `timestamptz` as the server tells it to a session in UTC. Whatever else it tells is psycopg's to read, or to
    refuse."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            told = datetime.fromisoformat(str(data, "ascii"))
            if told.tzinfo is UTC:
                return told
        except ValueError:
            pass  # a year beyond 9999
        further: datetime = super().load(data)
        return further


@lru_cache
def _reading_moments(adapters: AdaptersMap) -> AdaptersMap:
    """Django's adapters, with our loader in the place of its own."""
    ours = AdaptersMap(adapters)
    ours.register_loader("timestamptz", Moment)
    return ours


class Cursor(base.Cursor):
    """Outside a transaction each statement is its own commit."""

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        result = super().execute(*args, **kwargs)  # type: ignore[misc]
        settle(self.connection)  # type: ignore[attr-defined]
        return result

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        result = super().executemany(*args, **kwargs)  # type: ignore[misc]
        settle(self.connection)  # type: ignore[attr-defined]
        return result


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own backend with an ear for the warning, pooled or not."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["cursor_factory"] = Cursor
        if self.timezone is UTC:
            params["context"] = _reading_moments(params["context"])
        return params

    def _configure_connection(self, connection: Any) -> Any:
        """Django calls this once for each new connection, its pool's as well as its own."""
        connection.ruqi_doubt = Doubt()
        connection.add_notice_handler(connection.ruqi_doubt.hear)
        return super()._configure_connection(connection)  # type: ignore[misc]

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        with self.wrap_database_errors:
            settle(self.connection)
