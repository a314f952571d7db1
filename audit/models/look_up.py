"""Who read the register of enterprises by name, and who did it too often."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LookUp(models.Model):
    """One request of a look-up by name (名称查询): what an officer had typed so far, and how many were shown.

    `stroke` 1 opened the look-up; audit/look_ups.py says which request belongs to which. Where the officer stood is
    not kept: nobody's track.
    """

    append_only = True

    actor = models.CharField(_("查询人"), max_length=80)
    agency_code = models.CharField(_("执法单位代码"), max_length=40)
    at = models.DateTimeField(_("时间"))
    typed = models.CharField(_("输入内容"), max_length=60)
    longest = models.CharField(_("本次查询最长输入"), max_length=60)
    stroke = models.PositiveIntegerField(_("第几次请求"))
    shown = models.PositiveIntegerField(_("显示条数"))

    class Meta:
        verbose_name = verbose_name_plural = _("名称查询记录")
        indexes = (models.Index(fields=["actor", "at"], name="look_up_by_whom"),)

    def __str__(self) -> str:
        return f"{self.actor} {self.typed}"


class LookUpFlag(models.Model):
    """An officer looked up more names in an hour than the limit (查询预警); the supervisor sees it. By value."""

    append_only = True

    certificate_no = models.CharField(_("执法证号"), max_length=32)
    officer_name = models.CharField(_("执法人员"), max_length=50)
    agency_code = models.CharField(_("执法单位代码"), max_length=40)
    agency_name = models.CharField(_("执法单位"), max_length=100)
    agency_path = models.CharField(_("执法单位层级"), max_length=255)
    region_code = models.CharField(_("地区"), max_length=9)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    look_ups = models.PositiveIntegerField(_("一小时内查询次数"))
    hourly = models.PositiveIntegerField(_("每小时上限"))
    raised_at = models.DateTimeField(_("预警时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("查询预警")
        indexes = (
            models.Index(fields=["supervised_by", "raised_at"], name="look_up_flag_supervisor"),
            models.Index(fields=["certificate_no", "raised_at"], name="look_up_flag_officer"),
        )

    def __str__(self) -> str:
        return f"{self.officer_name} {self.look_ups}"
