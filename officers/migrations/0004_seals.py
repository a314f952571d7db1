"""Each new row of these tables is queued for sealing, and those that are there already."""

from django.db import migrations

from audit.seal_trigger import Sealed


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("officers", "0003_keys_and_credentials"), ("audit", "0016_pending_rows")]

    operations = [
        Sealed("officers_credential", "officers.credential"),
        Sealed("officers_historicalagency", "officers.historicalagency", "history_id"),
        Sealed("officers_historicaldevice", "officers.historicaldevice", "history_id"),
        Sealed("officers_historicalofficer", "officers.historicalofficer", "history_id"),
        Sealed("officers_signingkey", "officers.signingkey"),
        Sealed("officers_statusplace", "officers.statusplace"),
    ]
