"""Accounts come, change, are armed and end. None is ever deleted: the record names them for ever."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit import duties
from audit.actor import Actor
from audit.history import save_as
from audit.models import Account, Role
from audit.monthly import plain_region
from audit.problem import Problem
from audit.services.end_sessions import drop_sessions
from audit.services.entry import record
from audit.services.renew_recovery_codes import renew_recovery_codes

_RIGHTS = ("role", "region_prefix", "agency_code")
_CHANGEABLE = ("name", "email", *_RIGHTS)


class UsernameUnfit(Problem):
    code, status, title = "username-unfit", 422, _("账号名应为 3 到 40 个小写字母、数字、点、横线或下划线")


class UsernameTaken(Problem):
    code, status, title = "username-taken", 409, _("该账号名已被使用")


class RightsUnfit(Problem):
    """A role without the region or agency that it looks at, an unknown role, or a region that is none."""

    code, status, title = "rights-unfit", 422, _("角色、地区或单位不完整")


class OwnRights(Problem):
    """Nobody raises himself, whatever his role (separation of duties)."""

    code, status, title = "own-rights", 403, _("不能修改自己账号的权限、动态口令或停用自己")


class DutiesApart(Problem):
    """One account with first one administrator's duty and then another's would look after its own traces."""

    code, status, title = "duties-apart", 409, _("三员账号不得改任另一类管理员：请停用后另开账号")


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolment:
    """A new second factor, told once: the secret in Base32, the `otpauth://` URL that an app's camera reads, and the
    recovery codes for the day when the phone is lost."""

    secret: str
    url: str
    codes: Sequence[str] = ()


def create_account(
    *,
    username: str,
    name: str,
    password: str | None,
    actor: Actor,
    at: datetime,
    role: str = "",
    region_prefix: str = "",
    agency_code: str = "",
    email: str = "",
) -> Account:
    """A new account. Without a role it may sign in and see nothing until a security administrator grants one.

    The password has passed the validators of the door; None: none yet, so nobody signs in.
    Raises UsernameUnfit, UsernameTaken, RightsUnfit.
    """
    if not duties.is_username(username):
        raise UsernameUnfit
    account = Account(
        username=username,
        name=name,
        email=email,
        role=role,
        region_prefix=_plain(region_prefix),
        agency_code=agency_code,
        is_staff=True,
        password=make_password(password),  # slow on purpose: before the transaction
    )
    _check_rights(account)
    with transaction.atomic():
        if Account.objects.filter(username=username).exists():
            raise UsernameTaken
        save_as(account, actor=actor, at=at, new=True)
        _record(
            "account-created", account, actor=actor, at=at, body={key: getattr(account, key) for key in _CHANGEABLE}
        )
    return account


def change_account(
    *, account: Account, actor: Actor, at: datetime, reason: str = "", only: Collection[str] = _CHANGEABLE
) -> Account:
    """Save the name, e-mail, role, region and agency that `account` now carries. Nothing else of it is looked at. The
    region is kept by as few digits as name it: 130500 is a city, and the codes of its counties begin 1305.

    `only`: those of them that were meant to change; the others stay as they are by now, whatever `account` was read as.
    New rights end its sessions. Raises OwnRights when the actor is this account and its rights would change,
    DutiesApart, RightsUnfit.
    """
    with transaction.atomic():
        held = Account.objects.select_for_update().get(pk=account.pk)
        wanted = {key: getattr(account, key) for key in _CHANGEABLE if key in only}
        if "region_prefix" in wanted:
            wanted["region_prefix"] = _plain(account.region_prefix)
        changes = {key: [getattr(held, key), new] for key, new in wanted.items() if getattr(held, key) != new}
        if not changes:
            return held
        if not changes.keys().isdisjoint(_RIGHTS):
            _refuse_own(held, actor)
        others = duties.ADMINISTRATORS - {account.role}
        if (
            "role" in changes
            and account.role in duties.ADMINISTRATORS
            and held.history.filter(role__in=others).exists()
        ):
            raise DutiesApart
        for key, (_old, new) in changes.items():
            setattr(held, key, new)
        _check_rights(held)
        if not changes.keys().isdisjoint(_RIGHTS):
            drop_sessions(held)
        save_as(held, actor=actor, at=at, reason=reason)
        _record("account-changed", held, actor=actor, at=at, body={"changes": changes, "reason": reason})
    return held


def disable_account(*, account: Account, actor: Actor, at: datetime, reason: str) -> Account:
    """Out, from the next request on, in every session. Doing it again changes nothing. Raises OwnRights."""
    return _switch(account, on=False, actor=actor, at=at, reason=reason)


def enable_account(*, account: Account, actor: Actor, at: datetime, reason: str) -> Account:
    """Back in, with the rights, password and second factor as they were. Raises OwnRights."""
    return _switch(account, on=True, actor=actor, at=at, reason=reason)


def set_password(*, account: Account, password: str, actor: Actor, at: datetime, reason: str = "") -> Account:
    """A new password, which has passed the validators of the door. The account's sessions end; a door at which it
    gave its old one itself may open this one anew."""
    hashed = make_password(password)
    with transaction.atomic():
        held = Account.objects.select_for_update().get(pk=account.pk)
        held.password = hashed
        drop_sessions(held)
        save_as(held, actor=actor, at=at, reason=reason or str(_("设置密码")))
        _record("account-password-set", held, actor=actor, at=at, body={"reason": reason})
    account.password = hashed
    return held


def enrol_totp(*, account: Account, issuer: str, actor: Actor, at: datetime) -> Enrolment:
    """A new second factor (RFC 6238) in place of all earlier ones; sessions opened with those are out.

    `issuer` is what the phone's app shows. Secret and recovery codes are told here and never again. Raises OwnRights: a
    session left open must not be enough to take an account over.
    """
    with transaction.atomic():
        held = Account.objects.select_for_update().get(pk=account.pk)
        _refuse_own(held, actor)
        replaced = TOTPDevice.objects.filter(user=held).delete()[0]
        device = TOTPDevice.objects.create(user=held, name="TOTP", confirmed=True)
        drop_sessions(held)
        save_as(held, actor=actor, at=at, reason=str(_("启用动态口令")))
        _record("account-totp-enrolled", held, actor=actor, at=at, body={"replaced": replaced})
        codes = renew_recovery_codes(account=held, actor=actor, at=at)
    secret = base64.b32encode(device.bin_key).decode()
    return Enrolment(secret=secret, url=_otpauth(secret, username=held.username, issuer=issuer), codes=codes)


def _otpauth(secret: str, *, username: str, issuer: str) -> str:
    """The key URI that authenticator apps agree on (Google's Key-Uri-Format)."""
    label = quote(f"{issuer}:{username}", safe=":")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}&algorithm=SHA1&digits=6&period=30"


