"""Why a log is given no further places."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0014_deliveries'),
    ]

    operations = [
        migrations.CreateModel(
            name='Halt',
            fields=[
                ('log', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='halt', serialize=False, to='audit.log')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('why', models.CharField(choices=[('smaller', '本库的日志比见证方所见的短'), ('another', '本库的日志与见证方所见的不一致')], max_length=10, verbose_name='原因')),
                ('size', models.BigIntegerField(verbose_name='本库条目数')),
                ('witness', models.CharField(max_length=200, verbose_name='见证方')),
                ('witness_size', models.BigIntegerField(verbose_name='见证方所见条目数')),
                ('note', models.TextField(blank=True, verbose_name='见证方的检查点')),
            ],
            options={
                'verbose_name': '停止排序',
                'verbose_name_plural': '停止排序',
            },
        ),
        AppendOnly("audit_halt"),
    ]
