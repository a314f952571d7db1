"""Codes that were typed at an enterprise's door."""

from django.db import models

from checkins.models.visit import Visit
from officers.models import Officer


class MatchTry(models.Model):
    """Somebody at an enterprise's door page typed a match code (核对码) for an officer in a visit. Appended.

    Wrong ones are counted under the visit's lock: after a few nobody may try that officer in that visit again.
    """

    append_only = True

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="match_tries")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="match_tries")
    right = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.visit_id} {self.officer_id}"
