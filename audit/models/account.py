"""Accounts of the supervision side (officers have devices, not accounts)."""

from typing import Any, ClassVar

from django.contrib.auth.hashers import verify_password
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked


class Role(models.TextChoices):
    """Three separated administrator duties (等保 level 3), and those who look and act."""

    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDIT_ADMIN = "audit_admin", _("审计管理员")
    SUPERVISOR = "supervisor", _("监督员")
    AGENCY_ADMIN = "agency_admin", _("单位管理员")
    AGENCY_LEADER = "agency_leader", _("单位负责人")
    DISCIPLINE = "discipline", _("纪检只读")


class Account(AbstractUser):
    """Who may sign in, as what, for which region and agency (账号).

    `region_prefix`: GB/T 2260 digits whose enterprises it may read (`13`, `1305`, `130502`); empty: none.
    `agency_code`: by value, because audit knows nothing of the officers' tables; for a supervisor the 司法局
    whose `supervised_by` agencies it is competent for.
    """

    first_name: Any = None
    last_name: Any = None
    # No `last_login`: it would write a history row at every log-in; axes keeps the log of log-ins.
    last_login: Any = None
    name = models.CharField(_("姓名"), max_length=40)
    # Empty: not granted yet. The system administrator makes accounts, the security administrator grants roles.
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices, blank=True)
    region_prefix = models.CharField(_("地区前缀"), max_length=9, blank=True)
    agency_code = models.CharField(_("单位代码"), max_length=40, blank=True)
    history = tracked(excluded_fields=["password"])

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]

    class Meta:
        verbose_name = verbose_name_plural = _("账号")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(role__in=["", *Role.values]), name="account_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.username})"

    def check_password(self, raw_password: str | None) -> bool:
        """Is this the password? Django's own would save a stronger hash at once; a save without an actor is refused
        here, so the log-in does that as a deed (audit/auth.py)."""
        return raw_password is not None and verify_password(raw_password, self.password)[0]
