"""Monthly reports as they were issued. The way back refuses once one was: its number must not be given again."""

from django.db import migrations, models

from audit.append_only import AppendOnly
from audit.on_tables import Keeps
from audit.seal_trigger import Sealed


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0024_rule_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthlyReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='通报编号')),
                ('region_code', models.CharField(max_length=9, verbose_name='地区')),
                ('month', models.CharField(max_length=7, verbose_name='月份')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年份')),
                ('serial', models.PositiveIntegerField(verbose_name='序号')),
                ('as_of', models.DateTimeField(verbose_name='数据截至')),
                ('figures', models.TextField(verbose_name='数据')),
                ('replaces', models.CharField(blank=True, max_length=40, verbose_name='替代')),
                ('by', models.CharField(max_length=80, verbose_name='经办')),
                ('at', models.DateTimeField(verbose_name='印发时间')),
            ],
            options={
                'verbose_name': '月度通报',
                'verbose_name_plural': '月度通报',
                'indexes': [models.Index(fields=['region_code', 'month'], name='monthly_report_of')],
                'constraints': [models.UniqueConstraint(fields=('region_code', 'year', 'serial'), name='monthly_report_serial')],
            },
        ),
        AppendOnly("audit_monthlyreport"),
        Sealed("audit_monthlyreport", "audit.monthlyreport"),
        Keeps("SELECT 1 FROM audit_monthlyreport", says="Monthly reports were issued: they would be lost."),
    ]
