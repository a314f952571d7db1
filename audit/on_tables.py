"""Migration operations that look at tables and at no model."""

from typing import Any

from django.db import router
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class OnTables(Operation):
    """Migration operation that asks the database alone, so that no model is built as it was at that migration.

    RunPython builds all of them anew each time: with a hundred guards that would be most of what migrating an empty
    database costs.
    """

    category = OperationCategory.PYTHON
    reduces_to_sql = False
    reversible = True

    def forwards(self, schema_editor: Any) -> None:
        """What the migration does."""
        raise NotImplementedError

    def backwards(self, schema_editor: Any) -> None:
        """What its way back does."""
        raise NotImplementedError

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            self.forwards(schema_editor)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            self.backwards(schema_editor)


class Keeps(OnTables):
    """The way back refuses while this statement finds a row: what it holds was said, and cannot be made again.

    It stands last in its migration, so that the way back begins with it.
    """

    def __init__(self, found: str, *, says: str) -> None:
        self.found, self.says = found, says
        super().__init__()

    def forwards(self, schema_editor: Any) -> None:
        """Nothing: there is nothing to lose yet."""

    def backwards(self, schema_editor: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(self.found)
            if cursor.fetchone():
                raise IrreversibleError(self.says)
