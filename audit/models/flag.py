"""Warnings that the supervisor must see."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Flag(models.Model):
    """A rule found something in a period (预警). What happens to it are FlagState rows.

    One flag per rule, enterprise, agency and period; `opened_by_visit` raised it. `agency_code` is empty where it is
    about the enterprise, whoever came; `credit_code` where it is about an agency as a whole. `level`: when raised.
    """

    append_only = True

    rule = models.CharField(_("规则"), max_length=40)
    rule_version = models.PositiveIntegerField(_("规则版本"))
    level = models.CharField(_("级别"), max_length=10)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    enterprise_name = models.CharField(_("企业"), max_length=200)
    region_code = models.CharField(_("地区"), max_length=9)
    agency_code = models.CharField(_("执法单位代码"), max_length=40)
    agency_name = models.CharField(_("执法单位"), max_length=100)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    period = models.CharField(_("期间"), max_length=20)
    opened_by_visit = models.CharField(_("触发入企"), max_length=64)
    raised_at = models.DateTimeField(_("预警时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("预警")
        constraints = (
            models.UniqueConstraint(
                fields=["rule", "credit_code", "agency_code", "period"], name="flag_once_per_rule_and_period"
            ),
        )
        indexes = (
            models.Index(fields=["supervised_by", "raised_at"], name="flag_supervisor"),
            models.Index(fields=["credit_code"], name="flag_enterprise"),
        )

    def __str__(self) -> str:
        return f"{self.enterprise_name} {self.period} {self.agency_name}"


class FlagState(models.Model):
    """A flag's life: `raised`, `grown` (further visits), `eased` (fewer, but still too many), `doubted` (the
    agency's own deed took ground from it, and no supervisor has reviewed that: it stands), `lowered` (none is left).

    `evidence`: {"sentence": Chinese, "rule", "version", "level", "counted": [visit, …], "unconfirmed": [visit, …],
    "left_out": [{visit, why}, …]} and the kind's own figures; when lowered, the reason and what is known now.
    """

    append_only = True

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(_("状态"), max_length=10)
    at = models.DateTimeField(_("时间"))
    actor = models.CharField(_("经办"), max_length=80)
    level = models.CharField(_("级别"), max_length=10, null=True)
    evidence = models.JSONField(_("依据与明细"))

    class Meta:
        verbose_name = verbose_name_plural = _("预警变化")
        indexes = (models.Index(fields=["flag", "at"], name="flag_state_order"),)

    def __str__(self) -> str:
        return self.state
