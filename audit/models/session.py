"""Who is signed in, in which browser, since when."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models.account import Account


class Session(AbstractBaseSession):
    """A browser's session (会话). `begun_at`: the log-in; `seen_at`: the latest request that a person made, to within a
    tenth of the idle limit; `expire_date`: when the row may be swept."""

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("账号"), null=True, related_name="sessions")
    begun_at = models.DateTimeField(_("登录时间"))
    seen_at = models.DateTimeField(_("最近操作时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("会话")

    def __str__(self) -> str:
        return f"{self.account_id} {self.begun_at:%Y-%m-%d %H:%M}"
