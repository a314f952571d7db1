"""Each new row of these tables is queued for sealing, and those that are there already."""

from django.db import migrations

from audit.seal_trigger import Sealed


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("enterprises", "0008_proofs"), ("audit", "0016_pending_rows")]

    operations = [
        Sealed("enterprises_historicalcontact", "enterprises.historicalcontact", "history_id"),
        Sealed("enterprises_historicaldoor", "enterprises.historicaldoor", "history_id"),
        Sealed("enterprises_historicalenterprise", "enterprises.historicalenterprise", "history_id"),
        Sealed("enterprises_historicalpremises", "enterprises.historicalpremises", "history_id"),
        Sealed("enterprises_licencealias", "enterprises.licencealias"),
        Sealed("enterprises_licencealiasruling", "enterprises.licencealiasruling"),
    ]
