"""Each new row of these tables is queued for sealing, and those that are there already."""

from django.db import migrations

from audit.seal_trigger import Sealed


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0016_pending_rows")]

    operations = [
        Sealed("audit_attempt", "audit.attempt"),
        Sealed("audit_complaint", "audit.complaint"),
        Sealed("audit_complaintpicture", "audit.complaintpicture"),
        Sealed("audit_complaintstate", "audit.complaintstate"),
        Sealed("audit_document", "audit.document"),
        Sealed("audit_filing", "audit.filing"),
        Sealed("audit_firstview", "audit.firstview"),
        Sealed("audit_flag", "audit.flag"),
        Sealed("audit_flagstate", "audit.flagstate"),
        Sealed("audit_frequencyrule", "audit.frequencyrule"),
        Sealed("audit_historicalaccount", "audit.historicalaccount", "history_id"),
        Sealed("audit_historicalfrequencyrule", "audit.historicalfrequencyrule", "history_id"),
        Sealed("audit_lookup", "audit.lookup"),
        Sealed("audit_lookupflag", "audit.lookupflag"),
        Sealed("audit_manifest", "audit.manifest"),
        Sealed("audit_visitfact", "audit.visitfact"),
    ]
