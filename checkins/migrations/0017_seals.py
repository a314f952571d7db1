"""Each new row of these tables is queued for sealing, and those that are there already."""

from django.db import migrations

from audit.seal_trigger import Sealed


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("checkins", "0016_sequence_repeats"), ("audit", "0016_pending_rows")]

    operations = [
        Sealed("checkins_approval", "checkins.approval"),
        Sealed("checkins_blob", "checkins.blob", "sha256"),
        Sealed("checkins_correction", "checkins.correction"),
        Sealed("checkins_departure", "checkins.departure"),
        Sealed("checkins_historicalitem", "checkins.historicalitem", "history_id"),
        Sealed("checkins_historicalvisit", "checkins.historicalvisit", "history_id"),
        Sealed("checkins_matchtry", "checkins.matchtry"),
        Sealed("checkins_merge", "checkins.merge"),
        Sealed("checkins_mergeconfirmation", "checkins.mergeconfirmation", "merge_id"),
        Sealed("checkins_overdueapproval", "checkins.overdueapproval"),
        Sealed("checkins_placegrade", "checkins.placegrade"),
        Sealed("checkins_plan", "checkins.plan"),
        Sealed("checkins_planlink", "checkins.planlink"),
        Sealed("checkins_presence", "checkins.presence"),
        Sealed("checkins_resolution", "checkins.resolution"),
        Sealed("checkins_result", "checkins.result"),
        Sealed("checkins_ruling", "checkins.ruling", "correction_id"),
        Sealed("checkins_scan", "checkins.scan", "scan_id"),
        Sealed("checkins_sequencegap", "checkins.sequencegap", "scan_id"),
        Sealed("checkins_sequencerepeat", "checkins.sequencerepeat", "scan_id"),
        Sealed("checkins_urgency", "checkins.urgency", "scan_id"),
        Sealed("checkins_withdrawal", "checkins.withdrawal", "scan_id"),
    ]
