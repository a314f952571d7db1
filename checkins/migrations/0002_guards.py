"""What arrived, how it was read and who took it back: appended, never changed."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("checkins", "0001_initial"), ("audit", "0002_guards")]

    operations = [
        AppendOnly("checkins_scan"),
        AppendOnly("checkins_resolution"),
        AppendOnly("checkins_withdrawal"),
    ]
