"""Accounts are made, granted, armed and ended by deeds that say who did it."""

import base64
import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.actor import Actor
from audit.models import Account, Entry
from audit.services.account import (
    DutiesApart,
    OwnRights,
    RightsUnfit,
    UsernameTaken,
    UsernameUnfit,
    change_account,
    create_account,
    disable_account,
    enable_account,
    enrol_totp,
    set_password,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ZHAO = Actor.account("zhao.xitong")  # 赵敏, system administrator
QIAN = Actor.account("qian.anquan")  # 钱芳, security administrator
PASSWORD = "grey-heron-42-lamps"


def _li_jing(**changes: Any) -> Account:
    words: dict[str, Any] = {
        "username": "li.jing",
        "name": "李静",
        "role": "supervisor",
        "region_prefix": "130502",
        "agency_code": "130502-SFJ",
        "password": PASSWORD,
    }
    return create_account(**(words | changes), actor=ZHAO, at=AT)


def _bodies(kind: str) -> list[dict[str, Any]]:
    """In the order in which they were written: without ORDER BY a vacuum between two of them turns them round."""
    rows = Entry.objects.filter(kind=kind).order_by("pk")
    return [json.loads(bytes(entry.body)) for entry in rows if entry.body is not None]


def test_a_new_account_leaves_a_history_row_and_an_entry_with_its_maker() -> None:
    account = _li_jing()
    row = account.history.get()
    assert (row.history_user_id, row.history_date, row.history_type) == (ZHAO, AT, "+")
    (body,) = _bodies("account-created")
    assert body["actor"] == ZHAO
    assert body["subject"] == "account:li.jing"
    assert body["body"]["role"] == "supervisor"
    assert PASSWORD not in json.dumps(body)
    assert not account.is_superuser


@pytest.mark.parametrize("username", ["", "ab", "LiJing", "李静", "li jing", "a" * 41, ".li", "lі.jing"])
def test_a_name_that_could_be_mistaken_for_another_is_refused(username: str) -> None:
    with pytest.raises(UsernameUnfit):
        _li_jing(username=username)
    assert not Account.objects.exists()


def test_two_people_cannot_share_a_name() -> None:
    _li_jing()
    with pytest.raises(UsernameTaken):
        _li_jing(name="李京")
    assert Account.objects.count() == 1
    assert len(_bodies("account-created")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"agency_code": ""},
        {"region_prefix": ""},
        {"region_prefix": "13050"},
        {"region_prefix": "１３０５"},
        {"role": "agency_admin", "agency_code": ""},
        {"role": "discipline", "region_prefix": ""},
        {"role": "king"},
    ],
)
def test_a_role_without_what_it_looks_at_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(RightsUnfit):
        _li_jing(**changes)
    assert not Account.objects.exists()


def test_a_change_keeps_what_was_and_why() -> None:
    account = _li_jing(role="", region_prefix="", agency_code="")
    account.role, account.region_prefix, account.agency_code = "supervisor", "130502", "130502-SFJ"
    change_account(account=account, actor=QIAN, at=AT, reason="新任命")
    row = account.history.first()
    assert row is not None
    assert (row.history_user_id, row.role, row.history_change_reason) == (QIAN, "supervisor", "新任命")
    (body,) = _bodies("account-changed")
    assert body["body"]["changes"]["role"] == ["", "supervisor"]


def test_a_region_is_kept_by_as_few_digits_as_name_it() -> None:
    """130500 is 邢台市, as 1305 is: whoever looks at the city looks at its counties."""
    account = _li_jing(region_prefix="130500")
    assert Account.objects.get().region_prefix == "1305"
    account.region_prefix = "130500"
    change_account(account=account, actor=QIAN, at=AT)
    assert not _bodies("account-changed")
    account.region_prefix = "130502000"
    assert change_account(account=account, actor=QIAN, at=AT).region_prefix == "130502"


def test_a_change_that_changes_nothing_leaves_no_trace() -> None:
    account = _li_jing()
    change_account(account=account, actor=QIAN, at=AT)
    assert account.history.count() == 1
    assert not _bodies("account-changed")


def test_nobody_changes_his_own_rights_or_ends_himself() -> None:
    account = _li_jing()
    account.region_prefix = "1305"
    with pytest.raises(OwnRights):
        change_account(account=account, actor=Actor.account("li.jing"), at=AT)
    with pytest.raises(OwnRights):
        disable_account(account=account, actor=Actor.account("li.jing"), at=AT, reason="")
    account.refresh_from_db()
    assert (account.region_prefix, account.is_active) == ("130502", True)


