"""The log of log-ins, which django-axes keeps, under a name that people can read."""

from axes.models import AccessFailureLog, AccessLog
from django.utils.translation import gettext_lazy as _


class SignIn(AccessLog):  # type: ignore[misc]  # axes has no types
    """Somebody signed in (登录), and when out again, if at all."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = _("登录记录")

    def __str__(self) -> str:
        return f"{self.username} {self.attempt_time:%Y-%m-%d %H:%M}"


class FailedSignIn(AccessFailureLog):  # type: ignore[misc]
    """A wrong password or code (登录失败); `locked_out`: it was one of those that found the account locked."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = _("登录失败记录")

    def __str__(self) -> str:
        return f"{self.username} {self.attempt_time:%Y-%m-%d %H:%M}"
