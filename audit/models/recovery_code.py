"""What is left of an account's recovery codes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models.account import Account


class RecoveryCode(models.Model):
    """One unused recovery code (恢复码) of an account, as its hash. A used one's row is gone; the entry tells of it."""

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("账号"), related_name="recovery_codes")
    digest = models.CharField(_("散列"), max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("恢复码")
        constraints = (models.UniqueConstraint(fields=["account", "digest"], name="recovery_code_once"),)

    def __str__(self) -> str:
        return f"{self.account_id}"
