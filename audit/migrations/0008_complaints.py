"""Complaints with their pictures and states: appended; the complainant's words may be wiped where the law orders it."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly

# In quotes below: BY is a word of PL/pgSQL.
_SAME = (
    "id", "number", "submission", "source", "kind", "credit_code", "enterprise_name", "region_code", "may_be_named",
    "by_owner", "received_at", "by",
)
WIPE = (
    "NEW.text IS NULL AND NEW.phone IS NULL AND NEW.salt IS NULL AND OLD.salt IS NOT NULL AND "
    + " AND ".join(f'NEW."{name}" = OLD."{name}"' for name in _SAME)
    + " AND COALESCE(NEW.happened_at = OLD.happened_at, NEW.happened_at IS NULL AND OLD.happened_at IS NULL)"
    + " AND EXISTS (SELECT 1 FROM audit_entry r WHERE r.kind = 'redacted' AND r.subject = 'complaint:' || OLD.number)"
)
WIPE_PICTURE = (
    "NEW.copy IS NULL AND OLD.copy IS NOT NULL AND "
    + " AND ".join(f"NEW.{name} = OLD.{name}" for name in ("id", "complaint_id", "place", "sha256", "copy_sha256"))
    + " AND EXISTS (SELECT 1 FROM audit_entry r, audit_complaint c WHERE c.id = OLD.complaint_id"
    + " AND r.kind = 'redacted' AND r.subject = 'complaint:' || c.number)"
)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0007_figures'),
    ]

    operations = [
        migrations.CreateModel(
            name='Complaint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True, verbose_name='受理编号')),
                ('submission', models.UUIDField()),
                ('source', models.CharField(choices=[('door', '门牌页'), ('phone', '来电'), ('paper', '来信来访'), ('12345', '12345 热线')], max_length=10, verbose_name='来源')),
                ('kind', models.CharField(choices=[('unscanned', '未扫码就来检查'), ('too_often', '检查过于频繁'), ('other', '其他问题')], max_length=12, verbose_name='类型')),
                ('credit_code', models.CharField(max_length=18, verbose_name='统一社会信用代码')),
                ('enterprise_name', models.CharField(max_length=200, verbose_name='企业')),
                ('region_code', models.CharField(max_length=9, verbose_name='地区')),
                ('happened_at', models.DateTimeField(null=True, verbose_name='发生时间')),
                ('text', models.TextField(null=True, verbose_name='内容')),
                ('phone', models.CharField(max_length=16, null=True, verbose_name='联系电话')),
                ('may_be_named', models.BooleanField(verbose_name='同意告知被投诉单位')),
                ('by_owner', models.BooleanField(verbose_name='企业本人')),
                ('salt', models.BinaryField(null=True)),
                ('received_at', models.DateTimeField(verbose_name='收到时间')),
                ('by', models.CharField(max_length=80, verbose_name='经办')),
            ],
            options={
                'verbose_name': '投诉',
                'verbose_name_plural': '投诉',
                'indexes': [models.Index(fields=['received_at'], name='complaint_received')],
                'constraints': [models.UniqueConstraint(fields=('credit_code', 'submission'), name='complaint_once'), models.CheckConstraint(condition=models.Q(('source__in', ['door', 'phone', 'paper', '12345'])), name='complaint_source_is_known')],
            },
        ),
        migrations.CreateModel(
            name='ComplaintPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('copy', models.BinaryField(null=True)),
                ('copy_sha256', models.CharField(max_length=64)),
                ('complaint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pictures', to='audit.complaint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('complaint', 'place'), name='complaint_picture_place')],
            },
        ),
        migrations.CreateModel(
            name='ComplaintState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('serial', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('open', '已收到，待受理'), ('accepted', '已受理，办理中'), ('closed', '已办结')], max_length=12, verbose_name='状态')),
                ('grade', models.CharField(choices=[('A', 'A 类'), ('B', 'B 类'), ('C', 'C 类')], max_length=1, null=True, verbose_name='等级')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='告知投诉人')),
                ('by', models.CharField(max_length=80, verbose_name='经办')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('complaint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='states', to='audit.complaint')),
            ],
            options={
                'verbose_name': '投诉办理',
                'verbose_name_plural': '投诉办理',
                'constraints': [models.UniqueConstraint(fields=('complaint', 'serial'), name='complaint_state_order')],
            },
        ),
        AppendOnly("audit_complaint", WIPE),
        AppendOnly("audit_complaintpicture", WIPE_PICTURE),
        AppendOnly("audit_complaintstate"),
    ]
