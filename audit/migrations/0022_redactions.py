"""Only entries that say of visits may be wiped, and none in its first year (audit/services/redact.py)."""

from typing import Any

from django.db import migrations

from audit.append_only import allow

BEFORE = (
    "NEW.body IS NULL AND NEW.salt IS NULL AND OLD.body IS NOT NULL AND NEW.id = OLD.id AND NEW.kind = OLD.kind "
    "AND NEW.subject = OLD.subject AND NEW.format = OLD.format AND NEW.at = OLD.at AND NEW.leaf = OLD.leaf "
    "AND EXISTS (SELECT 1 FROM audit_entry r WHERE r.kind = 'redacted' AND r.subject = 'entry:' || OLD.id{older})"
)
WIPED = (
    "scan", "resolution", "visit-shown", "place-grades", "photo", "departure", "visit-result", "withdrawal",
    "presence-confirmed", "classified", "classification-claimed", "voiding-claimed", "correction-confirmed",
    "correction-rejected", "correction-superseded", "correction-at_once", "joined-jointly", "left-jointly", "approved",
    "approval-overdue", "plan", "plan-linked", "fact-recovered", "fact-restated", "merge-proposed", "merge-confirmed",
    "enterprise-swept", "month-watched", "flag-reviewed", "complaint", "complaint-turned",
)  # fmt: skip
OLDER = {
    "postgresql": " AND r.at >= OLD.at + interval '365 days'",
    "sqlite": " AND julianday(r.at) >= julianday(OLD.at) + 365",
}


def forwards(_apps: Any, schema_editor: Any) -> None:
    kinds = ", ".join(f"'{kind}'" for kind in WIPED)
    when = BEFORE.format(older=OLDER[schema_editor.connection.vendor]) + f" AND OLD.kind IN ({kinds})"
    allow("audit_entry", schema_editor=schema_editor, update_allowed_when=when)


def backwards(_apps: Any, schema_editor: Any) -> None:
    allow("audit_entry", schema_editor=schema_editor, update_allowed_when=BEFORE.format(older=""))


class Migration(migrations.Migration):
    dependencies = [("audit", "0021_cases")]

    operations = [migrations.RunPython(forwards, backwards)]
