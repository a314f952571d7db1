"""What other systems hold about inspections: against it the scans are checked."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Document(models.Model):
    """A paper that says an agency was, or will be, at an enterprise (文书): who does not scan is seen by it (应扫未扫).

    Appended, never changed: a correction is a new version of the same `source_ref` of the same source system, a
    `withdrawn` one takes it back. `on`: the Asia/Shanghai day of the inspection, or the planned day.
    """

    class Kind(models.TextChoices):
        INSPECTION = "inspection", _("检查文书")
        PENALTY = "penalty", _("处罚案件")
        PLAN = "plan", _("检查计划")

    append_only = True

    source = models.CharField(_("来源系统"), max_length=40)
    source_ref = models.CharField(_("来源编号"), max_length=80)
    version = models.PositiveIntegerField(_("版本"))
    kind = models.CharField(_("种类"), max_length=12, choices=Kind.choices)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    enterprise_name = models.CharField(_("企业"), max_length=200)
    region_code = models.CharField(_("地区"), max_length=9)
    agency_code = models.CharField(_("执法单位代码"), max_length=40)
    agency_path = models.CharField(_("执法单位路径"), max_length=255)
    agency_name = models.CharField(_("执法单位"), max_length=100)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    on = models.DateField(_("日期"))
    withdrawn = models.BooleanField(pgettext_lazy("paper", "撤销"))
    known_from = models.DateTimeField(_("获知时间"))
    by = models.CharField(_("经办"), max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = _("检查文书、案件和计划")
        constraints = (models.UniqueConstraint(fields=["source", "source_ref", "version"], name="document_version"),)
        indexes = (
            models.Index(fields=["agency_code", "on"], name="document_agency"),
            models.Index(fields=["credit_code", "on"], name="document_enterprise"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.source_ref}"
