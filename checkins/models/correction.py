"""What is said anew of a visit, and what a second person ruled."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkins.models.visit import Visit


class Correction(models.Model):
    """What a visit's own agency takes back or calls otherwise (更正): a claim, until a supervisor rules on it.

    `claim`: {"state": "voided"} or the words of its kind that change. `scans`: those that it was said of, so that a
    scan which comes later is not taken along. A supervisor's own correction comes with its ruling.
    """

    class Kind(models.TextChoices):
        WITHDRAWAL = "withdrawal", _("撤回")
        VOIDING = "voiding", _("作废")
        CLASSIFICATION = "classification", _("改类")

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(_("种类"), max_length=16, choices=Kind.choices)
    claim = models.JSONField(_("更正内容"))
    scans = models.JSONField(_("涉及扫码"))
    reason = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("提出人"), max_length=80)
    at = models.DateTimeField(_("提出时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("入企更正")
        indexes = (models.Index(fields=["visit"], name="correction_visit"),)

    def __str__(self) -> str:
        return f"{self.visit} {self.kind}"


class Ruling(models.Model):
    """The one word that settles a correction (裁定): a supervisor's, and only a confirmed one changes what counts.

    But `superseded`: the agency has said something else since. `at_once`: the missing word, which needs nobody's yes.
    """

    class Verdict(models.TextChoices):
        CONFIRMED = "confirmed", _("确认")
        REJECTED = "rejected", _("驳回")
        SUPERSEDED = "superseded", _("已被新的更正取代")
        AT_ONCE = "at_once", _("无须裁定，即时生效")

    append_only = True

    correction = models.OneToOneField(Correction, primary_key=True, on_delete=models.PROTECT, related_name="ruling")
    verdict = models.CharField(_("裁定"), max_length=10, choices=Verdict.choices)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    by = models.CharField(_("裁定人"), max_length=80)
    at = models.DateTimeField(_("裁定时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("更正裁定")

    def __str__(self) -> str:
        return f"{self.correction} {self.verdict}"
