"""Two factors or nobody: how 李静 gets in, and how somebody else does not."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.models import Account, Entry
from audit.services.account import disable_account, enrol_totp
from tests.house.admin_world import AT, PASSWORD, SETUP, account_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SORRY = "账号、密码或动态口令不正确"


def code_of(account: Account) -> str:
    """What 李静's phone shows now."""
    device = TOTPDevice.objects.get(user=account)
    totp = TOTP(device.bin_key)
    totp.time = time.time()
    return f"{totp.token():06d}"


def wrong(code: str) -> str:
    return f"{(int(code) + 500_000) % 1_000_000:06d}"


def knock(client: Client, **words: str) -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": "li.jing", "password": PASSWORD, **words})


@pytest.fixture
def li_jing() -> Account:
    account = account_of("supervisor", password=PASSWORD)
    enrol_totp(account=account, issuer="test", actor=SETUP, at=AT)
    return account


def test_li_jing_signs_in_with_password_and_code(li_jing: Account, client: Client) -> None:
    assert knock(client, otp_token=code_of(li_jing)).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert AccessLog.objects.get().username == "li.jing"


def test_a_code_with_a_space_in_it_is_the_same_code(li_jing: Account, client: Client) -> None:
    code = code_of(li_jing)
    assert knock(client, otp_token=f"{code[:3]} {code[3:]}").status_code == 302


def test_whatever_is_wrong_the_answer_is_the_same(li_jing: Account, client: Client) -> None:
    code = code_of(li_jing)
    pages = [
        knock(client, otp_token=wrong(code)),
        knock(client, password="not-her-password", otp_token=code),
        knock(client, username="nobody.here", otp_token=code),
    ]
    texts = {page.content.decode().split('<p class="errornote">')[1].split("</p>")[0] for page in pages}
    assert len(texts) == 1
    assert SORRY in texts.pop()
    assert all(PASSWORD not in page.content.decode() for page in pages)
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("otp_token", ["", "abc", "12345678901234567890", "-1", "１２３４５６", "0x1F", "\x00"])
def test_what_is_no_code_opens_nothing(li_jing: Account, client: Client, otp_token: str) -> None:
    assert knock(client, otp_token=otp_token).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_an_account_without_a_second_factor_does_not_get_in(client: Client) -> None:
    account_of("supervisor", password=PASSWORD)
    assert SORRY in knock(client, otp_token="123456").content.decode()


def test_an_account_without_a_password_does_not_get_in(client: Client) -> None:
    account = account_of("supervisor")
    enrol_totp(account=account, issuer="test", actor=SETUP, at=AT)
    for password in ("", "None", "!"):
        assert knock(client, password=password, otp_token=code_of(account)).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for nth in range(1, 6):
            # Another browser and another address each time: the account is what is under attack.
            client = Client(REMOTE_ADDR=f"10.0.0.{nth}", HTTP_USER_AGENT=f"browser {nth}")
            page = knock(client, password="wrong-wrong-wrong", otp_token=code_of(li_jing))
            assert page.status_code == (429 if nth == 5 else 200)
        assert "账号已锁定" in page.content.decode()
        clock.shift(60)
        for _ in range(6):  # tries during the lock are refused, and prolong nothing
            assert knock(Client(), otp_token=code_of(li_jing)).status_code == 429
        clock.shift(14 * 60 - 5)
        assert knock(Client(), otp_token=code_of(li_jing)).status_code == 429
        clock.shift(65)
        assert knock(Client(), otp_token=code_of(li_jing)).status_code == 302
    assert AccessFailureLog.objects.filter(username="li.jing").count() >= 5


