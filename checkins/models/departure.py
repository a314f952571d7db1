"""How a visit ended, and what came of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkins.models.visit import Visit
from officers.models import Device, Officer


class Departure(models.Model):
    """An officer's "we have left" (离开): ends the visit, gives its duration (打扰时长). A missing one is no fault.

    `departed_at`: the moment that counts, by the phone's clocks and never later than receipt; `said_at`: the phone's
    wall clock. `purpose`: that of the visit's opening scan, by which departures and scans are grouped. The fix is the
    raw one, in its own datum.
    """

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="departures")
    officer = models.ForeignKey(
        Officer, verbose_name=_("执法人员"), on_delete=models.PROTECT, related_name="departures"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="departures")
    purpose = models.CharField(_("目的"), max_length=12)
    departed_at = models.DateTimeField(_("离开时间"))
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    datum = models.CharField(max_length=5, null=True)
    provider = models.CharField(max_length=40, null=True)
    mock = models.BooleanField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("离开")
        constraints = (models.UniqueConstraint(fields=["visit", "officer", "said_at"], name="departure_is_said_once"),)

    def __str__(self) -> str:
        return f"{self.visit} {self.departed_at:%Y-%m-%d %H:%M}"


class Result(models.Model):
    """What came of one item of a visit (检查结果); appended, the latest of an item counts.

    `compliant` 合格; `rectify` 责令改正, by `rectify_by`; `first_violation_waived` 首违不罚: a first violation, slight
    and put right in time, is not punished; `minor_waived` 轻微免罚: nor is a slight one that was put right and did no
    harm (行政处罚法 2021, art. 33); `case_opened` 立案, under `case_no`. `reinspection_of`: the visit whose order to
    rectify this one looked after (整改复查). `by`: an officer, or the backend that supplied it.
    """

    class Outcome(models.TextChoices):
        COMPLIANT = "compliant", _("合格")
        RECTIFY = "rectify", _("责令改正")
        FIRST_VIOLATION_WAIVED = "first_violation_waived", _("首违不罚")
        MINOR_WAIVED = "minor_waived", _("轻微免罚")
        CASE_OPENED = "case_opened", _("立案")

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="results")
    item = models.CharField(_("检查事项"), max_length=80)
    outcome = models.CharField(_("结果"), max_length=24, choices=Outcome.choices)
    rectify_by = models.DateField(_("改正期限"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    case_no = models.CharField(_("案号"), max_length=80, blank=True)
    reinspection_of = models.ForeignKey(
        Visit, verbose_name=_("复查的入企"), null=True, on_delete=models.PROTECT, related_name="reinspections"
    )
    by = models.CharField(_("提出人"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("检查结果")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    outcome__in=["compliant", "rectify", "first_violation_waived", "minor_waived", "case_opened"]
                ),
                name="result_outcome_is_known",
            ),
        )
        indexes = (models.Index(fields=["outcome", "rectify_by"], name="result_due"),)

    def __str__(self) -> str:
        return f"{self.visit} {self.item} {self.outcome}"
