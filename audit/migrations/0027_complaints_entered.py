"""Complaints that supervisors enter and that the hotline hands over: whom they are about, who said so, under which number;
what a complainant thinks of one that became no case; to whom a case's step went, and which report it names.

SQLite rebuilds a table for each of these columns, and drops its triggers: they are made again, and a wipe lets the
complainant's name go with the rest.

The way back refuses once one of these columns says anything: it would come back empty beside a seal of what it said.
"""

from typing import Any

import audit.casework
from django.db import migrations, models

from audit.append_only import allow, install, remove
from audit.on_tables import Keeps, OnTables
from audit.seal_trigger import feed

# In quotes below: BY is a word of PL/pgSQL.
_SAME = (
    "id", "number", "submission", "source", "kind", "credit_code", "enterprise_name", "region_code", "may_be_named",
    "by_owner", "received_at", "by",
)
_ENTERED = ("source_no", "agency_code", "agency_path", "agency_name", "supervised_by")
_NULLS = (
    " AND COALESCE(NEW.happened_at = OLD.happened_at, NEW.happened_at IS NULL AND OLD.happened_at IS NULL)"
    " AND EXISTS (SELECT 1 FROM audit_entry r WHERE r.kind = 'redacted' AND r.subject = 'complaint:' || OLD.number)"
)


def _same(names: tuple[str, ...]) -> str:
    return " AND ".join(f'NEW."{name}" = OLD."{name}"' for name in names)


_GONE = "NEW.text IS NULL AND NEW.phone IS NULL AND NEW.salt IS NULL AND OLD.salt IS NOT NULL AND "
WIPE_BEFORE = _GONE + _same(_SAME) + _NULLS
WIPE = "NEW.complainant IS NULL AND " + _GONE + _same(_SAME + _ENTERED) + _NULLS
WIPE_PICTURE = (
    "NEW.copy IS NULL AND OLD.copy IS NOT NULL AND "
    + " AND ".join(f"NEW.{name} = OLD.{name}" for name in ("id", "complaint_id", "place", "sha256", "copy_sha256"))
    + " AND EXISTS (SELECT 1 FROM audit_entry r, audit_complaint c WHERE c.id = OLD.complaint_id"
    + " AND r.kind = 'redacted' AND r.subject = 'complaint:' || c.number)"
)
PICTURES = "audit_complaintpicture"
REBUILT = ("complaint", "complaintstate", "casestep")
LATER = {
    "audit_complaint": _ENTERED,
    "audit_complaintstate": ("rating",),
    "audit_casestep": ("agency_path", "report_no"),
}
"""Columns that a process which is still of yesterday does not name: PostgreSQL fills them."""


_SAID = (
    "SELECT 1 FROM audit_complaint WHERE source <> 'door' OR COALESCE(complainant, '') <> '' OR "
    + " OR ".join(f"{name} <> ''" for name in _ENTERED)
    + "".join(
        f" UNION ALL SELECT 1 FROM {table} WHERE " + " OR ".join(f"{name} <> ''" for name in names)
        for table, names in LATER.items()
        if names is not _ENTERED
    )
)


def _guard(schema_editor: Any, *, wipe: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        allow("audit_complaint", schema_editor=schema_editor, update_allowed_when=wipe)
        return
    for name in REBUILT:
        table = f"audit_{name}"
        remove(table, schema_editor=schema_editor)
        pardon = wipe if name == "complaint" else ""
        install(table, schema_editor=schema_editor, update_allowed_when=pardon)
        feed(table, f"audit.{name}", "id", schema_editor=schema_editor)
    install(PICTURES, schema_editor=schema_editor, update_allowed_when=WIPE_PICTURE)


def _aside(schema_editor: Any) -> None:
    """The guard of the pictures names audit_complaint: SQLite rebuilds no table of which a trigger speaks."""
    if schema_editor.connection.vendor == "sqlite":
        remove(PICTURES, schema_editor=schema_editor)


class Unguarded(OnTables):
    """Before the tables are rebuilt; on the way back, after."""

    def forwards(self, schema_editor: Any) -> None:
        _aside(schema_editor)

    def backwards(self, schema_editor: Any) -> None:
        _guard(schema_editor, wipe=WIPE_BEFORE)


class Guarded(OnTables):
    """After the tables are rebuilt; on the way back, before."""

    def forwards(self, schema_editor: Any) -> None:
        _guard(schema_editor, wipe=WIPE)
        if schema_editor.connection.vendor == "postgresql":
            for table, names in LATER.items():
                for name in names:
                    schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT ''", params=None)

    def backwards(self, schema_editor: Any) -> None:
        _aside(schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0026_facts_by_time'),
    ]

    operations = [
        Unguarded(),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_source_is_known',
        ),
        migrations.AddField(
            model_name='casestep',
            name='agency_path',
            field=models.CharField(blank=True, default='', max_length=255, verbose_name='路径'),
        ),
        migrations.AddField(
            model_name='casestep',
            name='report_no',
            field=models.CharField(blank=True, default='', max_length=60, verbose_name='报告文号'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='agency_code',
            field=models.CharField(blank=True, default='', max_length=40, verbose_name='被投诉单位代码'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='agency_name',
            field=models.CharField(blank=True, default='', max_length=100, verbose_name='被投诉单位'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='agency_path',
            field=models.CharField(blank=True, default='', max_length=255, verbose_name='路径'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='complainant',
            field=models.CharField(max_length=40, null=True, verbose_name='投诉人'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='source_no',
            field=models.CharField(blank=True, default='', max_length=40, verbose_name='工单号'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='supervised_by',
            field=models.CharField(blank=True, default='', max_length=40, verbose_name='监督机关代码'),
        ),
        migrations.AddField(
            model_name='complaintstate',
            name='rating',
            field=models.CharField(blank=True, choices=[(audit.casework.Rating['SATISFIED'], '满意'), (audit.casework.Rating['UNSATISFIED'], '不满意')], default='', max_length=12, verbose_name='评价'),
        ),
        migrations.AlterField(
            model_name='complaint',
            name='source',
            field=models.CharField(choices=[('door', '门牌页'), ('phone', '来电'), ('paper', '来信'), ('visit', '来访'), ('12345', '12345 热线')], max_length=10, verbose_name='来源'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['door', 'phone', 'paper', 'visit', '12345'])), name='complaint_source_is_known'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.UniqueConstraint(condition=models.Q(('source_no', ''), _negated=True), fields=('source', 'source_no'), name='complaint_of_source_once'),
        ),
        Guarded(),
        Keeps(_SAID, says="Complaints were entered, rated or handed on since: what was said would be lost."),
    ]
