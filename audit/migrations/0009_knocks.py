from typing import Any

from django.db import migrations, models


def without_log(_apps: Any, schema_editor: Any) -> None:
    """Counts of a minute: no commit waits for the disk or for a standby because of them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE audit_knock SET UNLOGGED")


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0008_complaints'),
    ]

    operations = [
        migrations.CreateModel(
            name='Knock',
            fields=[
                ('bucket', models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ('closes', models.BigIntegerField()),
                ('count', models.PositiveIntegerField()),
            ],
        ),
        migrations.RunPython(without_log, migrations.RunPython.noop),
    ]
