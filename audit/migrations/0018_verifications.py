"""What came of going through the whole record."""

from django.db import migrations, models

from audit.append_only import AppendOnly
from audit.seal_trigger import Sealed


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0017_seals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='核验时间')),
                ('ended_at', models.DateTimeField(verbose_name='完成时间')),
                ('recent', models.BooleanField(verbose_name='增量')),
                ('found', models.PositiveIntegerField(verbose_name='不符')),
                ('findings', models.JSONField(verbose_name='不符的记录')),
                ('counted', models.JSONField(verbose_name='范围')),
                ('mark', models.JSONField()),
            ],
            options={
                'verbose_name': '核验记录',
                'verbose_name_plural': '核验记录',
            },
        ),
        AppendOnly("audit_verification"),
        Sealed("audit_verification", "audit.verification"),
    ]
