"""How far the place of a scan is believed: appended, never changed."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("checkins", "0007_off_the_network")]

    operations = [
        migrations.CreateModel(
            name="PlaceGrade",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("serial", models.PositiveIntegerField(verbose_name="次序")),
                (
                    "grade",
                    models.CharField(
                        choices=[("A", "A 无疑点"), ("B", "B 有疑点"), ("C", "C 疑似虚假")],
                        max_length=1,
                        verbose_name="位置可信度",
                    ),
                ),
                ("codes", models.JSONField(verbose_name="疑点")),
                ("sentence", models.TextField(verbose_name="说明")),
                ("evidence", models.JSONField(verbose_name="依据")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "scan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="place_grades",
                        to="checkins.scan",
                        verbose_name="扫码",
                    ),
                ),
            ],
            options={"verbose_name": "位置可信度", "verbose_name_plural": "位置可信度"},
        ),
        AppendOnly("checkins_placegrade"),
    ]
