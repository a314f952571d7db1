"""Monthly reports as they were issued."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MonthlyReport(models.Model):
    """A region's monthly report (月度通报): the figures as they were known at `as_of`, for ever.

    `region_code`: by as few digits as name it, 2, 4, 6 or 9; `month`: 2026-06. `serial`: the region's how-manieth of
    the `year` of issue. `figures`: canonical JSON (audit/monthly.py). `replaces`: the number of an earlier report about
    the same month, which stays as it is.
    """

    append_only = True

    number = models.CharField(_("通报编号"), max_length=40, unique=True)
    region_code = models.CharField(_("地区"), max_length=9)
    month = models.CharField(_("月份"), max_length=7)
    year = models.PositiveSmallIntegerField(_("年份"))
    serial = models.PositiveIntegerField(_("序号"))
    as_of = models.DateTimeField(_("数据截至"))
    figures = models.TextField(_("数据"))
    replaces = models.CharField(_("替代"), max_length=40, blank=True)
    by = models.CharField(_("经办"), max_length=80)
    at = models.DateTimeField(_("印发时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("月度通报")
        constraints = (models.UniqueConstraint(fields=["region_code", "year", "serial"], name="monthly_report_serial"),)
        indexes = (models.Index(fields=["region_code", "month"], name="monthly_report_of"),)

    def __str__(self) -> str:
        return self.number
