"""What comes after a visit: departures and results."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("checkins", "0009_items"),
        ("officers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=12, verbose_name="目的")),
                ("departed_at", models.DateTimeField(verbose_name="离开时间")),
                ("said_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("longitude", models.FloatField(null=True)),
                ("latitude", models.FloatField(null=True)),
                ("accuracy_m", models.FloatField(null=True)),
                ("datum", models.CharField(max_length=5, null=True)),
                ("provider", models.CharField(max_length=40, null=True)),
                ("mock", models.BooleanField(null=True)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="departures", to="officers.device"
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="departures",
                        to="officers.officer",
                        verbose_name="执法人员",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="departures",
                        to="checkins.visit",
                        verbose_name="入企",
                    ),
                ),
            ],
            options={
                "verbose_name": "离开",
                "verbose_name_plural": "离开",
                "constraints": [
                    models.UniqueConstraint(fields=("visit", "officer", "said_at"), name="departure_is_said_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(max_length=80, verbose_name="检查事项")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("compliant", "合格"),
                            ("rectify", "责令改正"),
                            ("first_violation_waived", "首违不罚"),
                            ("minor_waived", "轻微免罚"),
                            ("case_opened", "立案"),
                        ],
                        max_length=24,
                        verbose_name="结果",
                    ),
                ),
                ("rectify_by", models.DateField(null=True, verbose_name="改正期限")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("case_no", models.CharField(blank=True, max_length=80, verbose_name="案号")),
                ("by", models.CharField(max_length=80, verbose_name="提出人")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "reinspection_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reinspections",
                        to="checkins.visit",
                        verbose_name="复查的入企",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="checkins.visit",
                        verbose_name="入企",
                    ),
                ),
            ],
            options={
                "verbose_name": "检查结果",
                "verbose_name_plural": "检查结果",
                "indexes": [models.Index(fields=["outcome", "rectify_by"], name="result_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                ["compliant", "rectify", "first_violation_waived", "minor_waived", "case_opened"],
                            )
                        ),
                        name="result_outcome_is_known",
                    )
                ],
            },
        ),
        AppendOnly("checkins_departure"),
        AppendOnly("checkins_result"),
    ]
