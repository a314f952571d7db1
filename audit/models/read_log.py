"""Who of the supervision side read what about whom."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReadLog(models.Model):
    """An account was shown personal data (查阅记录): which page, with which filters or about whom. By value.

    `page`: the page's name in the address table; `subject`: what it was asked, as the address says it: filters, a
    visit, an enterprise, a flag. `shown`: how many lines.
    """

    append_only = True

    actor = models.CharField(_("查阅人"), max_length=80)
    page = models.CharField(_("页面"), max_length=40)
    subject = models.CharField(_("查阅内容"), max_length=300)
    shown = models.PositiveIntegerField(_("显示条数"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("查阅记录")
        indexes = (
            models.Index(fields=["actor", "at"], name="read_log_by_whom"),
            models.Index(fields=["subject", "at"], name="read_log_of_what"),
        )

    def __str__(self) -> str:
        return f"{self.actor} {self.page}"
