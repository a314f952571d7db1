"""Who else was there."""

from django.db import models

from checkins.models.scan import Scan
from officers.models import Device, Officer


class Presence(models.Model):
    """A partner's own word of having been there (同行确认) with the officer whose scan named them. Appended."""

    append_only = True

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="presences")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="presences")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="presences")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scan", "officer"], name="presence_once"),)

    def __str__(self) -> str:
        return f"{self.scan_id} {self.officer_id}"