def _switch(account: Account, *, on: bool, actor: Actor, at: datetime, reason: str) -> Account:
    with transaction.atomic():
        held = Account.objects.select_for_update().get(pk=account.pk)
        _refuse_own(held, actor)
        if held.is_active != on:
            held.is_active = on
            drop_sessions(held)
            save_as(held, actor=actor, at=at, reason=reason[:100])
            kind = "account-enabled" if on else "account-disabled"
            _record(kind, held, actor=actor, at=at, body={"reason": reason})
    return held


def _plain(region_prefix: str) -> str:
    return plain_region(region_prefix) if duties.is_region_prefix(region_prefix) else region_prefix


def _refuse_own(account: Account, actor: Actor) -> None:
    if actor == Actor.account(account.username):
        raise OwnRights


def _check_rights(account: Account) -> None:
    if account.role and account.role not in Role.values:
        raise RightsUnfit(str(_("没有这个角色")))
    if account.region_prefix and not duties.is_region_prefix(account.region_prefix):
        raise RightsUnfit(str(_("地区前缀应为 2、4、6 或 9 位数字")))
    missing = duties.lacks(account.role, region_prefix=account.region_prefix, agency_code=account.agency_code)
    if missing:
        labels = {"region_prefix": _("地区前缀"), "agency_code": _("单位代码")}
        raise RightsUnfit(str(_("该角色还需填写：%s") % "、".join(str(labels[name]) for name in missing)))


def _record(kind: str, account: Account, *, actor: Actor, at: datetime, body: dict[str, Any]) -> None:
    record(kind=kind, subject=f"account:{account.username}", body=body, actor=actor, at=at)
