"""One person's word that the log goes on after a restore."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly
from audit.seal_trigger import Sealed


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0018_verifications'),
    ]

    operations = [
        migrations.CreateModel(
            name='Resumption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300, verbose_name='原因')),
                ('proposed_by', models.CharField(max_length=80, verbose_name='提出人')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('log', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resumptions', to='audit.log')),
            ],
            options={
                'verbose_name': '恢复后续存',
                'verbose_name_plural': '恢复后续存',
            },
        ),
        AppendOnly("audit_resumption"),
        Sealed("audit_resumption", "audit.resumption"),
    ]
