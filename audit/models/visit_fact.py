"""What counts: visits by value, in versions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.writer import WritingTransaction


class VisitFact(models.Model):
    """One version of what is known of a visit (入企事实): appended, never changed, free of foreign keys.

    The highest version of a visit is its present; `known_from` lets any count be asked as of a past moment.
    `state`: `open`, `withdrawn` (by its scanner, not yet confirmed by a supervisor), `voided` (and confirmed) or
    `absorbed` (a late scan showed that it was part of another visit). `origin`: `scanned` or `imported`. `officers`: a
    list of {certificate_no, name}. `started_at` is the on-site start, which decides day and year. `agency_level`,
    `items`: NULL where a version does not say it. `claim`: what the own agency says the visit should be instead, as
    long as no supervisor has confirmed it (audit/facts.py, Fact). `transaction`: which one wrote it, by the word of the
    database (audit/writer.py).
    """

    append_only = True

    visit = models.CharField(_("入企编号"), max_length=64)
    version = models.PositiveIntegerField(_("版本"))
    known_from = models.DateTimeField(_("获知时间"))
    state = models.CharField(_("状态"), max_length=12)
    origin = models.CharField(_("来源"), max_length=12)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    enterprise_name = models.CharField(_("企业"), max_length=200)
    region_code = models.CharField(_("地区"), max_length=9)
    industry = models.CharField(_("行业"), max_length=10)
    risk_grade = models.CharField(_("风险等级"), max_length=4)
    agency_code = models.CharField(_("执法单位代码"), max_length=40)
    agency_path = models.CharField(_("执法单位路径"), max_length=255)
    agency_name = models.CharField(_("执法单位"), max_length=100)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    purpose = models.CharField(_("目的"), max_length=12)
    category = models.CharField(_("类别"), max_length=12)
    reason = models.CharField(_("事由"), max_length=40)
    source_no = models.CharField(_("来源文号"), max_length=80)
    superior_ordered = models.BooleanField(_("上级部署"))
    joint_id = models.CharField(_("联合检查"), max_length=64)
    started_at = models.DateTimeField(_("入企时间"))
    officers = models.JSONField(_("执法人员"))
    agency_level = models.CharField(_("单位层级"), max_length=10, null=True)
    items = models.JSONField(_("检查事项"), null=True)
    claim = models.JSONField(_("待确认的更正"), null=True)
    transaction = models.BigIntegerField(_("写入事务"), db_default=WritingTransaction(), editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("入企事实")
        constraints = (models.UniqueConstraint(fields=["visit", "version"], name="visit_fact_version"),)
        indexes = (
            models.Index(fields=["credit_code", "started_at"], name="visit_fact_enterprise"),
            models.Index(fields=["agency_code", "started_at"], name="visit_fact_agency"),
            models.Index(fields=["agency_code", "transaction", "id"], name="visit_fact_changes"),
        )

    def __str__(self) -> str:
        return f"{self.visit} v{self.version}"
