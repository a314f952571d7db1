"""Sums of whole counties, by day, month and year, filled from what the sums contain now.

Folders wait until it has ended, scans do not. A worker of the version before folds past this table until it is
stopped; the new worker compares the sums and makes these anew (audit/services/counties.py).
"""

from typing import Any

from django.db import migrations, models

from audit.on_tables import OnTables

MEASURES = (
    "visits", "once", "counted", "unconfirmed", "exempt", "superior_ordered", "joint", "imported", "reported",
    "withdrawn", "voided",
)  # fmt: skip
FIRST_DAY = {
    "postgresql": ("date_trunc('month', start::timestamp)::date", "date_trunc('year', start::timestamp)::date"),
    "sqlite": ("date(start, 'start of month')", "date(start, 'start of year')"),
}
INTO = "INSERT INTO audit_countytotal (span, start, purpose, region_code, supervised_by, " + ", ".join(MEASURES) + ")"


def fill(schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":  # the folders' lane (audit/lane.py)
        schema_editor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.fold', 0))")
    sums = ", ".join(f"sum({name})" for name in MEASURES)
    there = " OR ".join(f"v.{name} <> 0" for name in MEASURES)
    county = "substr(v.region_code, 1, 6)"
    schema_editor.execute(
        f"{INTO} SELECT 'd', v.day, v.purpose, {county}, a.supervised_by, {sums} FROM audit_visitnow AS v"
        f" JOIN audit_countedagency AS a ON a.id = v.agency_id WHERE {there}"
        f" GROUP BY v.day, v.purpose, {county}, a.supervised_by"
    )
    for span, smaller, begins in zip("my", "dm", FIRST_DAY[vendor]):
        schema_editor.execute(
            f"{INTO} SELECT '{span}', {begins}, purpose, region_code, supervised_by, {sums} FROM audit_countytotal"
            f" WHERE span = '{smaller}' GROUP BY {begins}, purpose, region_code, supervised_by"
        )


class Filled(OnTables):
    """Once the table is there."""

    def forwards(self, schema_editor: Any) -> None:
        fill(schema_editor)

    def backwards(self, schema_editor: Any) -> None:
        """The table goes."""


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0029_orders_of_each_hotline'),
    ]

    operations = [
        migrations.CreateModel(
            name='CountyTotal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('start', models.DateField(verbose_name='起始日')),
                ('purpose', models.CharField(max_length=12, verbose_name='目的')),
                ('visits', models.IntegerField(verbose_name='入企')),
                ('once', models.IntegerField(verbose_name='打扰')),
                ('counted', models.IntegerField(verbose_name='计入上限')),
                ('unconfirmed', models.IntegerField(verbose_name='待确认')),
                ('exempt', models.IntegerField(verbose_name='豁免')),
                ('superior_ordered', models.IntegerField(verbose_name='上级部署')),
                ('joint', models.IntegerField(verbose_name='联合')),
                ('imported', models.IntegerField(verbose_name='补录')),
                ('reported', models.IntegerField(verbose_name='统计年报')),
                ('withdrawn', models.IntegerField(verbose_name='撤回')),
                ('voided', models.IntegerField(verbose_name='作废')),
                ('span', models.CharField(choices=[('d', '日'), ('m', '月'), ('y', '年')], max_length=1, verbose_name='期间')),
                ('region_code', models.CharField(max_length=6, verbose_name='区县')),
                ('supervised_by', models.CharField(max_length=40, verbose_name='监督机关代码')),
            ],
            options={
                'verbose_name': '区县汇总',
                'verbose_name_plural': '区县汇总',
                'constraints': [models.UniqueConstraint(fields=('span', 'start', 'region_code', 'supervised_by', 'purpose'), name='county_total_once')],
            },
        ),
        Filled(),
    ]
