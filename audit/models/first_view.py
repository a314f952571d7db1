"""Who was shown an officer at a door: the first view of each browser."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FirstView(models.Model):
    """A browser was shown an officer's name and photo in a visit for the first time (首次查看). By value.

    `viewer`: the browser's own random number (audit/viewer.py), which names no person and is forgotten after a day.
    `through`: `door`, the enterprise's own page; `screen`, the page behind the officer's screen; `verifier`, the page
    that checks that screen. `visit` may be empty: a screen that was shown outside a visit.
    """

    append_only = True

    viewer = models.CharField(_("浏览者"), max_length=32)
    through = models.CharField(_("入口"), max_length=10)
    visit = models.CharField(_("入企编号"), max_length=64)
    certificate_no = models.CharField(_("执法证号"), max_length=32)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("首次查看记录")
        constraints = (
            models.UniqueConstraint(
                fields=["certificate_no", "visit", "viewer", "through"], name="first_view_is_logged_once"
            ),
        )
        indexes = (models.Index(fields=["visit"], name="first_view_visit"),)

    def __str__(self) -> str:
        return f"{self.viewer} {self.visit} {self.certificate_no}"
