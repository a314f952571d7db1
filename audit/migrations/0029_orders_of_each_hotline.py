"""Two cities' hotlines may give two work orders one number: each order is once by its submission, which names both.

Indexes alone: no table is rebuilt. The way back refuses once two cities have taken in orders of one number.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0028_import_files'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.UniqueConstraint(condition=models.Q(('source', '12345')), fields=('submission',), name='complaint_of_order_once'),
        ),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_of_source_once',
        ),
    ]
