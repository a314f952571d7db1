"""An agency's changes are read by an index, built beside the scans that go on (PostgreSQL: CONCURRENTLY)."""

from typing import Any

from django.db import migrations, models


def build(_apps: Any, schema_editor: Any) -> None:
    beside = ""
    if schema_editor.connection.vendor == "postgresql":
        beside = "CONCURRENTLY"
        # What an earlier try left behind when it was broken off is there, and of no use.
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS visit_fact_changes")
    schema_editor.execute(f"CREATE INDEX {beside} visit_fact_changes ON audit_visitfact (agency_code, \"transaction\", id)")


def drop(_apps: Any, schema_editor: Any) -> None:
    beside = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP INDEX {beside} IF EXISTS visit_fact_changes")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('audit', '0012_fact_transaction'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(build, drop)],
            state_operations=[
                migrations.AddIndex(
                    model_name='visitfact',
                    index=models.Index(fields=['agency_code', 'transaction', 'id'], name='visit_fact_changes'),
                ),
            ],
        ),
    ]
