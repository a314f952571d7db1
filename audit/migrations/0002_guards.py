"""The past of the supervision side is closed; an entry queues itself for the tree."""

from typing import Any

from django.db import migrations

from audit.append_only import AppendOnly

WIPE = (
    "NEW.body IS NULL AND NEW.salt IS NULL AND OLD.body IS NOT NULL AND NEW.id = OLD.id AND NEW.kind = OLD.kind "
    "AND NEW.subject = OLD.subject AND NEW.format = OLD.format AND NEW.at = OLD.at AND NEW.leaf = OLD.leaf "
    "AND EXISTS (SELECT 1 FROM audit_entry r WHERE r.kind = 'redacted' AND r.subject = 'entry:' || OLD.id)"
)


def queue_entries(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION audit_entry_queue() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO audit_pendingentry (entry_id) VALUES (NEW.id); RETURN NULL; END $$"
        )
        schema_editor.execute(
            "CREATE TRIGGER audit_entry_pending AFTER INSERT ON audit_entry "
            "FOR EACH ROW EXECUTE FUNCTION audit_entry_queue()"
        )
    else:
        schema_editor.execute(
            "CREATE TRIGGER audit_entry_pending AFTER INSERT ON audit_entry "
            "BEGIN INSERT INTO audit_pendingentry (entry_id) VALUES (NEW.id); END"
        )


def unqueue_entries(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS audit_entry_queue() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER IF EXISTS audit_entry_pending")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        AppendOnly("audit_entry", WIPE),
        AppendOnly("audit_visitfact"),
        AppendOnly("audit_flag"),
        AppendOnly("audit_flagstate"),
        AppendOnly("audit_attempt"),
        migrations.RunPython(queue_entries, unqueue_entries),
    ]
