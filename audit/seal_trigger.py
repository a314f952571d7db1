"""Tables whose rows the record seals: the database itself queues each new row (待封存), whoever writes it.

Rows that nobody changes (`append_only`, and the histories of registers), and what never changes of those that do
(`proven`). Start-up refuses if a trigger is missing. The log's own tables prove themselves.
"""

from typing import Any

from django.apps import apps
from django.db import models

from audit.on_tables import OnTables

QUEUE = "audit_pendingrow"
SELF_PROVING = frozenset({"entry", "log", "leaf", "tile", "checkpoint", "cosignature", "halt"})
"""Of audit's tables: hashed into the tree, or the tree itself."""


def sealed_models() -> list[type[models.Model]]:
    """All of them, in the order of their labels."""
    found = [model for model in apps.get_models() if _is_sealed(model)]
    return sorted(found, key=lambda model: model._meta.label_lower)


def _is_sealed(model: type[models.Model]) -> bool:
    if model._meta.app_label == "audit" and model._meta.model_name in SELF_PROVING:
        return False
    # `instance_type`: simple-history's word for whose history it is.
    return bool(getattr(model, "append_only", False)) or hasattr(model, "proven") or hasattr(model, "instance_type")


def trigger_name(table: str) -> str:
    return f"{table}_seal"


def feed(table: str, label: str, key: str, *, schema_editor: Any) -> None:
    """Create the trigger, also anew where a rebuilt table has lost it."""
    _remove(table, schema_editor)
    # S608: the names are the migration's own
    insert = f'INSERT INTO {QUEUE} ("table", "key") VALUES (\'{label}\', CAST(NEW."{key}" AS text))'  # noqa: S608
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE FUNCTION {table}_seal() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {insert}; RETURN NULL; END $$",
            params=None,
        )
        schema_editor.execute(
            f"CREATE TRIGGER {table}_seal AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_seal()",
            params=None,
        )
    else:
        schema_editor.execute(f"CREATE TRIGGER {table}_seal AFTER INSERT ON {table} BEGIN {insert}; END", params=None)


def _remove(table: str, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_seal() CASCADE", params=None)
    else:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_seal", params=None)


class Sealed(OnTables):
    """Migration operation: from here on each new row of the table is queued, and those that it has already.

    In a migration that is not atomic the table is locked for the trigger alone, not while old rows are queued.
    """

    def __init__(self, table: str, label: str, key: str = "id") -> None:
        self.table, self.label, self.key = table, label, key
        super().__init__()

    def forwards(self, schema_editor: Any) -> None:
        feed(self.table, self.label, self.key, schema_editor=schema_editor)
        key = f'CAST(r."{self.key}" AS text)'
        schema_editor.execute(
            # S608: the names are the migration's own
            f'INSERT INTO {QUEUE} ("table", "key") SELECT \'{self.label}\', {key} FROM {self.table} r '  # noqa: S608
            f'WHERE NOT EXISTS (SELECT 1 FROM {QUEUE} q WHERE q."table" = \'{self.label}\' AND q."key" = {key})',
            params=None,
        )

    def backwards(self, schema_editor: Any) -> None:
        _remove(self.table, schema_editor)
        schema_editor.execute(f"DELETE FROM {QUEUE} WHERE \"table\" = '{self.label}'", params=None)  # noqa: S608

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__name__, [self.table, self.label, self.key], {})
