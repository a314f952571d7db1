"""Photos that came with scans: appended under their own hash; a photo may be wiped where the law orders it."""

from django.db import migrations, models

from audit.append_only import AppendOnly

# In quotes below: BY is a word of PL/pgSQL.
_SAME = ("sha256", "size", "content_type", "width", "height", "copy_sha256", "received_at", "by")
WIPE = (
    "NEW.copy IS NULL AND NEW.original IS NULL AND OLD.copy IS NOT NULL AND "
    + " AND ".join(f'NEW."{name}" = OLD."{name}"' for name in _SAME)
    + " AND EXISTS (SELECT 1 FROM audit_entry r WHERE r.kind = 'redacted' AND r.subject = 'blob:' || OLD.sha256)"
)


class Migration(migrations.Migration):
    dependencies = [("checkins", "0003_merges"), ("audit", "0002_guards")]

    operations = [
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("size", models.PositiveIntegerField()),
                ("content_type", models.CharField(max_length=20)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("copy", models.BinaryField(null=True)),
                ("copy_sha256", models.CharField(max_length=64)),
                ("original", models.BinaryField(null=True)),
                ("received_at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
            ],
        ),
        AppendOnly("checkins_blob", WIPE),
    ]
