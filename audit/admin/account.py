"""Accounts: made and named by one administrator, granted and armed by another."""

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.auth import Sight, sight
from audit.button import Button, Told
from audit.desk import RegisterDesk
from audit.duties import Matter, May, Reach
from audit.models import (
    Account,
)
from audit.services import account as deeds
from audit.services.end_sessions import end_sessions

PASSWORD_BYTES = 15


def _new_password(row: Any, actor: Actor, at: datetime, _reason: str) -> Told:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    deeds.set_password(account=row, password=password, actor=actor, at=at)
    return Told(title=_("新密码"), text=password, hint=_("请当面或通过可信渠道交给本人，并请本人登录后自行修改。"))


def _new_factor(row: Any, actor: Actor, at: datetime, _reason: str) -> Told:
    factor = deeds.enrol_totp(account=row, issuer=settings.TOTP_ISSUER, actor=actor, at=at)
    return Told(
        title=_("动态口令密钥"),
        text=factor.secret,
        qr=factor.url,
        hint=_("请本人用手机验证器应用扫描二维码，或手工输入密钥；首次登录后请在“我的登录”中自行重新生成恢复码。"),
        codes=factor.codes,
    )


def _end_sessions(row: Any, actor: Actor, at: datetime, _reason: str) -> None:
    end_sessions(account=row, actor=actor, at=at)


def _disable(row: Any, actor: Actor, at: datetime, reason: str) -> None:
    deeds.disable_account(account=row, actor=actor, at=at, reason=reason)


def _enable(row: Any, actor: Actor, at: datetime, reason: str) -> None:
    deeds.enable_account(account=row, actor=actor, at=at, reason=reason)


@admin.register(Account)
class AccountDesk(RegisterDesk):
    """The system administrator makes accounts and names them; the security administrator grants and arms them."""

    matter = Matter.ACCOUNTS
    named_by = "username"
    list_display = ("username", "name", "role", "region_prefix", "agency_code", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("username", "name", "agency_code")
    ordering = ("username",)
    read_only_once_made = ("username",)
    identity = ("username", "name", "email")
    rights = ("role", "region_prefix", "agency_code")
    buttons = (
        Button(
            name="password",
            label=_("重设密码"),
            question=_("将生成新密码，只显示一次；原密码作废，该账号其他会话随即退出。"),
            verb=May.CHANGE,
            matter=Matter.ACCOUNTS,
            does=_new_password,
        ),
        Button(
            name="totp",
            label=_("启用动态口令"),
            question=_("将生成新的动态口令密钥，只显示一次；原密钥作废。"),
            verb=May.CHANGE,
            matter=Matter.RIGHTS,
            does=_new_factor,
        ),
        Button(
            name="sessions",
            label=_("结束会话"),
            question=_("该账号在所有浏览器上的登录随即退出，须重新登录。"),
            verb=May.CHANGE,
            matter=Matter.ACCOUNTS,
            does=_end_sessions,
        ),
        Button(
            name="disable",
            label=_("停用账号"),
            question=_("停用后，该账号的所有会话立即失效。"),
            verb=May.CHANGE,
            matter=Matter.ACCOUNTS,
            does=_disable,
            fits=lambda row: bool(row.is_active),
            asks_reason=True,
        ),
        Button(
            name="enable",
            label=_("恢复账号"),
            question=_("恢复后，该账号可用原密码和动态口令登录。"),
            verb=May.CHANGE,
            matter=Matter.ACCOUNTS,
            does=_enable,
            fits=lambda row: not row.is_active,
            asks_reason=True,
        ),
    )

    def reach(self, rows: QuerySet[Any], sight: Sight) -> QuerySet[Any]:
        return rows if sight.reach is Reach.ALL else rows.none()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or sight(request).may(May.CHANGE, Matter.RIGHTS)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.identity, *self.rights, "is_active") if obj is not None else self.identity

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        hint = str(deeds.UsernameUnfit.title)
        return super().get_form(request, obj, change, help_texts={"username": hint, "is_active": ""}, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Each administrator changes only what is his: identity here, rights there. Both are asked of the table."""
        knocker = sight(request)
        fixed = [*super().get_readonly_fields(request, obj), "is_active"]
        if obj is not None and not knocker.may(May.CHANGE, Matter.ACCOUNTS):
            fixed += self.identity
        if not knocker.may(May.CHANGE, Matter.RIGHTS):
            fixed += self.rights
        return tuple(dict.fromkeys(fixed))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Of what there is already, only what was changed on the form: the other administrator's grant may have come
        since the row was read."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        deeds.change_account(account=obj, actor=sight(request).actor, at=timezone.now(), only=form.changed_data)

    def keep(self, row: Any, *, actor: Actor, at: datetime, new: bool) -> None:
        made = deeds.create_account(
            username=row.username, name=row.name, email=row.email, password=None, actor=actor, at=at
        )
        row.pk, row._state.adding = made.pk, False