def test_no_account_passes_from_one_administrators_duty_to_another_by_no_roundabout_way() -> None:
    account = _li_jing(role="system_admin", region_prefix="", agency_code="")
    for _ in range(2):
        for role in ("security_admin", "audit_admin"):
            account.role = role
            with pytest.raises(DutiesApart):
                change_account(account=account, actor=QIAN, at=AT)
        account.role = ""
        change_account(account=account, actor=QIAN, at=AT)
    account.role = "system_admin"
    change_account(account=account, actor=QIAN, at=AT)
    assert Account.objects.get().role == "system_admin"


def test_li_jing_may_change_her_own_name() -> None:
    account = _li_jing()
    account.name = "李静怡"
    change_account(account=account, actor=Actor.account("li.jing"), at=AT)
    assert Account.objects.get().name == "李静怡"


def test_disabling_and_enabling_are_recorded_once_each() -> None:
    account = _li_jing()
    for _ in range(2):
        disable_account(account=account, actor=ZHAO, at=AT, reason="调离")
    assert not Account.objects.get().is_active
    enable_account(account=account, actor=ZHAO, at=AT, reason="调回")
    assert Account.objects.get().is_active
    assert [row.history_change_reason for row in account.history.order_by("history_id")] == [None, "调离", "调回"]
    assert len(_bodies("account-disabled")) == len(_bodies("account-enabled")) == 1


def test_a_password_is_kept_as_a_hash_and_named_in_no_record() -> None:
    account = _li_jing()
    set_password(account=account, password="tin-roof-rain-9", actor=ZHAO, at=AT)
    held = Account.objects.get()
    assert held.check_password("tin-roof-rain-9")
    assert not held.check_password(PASSWORD)
    assert all("tin-roof" not in bytes(entry.body or b"").decode() for entry in Entry.objects.all())


def test_an_account_has_one_second_factor_and_a_new_one_replaces_it() -> None:
    account = _li_jing()
    first = enrol_totp(account=account, issuer="入企扫码", actor=QIAN, at=AT)
    second = enrol_totp(account=account, issuer="入企扫码", actor=QIAN, at=AT)
    assert first.secret != second.secret
    assert TOTPDevice.objects.filter(user=account).count() == 1
    assert second.url.startswith("otpauth://totp/%E5%85%A5%E4%BC%81%E6%89%AB%E7%A0%81:li.jing?secret=" + second.secret)
    assert [body["body"]["replaced"] for body in _bodies("account-totp-enrolled")] == [0, 1]
    assert all(second.secret not in bytes(entry.body or b"").decode() for entry in Entry.objects.all())
    assert account.history.count() == 3


def test_the_console_makes_the_first_administrator_and_tells_all_once() -> None:
    out = StringIO()
    call_command("create_account", "zhao.xitong", "--name", "赵敏", "--role", "system_admin", stdout=out)
    account = Account.objects.get()
    lines = dict(line.split("：", 1) for line in out.getvalue().splitlines() if "：" in line)
    assert account.check_password(lines["密码"])
    assert "█" in out.getvalue() or "▄" in out.getvalue()
    assert account.history.last().history_user_id == "command:create_account"
    assert [body["actor"] for body in _bodies("account-created")] == ["command:create_account"]


def test_the_console_refuses_in_words_and_makes_nothing_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="还需填写：地区前缀、单位代码"):
        call_command("create_account", "li.jing", "--name", "李静", "--role", "supervisor")
    monkeypatch.setattr("builtins.input", lambda: "short")
    with pytest.raises(CommandError, match="12"):
        call_command("create_account", "zhao.xitong", "--name", "赵敏", "--role", "system_admin", "--password-stdin")
    assert not Account.objects.exists()
    assert not Entry.objects.exists()


def test_the_console_arms_an_account_anew() -> None:
    account = _li_jing()
    enrol_totp(account=account, issuer="入企扫码", actor=QIAN, at=AT)
    out = StringIO()
    call_command("arm_account", "li.jing", stdout=out)
    lines = dict(line.split("：", 1) for line in out.getvalue().splitlines() if "：" in line)
    account.refresh_from_db()
    assert account.check_password(lines["密码"])
    assert not account.check_password(PASSWORD)
    assert TOTPDevice.objects.get().bin_key == base64.b32decode(lines["动态口令密钥"])
    assert account.history.first().history_user_id == "command:arm_account"
    with pytest.raises(CommandError, match="没有账号"):
        call_command("arm_account", "nobody")


def test_nobody_arms_himself_with_a_new_factor() -> None:
    account = _li_jing()
    with pytest.raises(OwnRights):
        enrol_totp(account=account, issuer="入企扫码", actor=Actor.account("li.jing"), at=AT)
    assert not TOTPDevice.objects.exists()
