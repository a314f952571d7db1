"""What stands behind an officer's screen, in real Chromium on a phone's window."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from audit.history import save_as
from enterprises.models import Enterprise
from officers.models import Agency
from officers.services.photo import set_photo
from project.demo.portraits import portrait
from tests.browsing import browser_test, chromium, fits, picture, serious_faults, window
from tests.checkins.looks import screen_of
from tests.officers.people import ADMIN, change
from tests.town import BEARINGS, Phone, Town, build

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]

NOBODY = "/v/1AAAA"
ROUND = "00:16"
"""A little more than the page waits before it asks again."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def founded() -> Iterator[Town]:
    with override_settings(PUBLIC_URL="https://rq.xingtai.gov.cn"):
        yield build()


def path(phone: Phone, *, visit: str | None) -> str:
    return f"/v/{screen_of(phone, visit=visit)['token']}"


def visit_of(phone: Phone) -> str:
    number: str = phone.scan().json()["visit"]["number"]
    return number


LONG = {
    "person": "阿卜杜热合曼·买买提依明·吐尔逊尼亚孜",
    "agency": "邢台经济开发区综合行政执法局市场监督管理与应急管理联合执法大队第二中队",
    "enterprise": "邢台市襄都区晏家屯镇鑫旺恒泰新能源汽车零部件智能制造科技发展有限责任公司第一分公司",
}


def with_long_names(town: Town) -> None:
    change(town.zhang_wei.officer, name=LONG["person"])
    agency = Agency.objects.get(pk=town.zhang_wei.officer.agency_id)
    agency.name = LONG["agency"]
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    enterprise.name = LONG["enterprise"]
    with transaction.atomic():
        for row in (agency, enterprise):
            save_as(row, actor=ADMIN, at=datetime.now(UTC))


def with_face(phone: Phone) -> None:
    set_photo(officer=phone.officer, image=portrait(7), actor=ADMIN, at=datetime.now(UTC))


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_axe_finds_no_serious_fault_and_long_names_fit_whatever_the_verdict(
    browser: Browser, live_server: LiveServer, founded: Town, locale: str
) -> None:
    with_long_names(founded)
    with_face(founded.zhang_wei)
    change(founded.li_na.officer, certified=False)
    addresses = {
        "good": path(founded.zhang_wei, visit=visit_of(founded.zhang_wei)),
        "doubt": path(founded.li_na, visit=None),
        "bad": path(founded.sun_lei, visit=None),
        "bad unknown": NOBODY,
    }
    with window(browser, locale=locale, expected=["404"]) as (_context, page):
        for tone, address in addresses.items():
            page.goto(f"{live_server.url}{address}")
            expect(page.locator("body")).to_have_class(tone.split()[0])
            assert page.locator(".host").inner_text() == "rq.xingtai.gov.cn"
            assert serious_faults(page) == []
            assert fits(page)


def test_pictures_for_the_guide(browser: Browser, live_server: LiveServer, founded: Town) -> None:
    with_face(founded.zhang_wei)
    addresses = {
        "green": path(founded.zhang_wei, visit=visit_of(founded.zhang_wei)),
        "yellow": path(founded.zhang_wei, visit=None),
        "red": NOBODY,
    }
    with window(browser, expected=["404"]) as (_context, page):
        for colour, address in addresses.items():
            page.goto(f"{live_server.url}{address}")
            picture(page, f"screen-{colour}", full_page=True)
            assert page.get_by_role("status").is_visible()


def test_what_is_taken_back_while_the_page_is_open_turns_red(
    browser: Browser, live_server: LiveServer, founded: Town
) -> None:
    answer = founded.zhang_wei.scan().json()
    with window(browser) as (_context, page):
        page.clock.install()
        page.goto(f"{live_server.url}/v/{answer['electronic_id']['token']}")
        expect(page.get_by_role("status")).to_have_text("真实有效")
        before = page.locator("#checked-at").inner_text()
        time.sleep(1.1)  # the server tells the time in whole seconds
        page.clock.fast_forward(ROUND)
        expect(page.locator("#checked-at")).not_to_have_text(before)
        expect(page.locator("body")).to_have_class("good")
        change(founded.zhang_wei.officer, name="张伟伟")
        page.clock.fast_forward(ROUND)
        expect(page.locator(".name")).to_have_text("张伟伟")
        expect(page.get_by_role("status")).to_have_text("真实有效")
        change(founded.zhang_wei.officer, status="revoked")
        page.clock.fast_forward(ROUND)
        expect(page.get_by_role("status")).to_have_text("已吊销")
        expect(page.locator("body")).to_have_class("bad")
        assert page.locator(".match").count() == 0


def test_without_a_network_green_does_not_stay_green_and_comes_back_with_it(
    browser: Browser, live_server: LiveServer, founded: Town
) -> None:
    address = path(founded.zhang_wei, visit=visit_of(founded.zhang_wei))
    with window(browser, expected=["net::ERR"]) as (context, page):
        page.clock.install()
        page.goto(f"{live_server.url}{address}")
        expect(page.locator("body")).to_have_class("good")
        context.set_offline(True)
        for _failure in range(2):
            # The page counts its failures one after the other, and asks nothing while an answer is under way.
            with page.expect_event("requestfailed"):
                page.clock.fast_forward(ROUND)
            page.wait_for_timeout(200)
        expect(page.get_by_role("status")).to_have_text("未能更新")
        expect(page.locator("body")).to_have_class("doubt")
        assert serious_faults(page) == []
        context.set_offline(False)
        page.clock.fast_forward(ROUND)
        expect(page.get_by_role("status")).to_have_text("真实有效")
        expect(page.locator(".symbol")).to_be_visible()


def test_when_the_screens_time_is_over_the_page_says_so_and_asks_no_more(
    browser: Browser, live_server: LiveServer, founded: Town
) -> None:
    address = path(founded.zhang_wei, visit=visit_of(founded.zhang_wei))
    with window(browser) as (_context, page):
        asked: list[str] = []
        page.clock.install()
        page.goto(f"{live_server.url}{address}")
        page.clock.fast_forward("10:01")
        expect(page.get_by_role("status")).to_have_text("请重新扫描")
        expect(page.locator("body")).to_have_class("plain")
        assert serious_faults(page) == []
        page.on("request", lambda request: asked.append(request.url))
        page.clock.fast_forward("01:00")
        assert asked == []


def test_without_javascript_the_verdict_is_the_same(browser: Browser, live_server: LiveServer, founded: Town) -> None:
    address = path(founded.zhang_wei, visit=visit_of(founded.zhang_wei))
    with window(browser, java_script_enabled=False) as (_context, page):
        page.goto(f"{live_server.url}{address}")
        assert page.get_by_role("status").inner_text() == "真实有效"
        assert page.locator(".match").inner_text().replace(" ", "").isdecimal()
        assert page.locator('meta[http-equiv="refresh"]').count() == 1


def test_a_look_is_small_and_asks_nobody_else(browser: Browser, live_server: LiveServer, founded: Town) -> None:
    asked: list[str] = []
    address = path(founded.zhang_wei, visit=visit_of(founded.zhang_wei))
    with window(browser) as (context, page):
        context.on("request", lambda request: asked.append(request.url))
        page.goto(f"{live_server.url}{address}")
        assert len(page.content().encode()) < 8_000
    assert len(asked) > 2
    assert [one for one in asked if not one.startswith(f"{live_server.url}/")] == []
    static = Path("checkins/static/checkins/screen.js"), Path("officers/static/officers/electronic_id.css")
    assert sum(file.stat().st_size for file in static) < 10_000
