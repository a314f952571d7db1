"""What was decided of a scan."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkins.models.scan import Scan
from checkins.models.visit import Visit
from officers.models import Agency, Officer


class Resolution(models.Model):
    """What a scan was read as (认定): at which enterprise, in which visit, by whom; the highest `serial` counts.

    `visit` null with a credit code: the scan was withdrawn; both null: not resolved yet. `onsite_at` is the
    moment that counts (never later than receipt). `filing`: the number under which it was filed, if it was.
    `facts` is what was answered, kept for replays; see Answer.
    """

    append_only = True

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="resolutions")
    serial = models.PositiveIntegerField()
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="resolutions")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="resolutions")
    credit_code = models.CharField(max_length=18, blank=True)
    purpose = models.CharField(max_length=12)
    onsite_at = models.DateTimeField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    filing = models.CharField(max_length=80, blank=True)
    facts = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scan", "serial"], name="resolution_serial"),)
        indexes = (models.Index(fields=["credit_code", "agency", "purpose", "onsite_at"], name="resolution_group"),)

    def __str__(self) -> str:
        return f"{self.scan_id} {self.serial}"


class Answer(models.Model):
    """How often a scan's answer was given again (重放), the last time when.

    The replay *writes*, so that its acknowledgement waits for the same disks as the first one did.
    """

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="answer")
    replays = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.scan_id} ×{self.replays}"


class Withdrawal(models.Model):
    """The scanner's own "I was mistaken" (撤回), within its window and with a reason. The scan's row stays."""

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="withdrawal")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="withdrawals")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return str(self.scan_id)


class PlaceGrade(models.Model):
    """How far the place of a scan is believed (位置可信度): appended when something speaks against it, or speaks more.

    The highest `serial` counts, of two equal ones the later row: two phones may grade an earlier scan at the same
    moment, and neither waits for the other. A scan without a row has grade A. `codes`, and `evidence` for each of them:
    checkins/patterns.py. For supervisors; it blocks nothing.
    """

    class Grade(models.TextChoices):
        A = "A", _("A 无疑点")
        B = "B", _("B 有疑点")
        C = "C", _("C 疑似虚假")

    append_only = True

    scan = models.ForeignKey(Scan, verbose_name=_("扫码"), on_delete=models.PROTECT, related_name="place_grades")
    serial = models.PositiveIntegerField(_("次序"))
    grade = models.CharField(_("位置可信度"), max_length=1, choices=Grade.choices)
    codes = models.JSONField(_("疑点"))
    sentence = models.TextField(_("说明"))
    evidence = models.JSONField(_("依据"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("位置可信度")

    def __str__(self) -> str:
        return f"{self.scan_id} {self.grade}"
