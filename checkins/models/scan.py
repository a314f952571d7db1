"""What arrived from a phone, as it came."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from officers.models import Agency, Device, Officer


class Scan(models.Model):
    """What arrived from the phone (扫码), and nothing else: decisions about it are Resolution rows.

    `scan_id` identifies it for ever. `content`: SHA-256 over the contract's fields in canonical form; a replay
    must match it. `words`: those fields as sent, normalised; `extra`: fields that we did not know, kept, not compared.
    Coordinates are the raw fix in its own datum, degrees; accuracy in metres. `scanned_at` is the phone's clock.
    `lane`: the key whose lock was held while it was handled (see audit/lane.py). `counter`: the phone's own count of
    its scans, null for one that does not count. `photo`: SHA-256 of its photo, which may arrive later (Blob).
    """

    append_only = True

    scan_id = models.UUIDField(primary_key=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="scans")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="scans")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="scans")
    content = models.BinaryField()
    code = models.TextField(null=True)
    credit_code = models.CharField(max_length=18, null=True)
    lane = models.CharField(max_length=40)
    scanned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    datum = models.CharField(max_length=5, null=True)
    provider = models.CharField(max_length=40, null=True)
    mock = models.BooleanField(null=True)
    words = models.JSONField()
    extra = models.JSONField()
    counter = models.BigIntegerField(null=True)
    photo = models.CharField(max_length=64, null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("扫码")
        indexes = (
            models.Index(fields=["officer", "received_at"], name="scan_officer"),
            models.Index(fields=["device", "counter"], name="scan_counter", condition=models.Q(counter__isnull=False)),
            models.Index(fields=["photo"], name="scan_photo", condition=models.Q(photo__isnull=False)),
        )

    def __str__(self) -> str:
        return str(self.scan_id)


class SequenceGap(models.Model):
    """Counters that were missing when a later one of the same phone arrived (缺号), `first` to `last` inclusive.

    Appended by the scan that showed it. Whether they have come since is asked of the scans (checkins/gaps.py): a
    queue that is sent in another order than it was made shows gaps that close by themselves.
    """

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="gap")
    device = models.ForeignKey(Device, verbose_name=_("设备"), on_delete=models.PROTECT, related_name="gaps")
    first = models.BigIntegerField(_("缺号起"))
    last = models.BigIntegerField(_("缺号止"))
    at = models.DateTimeField(_("发现时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("扫码缺号")
        indexes = (models.Index(fields=["at"], name="gap_at"),)

    def __str__(self) -> str:
        return f"{self.device_id} {self.first}-{self.last}"


class SequenceRepeat(models.Model):
    """A counter under which another scan of the same phone was there already (重号): two phones share a token, or one
    has lost count. Appended by each scan that finds another one there, in whatever order they come.
    """

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="repeat")
    device = models.ForeignKey(Device, verbose_name=_("设备"), on_delete=models.PROTECT, related_name="repeats")
    counter = models.BigIntegerField(_("编号"))
    at = models.DateTimeField(_("发现时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("扫码重号")
        indexes = (
            models.Index(fields=["at"], name="repeat_at"),
            models.Index(fields=["device", "counter"], name="repeat_counter"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.counter}"
