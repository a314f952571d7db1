"""What phones off the network need: counters and the gaps in them, photos that follow."""

import importlib

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly, install, remove

_WIPE = importlib.import_module("checkins.migrations.0004_photos").WIPE
WIPE = _WIPE + " AND (NEW.text IS NULL OR NEW.text = OLD.text)"


def _guard_with_text(_apps, schema_editor):
    remove("checkins_blob", schema_editor=schema_editor)
    install("checkins_blob", schema_editor=schema_editor, update_allowed_when=WIPE)


def _guard_without(_apps, schema_editor):
    remove("checkins_blob", schema_editor=schema_editor)
    install("checkins_blob", schema_editor=schema_editor, update_allowed_when=_WIPE)


class Migration(migrations.Migration):
    dependencies = [("checkins", "0006_verdicts"), ("officers", "0001_initial")]

    operations = [
        migrations.AddField("scan", "counter", models.BigIntegerField(null=True)),
        migrations.AddField("scan", "photo", models.CharField(max_length=64, null=True)),
        migrations.AddIndex(
            "scan",
            models.Index(
                condition=models.Q(("counter__isnull", False)), fields=["device", "counter"], name="scan_counter"
            ),
        ),
        migrations.AddIndex(
            "scan",
            models.Index(condition=models.Q(("photo__isnull", False)), fields=["photo"], name="scan_photo"),
        ),
        migrations.AddField("blob", "text", models.TextField(null=True)),
        migrations.RunPython(_guard_with_text, _guard_without),
        migrations.CreateModel(
            name="SequenceGap",
            fields=[
                (
                    "scan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="gap",
                        serialize=False,
                        to="checkins.scan",
                    ),
                ),
                ("first", models.BigIntegerField(verbose_name="缺号起")),
                ("last", models.BigIntegerField(verbose_name="缺号止")),
                ("at", models.DateTimeField(verbose_name="发现时间")),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gaps",
                        to="officers.device",
                        verbose_name="设备",
                    ),
                ),
            ],
            options={
                "verbose_name": "扫码缺号",
                "verbose_name_plural": "扫码缺号",
                "indexes": [models.Index(fields=["at"], name="gap_at")],
            },
        ),
        AppendOnly("checkins_sequencegap"),
    ]
