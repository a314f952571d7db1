"""Rows that many tests begin with: written once by the house itself, from then on as they lay in the tables."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection


@dataclass(frozen=True)
class Rows:
    """All rows of some tables, in the order in which the tables were written first."""

    tables: dict[str, tuple[list[str], list[tuple[Any, ...]]]]
    """Of each its columns and their values."""

    def fit(self) -> bool:
        """Are the tables still empty? Otherwise the numbers of these rows may be taken."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + " OR ".join(f'EXISTS (SELECT 1 FROM "{table}")' for table in self.tables))
            (taken,) = cursor.fetchone()
        return not taken

    def write(self) -> None:
        """Into empty tables, a statement each. What numbers their rows goes on behind these."""
        with connection.cursor() as cursor:
            for table, (columns, rows) in self.tables.items():
                row = "(" + ", ".join(["%s"] * len(columns)) + ")"
                names = ", ".join(f'"{column}"' for column in columns)
                values = [value for one in rows for value in one]
                cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES {", ".join([row] * len(rows))}', values)
            models = [model for model in apps.get_models() if model._meta.db_table in self.tables]
            if numbering := connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute("; ".join(numbering))


def written_by(deed: Callable[[], None]) -> Rows | None:
    """Do the deed; what has it written? None if its tables were not empty. It inserts and does nothing else."""
    inserts: Counter[str] = Counter()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = sql.split(maxsplit=3)
        if words[0] == "INSERT":
            inserts[words[2].strip('"')] += 1
        else:
            assert words[0] not in {"UPDATE", "DELETE"}, sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        deed()
    tables = {}
    with connection.cursor() as cursor:
        for table, count in inserts.items():
            cursor.execute(f'SELECT * FROM "{table}"')
            columns, rows = [column[0] for column in cursor.description], cursor.fetchall()
            if len(rows) != count:
                return None
            tables[table] = (columns, rows)
    return Rows(tables)
