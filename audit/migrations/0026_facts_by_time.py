"""Versions of visits are found by when they began and since when they are known, built beside the scans that go on.

They are written about in the order of time, so a few kilobytes that tell the span of each stretch of the table (BRIN)
find a month's, and what came late; a scan pays nothing that can be measured. SQLite has no such index and reads all.
"""

from typing import Any

from django.db import migrations


def build(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        # What an earlier try left behind when it was broken off is there, and of no use.
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS visit_fact_when")
        schema_editor.execute(
            "CREATE INDEX CONCURRENTLY visit_fact_when ON audit_visitfact USING brin (started_at, known_from) "
            "WITH (autosummarize = on)"
        )


def drop(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS visit_fact_when")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("audit", "0025_monthly_reports")]

    operations = [migrations.RunPython(build, drop)]
