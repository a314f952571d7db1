"""Tables where rows are added and never changed: the database itself refuses UPDATE, DELETE and TRUNCATE.

A model says `append_only = True`; its migration adds `AppendOnly("<table>")`; start-up refuses if the trigger
is missing (Django's SQLite schema editor drops triggers when it rebuilds a table: such a migration adds the
operation again).
"""

from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.on_tables import OnTables
from audit.seal_trigger import sealed_models, trigger_name

REFUSE = "RAISE EXCEPTION 'append-only table %: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23000'"


def trigger_names(table: str, vendor: str) -> list[str]:
    """Which triggers must guard this table? SQLite has no TRUNCATE and one trigger per verb."""
    if vendor == "postgresql":
        return [f"{table}_append_only", f"{table}_no_truncate"]
    return [f"{table}_no_update", f"{table}_no_delete"]


def _run(schema_editor: Any, sql: str) -> None:
    """`params=None`: a literal % in the SQL is no placeholder."""
    schema_editor.execute(sql, params=None)


def install(table: str, *, schema_editor: Any, update_allowed_when: str = "") -> None:
    """Create the triggers. `update_allowed_when` is a SQL condition over OLD and NEW that lets one UPDATE pass."""
    if schema_editor.connection.vendor == "postgresql":
        # A trigger's WHEN may hold no subquery, so the exception stands in the table's own function.
        pardon = f"IF TG_OP = 'UPDATE' THEN IF {update_allowed_when} THEN RETURN NEW; END IF; END IF;"
        _run(
            schema_editor,
            f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {pardon if update_allowed_when else ''} {REFUSE}; END $$",
        )
        _run(
            schema_editor,
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        )
        _run(
            schema_editor,
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
        )
        return
    for verb in ("update", "delete"):
        condition = f"WHEN NOT ({update_allowed_when}) " if verb == "update" and update_allowed_when else ""
        _run(
            schema_editor,
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} {condition}"
            f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}: {verb} refused'); END",
        )


def allow(table: str, *, schema_editor: Any, update_allowed_when: str) -> None:
    """Let another UPDATE pass than until now. On PostgreSQL only the function is replaced: nobody waits for a lock."""
    if schema_editor.connection.vendor == "postgresql":
        pardon = f"IF TG_OP = 'UPDATE' THEN IF {update_allowed_when} THEN RETURN NEW; END IF; END IF;"
        _run(
            schema_editor,
            f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {pardon} {REFUSE}; END $$",
        )
        return
    _run(schema_editor, f"DROP TRIGGER IF EXISTS {table}_no_update")
    _run(
        schema_editor,
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({update_allowed_when}) "
        f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}: update refused'); END",
    )


def remove(table: str, *, schema_editor: Any) -> None:
    """Drop the triggers, for a migration's way back."""
    if schema_editor.connection.vendor == "postgresql":
        _run(schema_editor, f"DROP FUNCTION IF EXISTS {table}_refuse() CASCADE")
        return
    for name in trigger_names(table, "sqlite"):
        _run(schema_editor, f"DROP TRIGGER IF EXISTS {name}")


class AppendOnly(OnTables):
    """Migration operation: from here on the table only grows."""

    def __init__(self, table: str, update_allowed_when: str = "") -> None:
        self.table = table
        self.update_allowed_when = update_allowed_when
        super().__init__()

    def forwards(self, schema_editor: Any) -> None:
        install(self.table, schema_editor=schema_editor, update_allowed_when=self.update_allowed_when)

    def backwards(self, schema_editor: Any) -> None:
        remove(self.table, schema_editor=schema_editor)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__name__, [self.table, self.update_allowed_when], {})


def tables() -> list[str]:
    """Every table that promises to be append-only."""
    return [model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)]


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Which guards are absent from (or disabled in) this database? Those that feed a queue (`fed_by`) are among them:
    without one, rows would be forgotten silently."""
    sql = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        present = {row[0] for row in cursor.fetchall()}
    wanted = [name for table in tables() for name in trigger_names(table, connection.vendor)]
    wanted += [model.fed_by for model in apps.get_models() if hasattr(model, "fed_by")]
    wanted += [trigger_name(model._meta.db_table) for model in sealed_models()]
    return [name for name in wanted if name not in present]
