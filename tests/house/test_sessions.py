"""How long 李静 stays signed in, and what signs her out; the rows of her sessions are gone with it."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.models import Account, Entry, Session
from audit.services.account import change_account, disable_account, enrol_totp, set_password
from audit.services.forget_sessions import forget_sessions
from tests.checkins.doors import token_of
from tests.house.admin_world import AT, PASSWORD, SETUP, account_of, signed_in
from tests.house.test_admin_log_in import NOON, code_of
from tests.town import Town

pytestmark = pytest.mark.django_db
API = "/api/v1/supervision/figures?group=agency&from=2026-01-01&to=2026-01-31"
DOORS = ("/admin/officers/officer/?q=1", "/board/?period=2026", API)


@pytest.fixture
def li_jing() -> Account:
    account = account_of("supervisor", password=PASSWORD)
    enrol_totp(account=account, issuer="test", actor=SETUP, at=AT)
    return account


def told(browser: Client, answer: Any) -> str:
    """Why she has to sign in, as the log-in page says it."""
    page = browser.get(answer["Location"]).content.decode()
    return page.split('role="status">')[1].split("</p>")[0] if 'role="status">' in page else ""


def test_after_half_an_hour_without_a_request_she_is_out_at_every_door_and_is_told_so(li_jing: Account) -> None:
    for door in DOORS:
        with time_machine.travel(NOON, tick=False) as clock:
            browser = signed_in(li_jing)
            for minutes in (0, 29, 29):
                clock.shift(timedelta(minutes=minutes))
                assert browser.get(door).status_code == 200, door
            clock.shift(timedelta(minutes=30))
            kept = browser.cookies["sessionid"].value
            answer = browser.get(door)
            if door == API:
                assert answer.status_code == 401
                continue
            assert answer.status_code == 302
            assert parse_qs(urlsplit(answer["Location"]).query) == {"next": [door], "ended": ["idle"]}
            assert "较长时间没有操作" in told(browser, answer)
            browser.cookies["sessionid"] = kept  # the cookie is no way back
            assert browser.get(door).status_code == 302


def test_what_her_session_held_is_gone_once_it_is_over_whether_she_comes_back_or_not(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        stays, leaves = signed_in(li_jing), signed_in(li_jing)
        stall = Client()
        owner = stall.session
        owner["owner"] = "1"
        owner.save()
        clock.shift(timedelta(minutes=29))
        assert forget_sessions(at=timezone.now(), policy=settings.SESSION_POLICY) == 0
        assert not Session.objects.filter(session_data="").exists()
        clock.shift(timedelta(minutes=1))
        assert stays.get("/admin/me/").status_code == 302
        assert Session.objects.filter(session_data="").count() == 1
        assert forget_sessions(at=timezone.now(), policy=settings.SESSION_POLICY) == 1, "of the browser that is shut"
        assert Session.objects.filter(account=li_jing, session_data="").count() == 2
        assert forget_sessions(at=timezone.now(), policy=settings.SESSION_POLICY) == 0
        answer = leaves.get("/admin/me/")
        assert "较长时间没有操作" in told(leaves, answer)
        assert Session.objects.get(account=None).session_data, "a session of no account is another matter"
        clock.shift(timedelta(hours=12))
        call_command("work", "--once", stdout=StringIO())
        assert not Session.objects.exists()


def test_after_twelve_hours_she_is_out_however_busy_and_a_new_password_prolongs_nothing(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = signed_in(li_jing)
        for _ in range(28):
            clock.shift(timedelta(minutes=25))
            assert browser.get("/admin/me/").status_code == 200
        words = {"old_password": PASSWORD, "new_password1": "tin-roof-rain-9", "new_password2": "tin-roof-rain-9"}
        assert browser.post("/admin/password_change/", words).status_code == 302
        clock.shift(timedelta(minutes=19))
        assert browser.get("/admin/me/").status_code == 200
        clock.shift(timedelta(minutes=1))
        answer = browser.get("/admin/me/")
        assert (answer.status_code, "最长时限" in told(browser, answer)) == (302, True)
        clock.shift(timedelta(minutes=1))
        signed_in(li_jing)
        assert Session.objects.count() == 1, "what is over is swept at the next log-in"


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(li_jing: Account) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = signed_in(li_jing)
        for _ in range(3):
            clock.shift(timedelta(minutes=9))
            assert browser.get("/board/now?period=2026").status_code in {200, 204}
        clock.shift(timedelta(minutes=4))
        assert browser.get("/board/now?period=2026").status_code == 302


def test_a_door_page_left_open_keeps_nobody_signed_in(li_jing: Account, town: Town) -> None:
    door = reverse("door-now", args=[token_of()])
    with time_machine.travel(NOON, tick=False) as clock:
        browser = signed_in(li_jing)
        for _ in range(3):
            clock.shift(timedelta(minutes=9))
            assert browser.get(door).status_code == 200
        clock.shift(timedelta(minutes=4))
        assert browser.get("/admin/me/").status_code == 302


def test_being_there_costs_one_statement_in_three_minutes_and_none_within_them(
    li_jing: Account, django_assert_num_queries: Any
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = signed_in(li_jing)
        browser.get("/admin/password_change/")
        with django_assert_num_queries(3):
            browser.get("/admin/password_change/")
        clock.shift(180)
        with django_assert_num_queries(4):
            browser.get("/admin/password_change/")
        with django_assert_num_queries(3):
            browser.get("/admin/password_change/")


def _rights(account: Account) -> None:
    account.region_prefix = "1305"
    change_account(account=account, actor=SETUP, at=AT)


ENDS: dict[str, Callable[[Account], Any]] = {
    "disabled": lambda account: disable_account(account=account, actor=SETUP, at=AT, reason="调离"),
    "rights": _rights,
    "password": lambda account: set_password(account=account, password="tin-roof-rain-9", actor=SETUP, at=AT),
    "second factor": lambda account: enrol_totp(account=account, issuer="test", actor=SETUP, at=AT),
}


@pytest.mark.parametrize("deed", ENDS)
def test_what_is_done_to_her_account_signs_her_out_at_the_next_request(li_jing: Account, deed: str) -> None:
    other = signed_in(account_of("discipline"))
    browsers = [signed_in(li_jing), signed_in(li_jing)]
    assert browsers[0].get("/admin/me/").status_code == 200
    ENDS[deed](li_jing)
    assert not Session.objects.filter(account=li_jing).exists()
    for browser in browsers:
        answer = browser.get("/admin/me/")
        assert answer.status_code == 302
        assert "有变更" in told(browser, answer)
    assert other.get("/admin/me/").status_code == 200


def test_a_change_of_her_name_signs_nobody_out(li_jing: Account) -> None:
    browser = signed_in(li_jing)
    li_jing.name = "李静怡"
    change_account(account=li_jing, actor=SETUP, at=AT)
    assert browser.get("/admin/me/").status_code == 200


def test_she_ends_all_her_sessions_and_an_administrator_may_do_so_too(li_jing: Account) -> None:
    here, there = signed_in(li_jing), signed_in(li_jing)
    page = here.get("/admin/me/").content.decode()
    assert page.count(" 登录，最近操作 ") == 2
    answer = here.post("/admin/me/", {"end": "1"})
    assert "已结束您的全部会话" in told(here, answer)
    assert (here.get("/admin/").status_code, there.get("/admin/").status_code) == (302, 302)
    again = signed_in(li_jing)
    zhao = signed_in(account_of("system_admin"))
    assert zhao.post(f"/admin/audit/account/{li_jing.pk}/do/sessions/").status_code == 302
    assert again.get("/admin/").status_code == 302
    kept = Entry.objects.filter(kind="account-sessions-ended", subject="account:li.jing")
    assert [bytes(entry.body or b"").count(b'"ended":2') for entry in kept.order_by("pk")] == [1, 0]


@pytest.mark.parametrize(
    ("to", "lands"),
    [
        ("/board/?period=2026-07&region=130502", "/board/?period=2026-07&region=130502"),
        ("https://evil.example/board/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("/\\evil.example/", "/admin/"),
    ],
)
def test_after_the_log_in_she_is_back_where_she_was_and_never_elsewhere(li_jing: Account, to: str, lands: str) -> None:
    browser = Client()
    words = {"username": "li.jing", "password": PASSWORD, "otp_token": code_of(li_jing), "next": to}
    answer = browser.post("/admin/login/?ended=idle", words)
    assert answer.status_code == 302
    assert answer["Location"] == lands


def test_a_made_up_reason_says_nothing_and_a_made_up_session_opens_nothing(li_jing: Account) -> None:
    browser = Client()
    assert 'role="status"' not in browser.get("/admin/login/?ended=<b>x</b>").content.decode()
    for made_up in ("a" * 32, "x", "a" * 4000, "é" * 32):
        browser.cookies["sessionid"] = made_up
        assert browser.get("/board/").status_code == 302, made_up
    browser = signed_in(li_jing)
    TOTPDevice.objects.all().delete()
    assert browser.get("/admin/me/").status_code == 302