def test_five_wrong_codes_lock_it_too_and_a_right_password_forgives_none_of_them(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for nth in range(1, 6):
            clock.shift(60)  # past django-otp's own waiting time
            page = knock(Client(), otp_token=wrong(code_of(li_jing)))
            assert page.status_code == (429 if nth == 5 else 200)
        clock.shift(60)
        assert knock(Client(), otp_token=code_of(li_jing)).status_code == 429


def test_after_a_wrong_code_the_device_waits_longer_each_time(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        knock(Client(), otp_token=wrong(code_of(li_jing)))
        assert SORRY in knock(Client(), otp_token=code_of(li_jing)).content.decode()
        clock.shift(2)
        knock(Client(), otp_token=wrong(code_of(li_jing)))
        assert TOTPDevice.objects.get().throttling_failure_count == 2
        clock.shift(1)
        assert SORRY in knock(Client(), otp_token=code_of(li_jing)).content.decode()
        clock.shift(2)
        assert knock(Client(), otp_token=code_of(li_jing)).status_code == 302
        assert TOTPDevice.objects.get().throttling_failure_count == 0


def test_a_stranger_without_the_password_cannot_make_her_phone_wait(li_jing: Account) -> None:
    knock(Client(), password="wrong-wrong-wrong", otp_token="000000")
    assert TOTPDevice.objects.get().throttling_failure_count == 0


def test_a_code_overlooked_over_the_shoulder_is_spent(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False):
        code = code_of(li_jing)
        assert knock(Client(), otp_token=code).status_code == 302
        assert SORRY in knock(Client(), otp_token=code).content.decode()


def test_success_forgets_the_wrong_tries_before_it(li_jing: Account, client: Client) -> None:
    for _ in range(3):
        knock(client, password="wrong-wrong-wrong", otp_token="000000")
    assert knock(client, otp_token=code_of(li_jing)).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_no_log_keeps_password_or_code(li_jing: Account, client: Client) -> None:
    knock(client, password="wrong-wrong-wrong", otp_token="424242")
    kept = AccessAttempt.objects.get()
    assert "424242" not in kept.post_data
    assert "wrong-wrong" not in kept.post_data


def test_a_disabled_account_is_out_at_the_next_request(li_jing: Account, client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        knock(client, otp_token=code_of(li_jing))
        assert client.get("/admin/").status_code == 200
        disable_account(account=li_jing, actor=SETUP, at=AT, reason="调离")
        answer = client.get("/admin/")
        assert answer.status_code == 302
        assert answer.wsgi_request.user.is_anonymous  # for every page, whatever it asks
        clock.shift(60)
        assert SORRY in knock(client, otp_token=code_of(li_jing)).content.decode()


def test_a_new_second_factor_ends_the_sessions_of_the_old_one(li_jing: Account, client: Client) -> None:
    knock(client, otp_token=code_of(li_jing))
    enrol_totp(account=li_jing, issuer="test", actor=SETUP, at=AT)
    assert client.get("/admin/").status_code == 302


def test_her_own_new_password_is_a_deed_and_ends_her_other_sessions(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        here, there = Client(), Client()
        knock(here, otp_token=code_of(li_jing))
        clock.shift(60)
        knock(there, otp_token=code_of(li_jing))
        words = {"old_password": PASSWORD, "new_password1": "tin-roof-rain-9", "new_password2": "tin-roof-rain-9"}
        assert (
            here.post(
                "/admin/password_change/", words | {"new_password1": "short", "new_password2": "short"}
            ).status_code
            == 200
        )
        assert here.post("/admin/password_change/", words).status_code == 302
        assert here.get("/admin/").status_code == 200
        assert there.get("/admin/").status_code == 302
    assert li_jing.history.first().history_user_id == "account:li.jing"
    assert Entry.objects.filter(kind="account-password-set", subject="account:li.jing").exists()


def test_an_old_hash_is_made_stronger_at_the_log_in_by_a_deed(li_jing: Account, client: Client, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert knock(client, otp_token=code_of(li_jing)).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert f"{Account.objects.get().password}".startswith(str(PBKDF2PasswordHasher.algorithm))
    assert li_jing.history.first().history_user_id == "account:li.jing"


def test_the_log_in_page_is_chinese_and_the_checks_are_quiet(client: Client) -> None:
    text = client.get("/admin/login/").content.decode()
    for word in ("账号", "密码", "动态口令", "登录", 'lang="zh-hans"', "width=device-width"):
        assert word in text
    call_command("check", fail_level="WARNING")
