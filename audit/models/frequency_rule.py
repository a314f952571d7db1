"""The law of frequency as rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked


class FrequencyRule(models.Model):
    """One version of one rule (频次规则). An enacted version is never edited: a change is a new version.

    `kind` and `parameters`: see audit/kinds.py. `region_prefix` and `scope` (industries, risk_grades, levels,
    agencies, enterprises: lists, what is absent does not narrow it) say which visits it looks at. `effective_to` is
    exclusive; null: in force. `repeals`: from `effective_from` on there is no such rule.
    """

    append_only = True

    code = models.CharField(_("规则代码"), max_length=40)
    version = models.PositiveIntegerField(_("版本"))
    title = models.CharField(_("名称"), max_length=100, blank=True, default="")
    kind = models.CharField(_("种类"), max_length=30)
    parameters = models.JSONField(_("参数"))
    region_prefix = models.CharField(_("地区前缀"), max_length=9, blank=True)
    scope = models.JSONField(_("适用范围"), default=dict, blank=True)
    effective_from = models.DateField(_("施行日期"))
    effective_to = models.DateField(_("废止日期"), null=True, blank=True)
    repeals = models.BooleanField(_("废止本规则"), default=False)
    source = models.CharField(_("依据"), max_length=200)
    enacted_by = models.CharField(_("施行人"), max_length=80, blank=True, default="", editable=False)
    enacted_at = models.DateTimeField(_("颁布时间"), null=True, editable=False)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("频次规则")
        constraints = (models.UniqueConstraint(fields=["code", "version"], name="frequency_rule_version"),)

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"
