"""Each version of a visit says which transaction wrote it, so that readers of changes pass over none.

Safe on a live table: PostgreSQL keeps the default of the rows that are there in its catalogue and rewrites nothing, and
who cannot get the table within some seconds leaves it to its readers and may be tried again. The rows that are there
count as written by this migration: a reader gets those of its last page once more rather than none too few.
"""

from typing import Any

from django.db import migrations, models

import audit.writer


def add(_apps: Any, schema_editor: Any) -> None:
    default = "0"  # a rebuilt table would lose its triggers: ADD COLUMN takes a constant
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL lock_timeout = '10s'")
        default = "(pg_current_xact_id()::text::bigint)"
    schema_editor.execute(f'ALTER TABLE audit_visitfact ADD COLUMN "transaction" bigint DEFAULT {default} NOT NULL')


def drop(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL lock_timeout = '10s'")
    schema_editor.execute('ALTER TABLE audit_visitfact DROP COLUMN "transaction"')


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0011_first_views'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, drop)],
            state_operations=[
                migrations.AddField(
                    model_name='visitfact',
                    name='transaction',
                    field=models.BigIntegerField(db_default=audit.writer.WritingTransaction(), editable=False, verbose_name='写入事务'),
                ),
            ],
        ),
    ]
