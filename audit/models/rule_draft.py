"""Versions of rules that somebody proposes, tries on the past, and somebody else enacts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models.frequency_rule import FrequencyRule


class RuleDraft(models.Model):
    """A version of a rule as one person would have it (规则草案). A change of mind is a further draft.

    The columns are those of FrequencyRule. `effective_from`: the day that is proposed; whoever enacts it says the day.
    `note`: why it is proposed.
    """

    append_only = True

    code = models.CharField(_("规则代码"), max_length=40)
    title = models.CharField(_("名称"), max_length=100, blank=True)
    kind = models.CharField(_("种类"), max_length=30)
    parameters = models.JSONField(_("参数"))
    region_prefix = models.CharField(_("地区前缀"), max_length=9, blank=True)
    scope = models.JSONField(_("适用范围"))
    effective_from = models.DateField(_("拟施行日期"))
    effective_to = models.DateField(_("废止日期"), null=True)
    repeals = models.BooleanField(_("废止本规则"))
    source = models.CharField(_("依据"), max_length=200)
    note = models.CharField(_("起草说明"), max_length=200)
    drafted_by = models.CharField(_("起草人"), max_length=80)
    drafted_at = models.DateTimeField(_("起草时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("规则草案")
        indexes = (models.Index(fields=["code"], name="rule_draft_code"),)

    def __str__(self) -> str:
        return f"{self.code} #{self.pk}"


class RuleDraftEnd(models.Model):
    """What became of a draft, once and for ever: another person enacted it as `rule`, or it was dropped (撤下)."""

    class Outcome(models.TextChoices):
        ENACTED = "enacted", _("已施行")
        DROPPED = "dropped", _("已撤下")

    append_only = True

    draft = models.OneToOneField(RuleDraft, primary_key=True, on_delete=models.PROTECT, related_name="end")
    outcome = models.CharField(_("结果"), max_length=10, choices=Outcome.choices)
    rule = models.OneToOneField(FrequencyRule, null=True, on_delete=models.PROTECT, related_name="draft_end")
    note = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("经办"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("草案处理")

    def __str__(self) -> str:
        return f"{self.draft_id} {self.outcome}"


class RuleTrial(models.Model):
    """A draft tried on the visits of past months (试算), within the reach of whoever asked; both days included.

    `region_prefix`: narrowed to the enterprises there. `reach_region`, `reach_agency`: the asker's own. `queued`: too
    much for a page; the worker does it.
    """

    append_only = True

    draft = models.ForeignKey(RuleDraft, on_delete=models.PROTECT, related_name="trials")
    first = models.DateField(_("第一天"))
    last = models.DateField(_("最后一天"))
    region_prefix = models.CharField(_("地区前缀"), max_length=9, blank=True)
    reach_region = models.CharField(max_length=9, blank=True)
    reach_agency = models.CharField(max_length=40, blank=True)
    queued = models.BooleanField()
    by = models.CharField(_("试算人"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("规则试算")

    def __str__(self) -> str:
        return f"{self.draft_id} {self.first} {self.last}"


class RuleTrialResult(models.Model):
    """What came of a trial. `counts` and `lines`: audit/services/run_trial.py; of the lines the first so many.

    `broke`: it could not be brought to an end.
    """

    append_only = True

    trial = models.OneToOneField(RuleTrial, primary_key=True, on_delete=models.PROTECT, related_name="result")
    visits = models.PositiveIntegerField()
    enterprises = models.PositiveIntegerField()
    counts = models.JSONField()
    lines = models.JSONField()
    broke = models.BooleanField()
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("试算结果")

    def __str__(self) -> str:
        return f"{self.trial_id}"
