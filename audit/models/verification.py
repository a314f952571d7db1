"""What came of going through the whole record."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verification(models.Model):
    """One run of `manage.py verify` (核验). `found`: so many rows did not hold; `findings` are the first of them.

    `recent`: it began where an earlier run that held had ended. `mark`: how far this one came, by value: the next
    recent run begins there (audit/proving/mark.py). `counted`: what was gone through.
    """

    append_only = True

    at = models.DateTimeField(_("核验时间"))
    ended_at = models.DateTimeField(_("完成时间"))
    recent = models.BooleanField(_("增量"))
    found = models.PositiveIntegerField(_("不符"))
    findings = models.JSONField(_("不符的记录"))
    counted = models.JSONField(_("范围"))
    mark = models.JSONField()

    class Meta:
        verbose_name = verbose_name_plural = _("核验记录")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
