"""Statistics: what each visit contributes, the sums, and the queues of what no sum contains yet."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# queue → (the table that feeds it, its column, which rows)
QUEUES = {
    "audit_pendingfact": ("audit_visitfact", "fact_id", ""),
    "audit_pendingdocument": ("audit_document", "document_id", "WHEN (NEW.kind = 'penalty' OR NEW.version > 1) "),
}


def queue(_apps: Any, schema_editor: Any) -> None:
    """From here on a new row queues itself; those that are there already are queued now."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    for name, (table, column, which) in QUEUES.items():
        insert = f"INSERT INTO {name} ({column}) VALUES (NEW.id);"
        if postgresql:
            schema_editor.execute(
                f"CREATE OR REPLACE FUNCTION {table}_queue() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {insert} RETURN NULL; END $$"
            )
        does = f"EXECUTE FUNCTION {table}_queue()" if postgresql else f"BEGIN {insert} END"
        schema_editor.execute(
            f"CREATE TRIGGER {table}_pending AFTER INSERT ON {table} {'FOR EACH ROW ' if postgresql else ''}{which}{does}"
        )
        old = "WHERE kind = 'penalty' OR version > 1" if which else ""
        schema_editor.execute(f"INSERT INTO {name} ({column}) SELECT id FROM {table} {old}")


def unqueue(_apps: Any, schema_editor: Any) -> None:
    for table, _column, _which in QUEUES.values():
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_queue() CASCADE")
        else:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_pending")


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0006_frequency_law'),
    ]

    operations = [
        migrations.CreateModel(
            name='PendingDocument',
            fields=[
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='pending', serialize=False, to='audit.document')),
            ],
        ),
        migrations.CreateModel(
            name='PendingFact',
            fields=[
                ('fact', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='pending', serialize=False, to='audit.visitfact')),
            ],
        ),
        migrations.CreateModel(
            name='CountedAgency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, verbose_name='执法单位代码')),
                ('path', models.CharField(max_length=255, verbose_name='执法单位路径')),
                ('supervised_by', models.CharField(max_length=40, verbose_name='监督机关代码')),
                ('name', models.CharField(max_length=100, verbose_name='执法单位')),
            ],
            options={
                'verbose_name': '统计单位',
                'verbose_name_plural': '统计单位',
                'constraints': [models.UniqueConstraint(fields=('code', 'path', 'supervised_by'), name='counted_agency_once')],
            },
        ),
        migrations.CreateModel(
            name='EnterpriseTotal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('span', models.CharField(choices=[('m', '月'), ('y', '年')], max_length=1, verbose_name='期间')),
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
                ('credit_code', models.CharField(max_length=18, verbose_name='统一社会信用代码')),
                ('region_code', models.CharField(max_length=9, verbose_name='地区')),
            ],
            options={
                'verbose_name': '企业汇总',
                'verbose_name_plural': '企业汇总',
                'indexes': [models.Index(fields=['span', 'start', 'region_code'], name='enterprise_total_region'), models.Index(fields=['span', 'start', 'purpose', '-once', 'credit_code'], name='enterprise_total_ranking')],
                'constraints': [models.UniqueConstraint(fields=('credit_code', 'span', 'start', 'purpose', 'region_code'), name='enterprise_total_once')],
            },
        ),
        migrations.CreateModel(
            name='OfficerTotal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('span', models.CharField(choices=[('m', '月'), ('y', '年')], max_length=1, verbose_name='期间')),
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
                ('certificate_no', models.CharField(max_length=40, verbose_name='证件号')),
                ('name', models.CharField(max_length=80, verbose_name='姓名')),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='audit.countedagency', verbose_name='执法单位')),
            ],
            options={
                'verbose_name': '人员汇总',
                'verbose_name_plural': '人员汇总',
                'indexes': [models.Index(fields=['span', 'start', 'agency'], name='officer_total_agency'), models.Index(fields=['span', 'start', 'purpose', '-visits', 'certificate_no'], name='officer_total_ranking')],
                'constraints': [models.UniqueConstraint(fields=('certificate_no', 'span', 'start', 'purpose', 'agency'), name='officer_total_once')],
            },
        ),
        migrations.CreateModel(
            name='Total',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('span', models.CharField(choices=[('m', '月'), ('y', '年')], max_length=1, verbose_name='期间')),
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
                ('region_code', models.CharField(max_length=9, verbose_name='地区')),
                ('category', models.CharField(max_length=12, verbose_name='类别')),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='audit.countedagency', verbose_name='执法单位')),
            ],
            options={
                'verbose_name': '汇总',
                'verbose_name_plural': '汇总',
                'indexes': [models.Index(fields=['agency', 'span', 'start'], name='total_agency')],
                'constraints': [models.UniqueConstraint(fields=('span', 'start', 'agency', 'region_code', 'purpose', 'category'), name='total_once')],
            },
        ),
        migrations.CreateModel(
            name='VisitNow',
            fields=[
                ('visit', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='入企编号')),
                ('fact_id', models.BigIntegerField(verbose_name='入企事实')),
                ('day', models.DateField(verbose_name='日期')),
                ('year', models.SmallIntegerField(verbose_name='年份')),
                ('started_at', models.DateTimeField(verbose_name='入企时间')),
                ('credit_code', models.CharField(max_length=18, verbose_name='统一社会信用代码')),
                ('region_code', models.CharField(max_length=9, verbose_name='地区')),
                ('purpose', models.CharField(max_length=12, verbose_name='目的')),
                ('category', models.CharField(max_length=12, verbose_name='类别')),
                ('joint_id', models.CharField(max_length=64, verbose_name='联合检查')),
                ('officers', models.JSONField(verbose_name='执法人员')),
                ('visits', models.SmallIntegerField(verbose_name='入企')),
                ('once', models.SmallIntegerField(verbose_name='打扰')),
                ('counted', models.SmallIntegerField(verbose_name='计入上限')),
                ('unconfirmed', models.SmallIntegerField(verbose_name='待确认')),
                ('exempt', models.SmallIntegerField(verbose_name='豁免')),
                ('superior_ordered', models.SmallIntegerField(verbose_name='上级部署')),
                ('joint', models.SmallIntegerField(verbose_name='联合')),
                ('imported', models.SmallIntegerField(verbose_name='补录')),
                ('reported', models.SmallIntegerField(verbose_name='统计年报')),
                ('withdrawn', models.SmallIntegerField(verbose_name='撤回')),
                ('voided', models.SmallIntegerField(verbose_name='作废')),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='audit.countedagency', verbose_name='执法单位')),
            ],
            options={
                'verbose_name': '入企现状',
                'verbose_name_plural': '入企现状',
                'indexes': [models.Index(fields=['day', 'region_code'], name='visit_now_day'), models.Index(fields=['agency', 'day'], name='visit_now_agency'), models.Index(condition=models.Q(('joint_id', ''), _negated=True), fields=['joint_id'], name='visit_now_joint')],
            },
        ),
        migrations.RunPython(queue, unqueue),
    ]
