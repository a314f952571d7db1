"""The record's log: places, tiles, checkpoints, witnesses' words."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0009_knocks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(verbose_name='条目数')),
                ('root', models.BinaryField(verbose_name='根哈希')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('note', models.TextField(verbose_name='签名文本')),
            ],
            options={
                'verbose_name': '检查点',
                'verbose_name_plural': '检查点',
            },
        ),
        migrations.CreateModel(
            name='Log',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name='序号')),
                ('origin', models.CharField(max_length=200, unique=True, verbose_name='日志名称')),
                ('opened_at', models.DateTimeField(verbose_name='开启时间')),
                ('after', models.TextField(blank=True, verbose_name='承接的检查点')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='原因')),
                ('by', models.CharField(blank=True, max_length=200, verbose_name='决定人')),
            ],
            options={
                'verbose_name': '存证日志',
                'verbose_name_plural': '存证日志',
            },
        ),
        migrations.CreateModel(
            name='Cosignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('witness', models.CharField(max_length=200, verbose_name='见证方')),
                ('line', models.CharField(max_length=500, verbose_name='签名')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='audit.checkpoint')),
            ],
            options={
                'verbose_name': '见证签名',
                'verbose_name_plural': '见证签名',
            },
        ),
        migrations.AddField(
            model_name='checkpoint',
            name='log',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checkpoints', to='audit.log', verbose_name='日志'),
        ),
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField()),
                ('number', models.BigIntegerField()),
                ('hashes', models.BinaryField()),
                ('root', models.BinaryField()),
                ('log', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.log')),
            ],
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.BigIntegerField(verbose_name='位置')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='place', to='audit.entry')),
                ('log', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.log')),
            ],
            options={
                'verbose_name': '存证位置',
                'verbose_name_plural': '存证位置',
                'constraints': [models.UniqueConstraint(fields=('log', 'index'), name='leaf_place')],
            },
        ),
        migrations.AddConstraint(
            model_name='checkpoint',
            constraint=models.UniqueConstraint(fields=('log', 'size'), name='checkpoint_size'),
        ),
        migrations.AddConstraint(
            model_name='tile',
            constraint=models.UniqueConstraint(fields=('log', 'level', 'number'), name='tile_place'),
        ),
        *(AppendOnly(f"audit_{name}") for name in ("log", "leaf", "tile", "checkpoint", "cosignature")),
    ]
