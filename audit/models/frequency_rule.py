"""The law of frequency as rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked


class FrequencyRule(models.Model):
    """One version of one rule (频次规则). An enacted version is never edited: a change is a new version.

    `kind`: `annual_cap`, whose parameters are {"cap": visits of one agency at one enterprise in a calendar year,
    Asia/Shanghai}. The engine of further kinds builds on this table. `effective_to` is exclusive; null: in force.
    """

    code = models.CharField(_("规则代码"), max_length=40)
    version = models.PositiveIntegerField(_("版本"))
    kind = models.CharField(_("种类"), max_length=30)
    parameters = models.JSONField(_("参数"))
    region_prefix = models.CharField(_("地区前缀"), max_length=9, blank=True)
    effective_from = models.DateField(_("施行日期"))
    effective_to = models.DateField(_("废止日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("频次规则")
        constraints = (models.UniqueConstraint(fields=["code", "version"], name="frequency_rule_version"),)

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"
