"""The board in real Chromium: 李静 signs in, finds the most inspected enterprise and reads why it is flagged."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from audit.draft import Draft
from audit.services.account import enrol_totp
from audit.services.fold import fold
from audit.services.frequency_rule import enact
from tests.audit.past import FIRE, judged, on, visited
from tests.browsing import PHONE, browser_test, chromium, fits, picture, serious_faults, until, window
from tests.house.admin_world import AT, PASSWORD, SETUP, account_of
from tests.house.test_admin_log_in import code_of
from tests.town import GLASS

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]
DESK: Any = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def sound(page: Page) -> None:
    """At both widths nothing sticks out, and on a phone axe finds nothing that keeps people out."""
    assert fits(page), (page.url, DESK)
    page.set_viewport_size(PHONE)
    assert fits(page), (page.url, PHONE)
    assert serious_faults(page) == [], page.url
    page.set_viewport_size(DESK)


def to_the_reason(page: Page) -> None:
    """From the board to the most inspected enterprise, its warning and one of its visits, by links alone."""
    page.get_by_role("table", name="被检查最多的企业").get_by_role("link", name="邢台轴承有限公司").click()
    expect(page.get_by_role("heading", name="邢台轴承有限公司")).to_be_visible()
    page.get_by_role("link", name="提醒 · 邢台轴承有限公司").or_(page.locator(".flags a")).first.click()
    expect(page.get_by_role("heading", name="为什么预警")).to_be_visible()


def by_keyboard(page: Page, name: str) -> None:
    """Go where this link leads, without a pointer."""
    page.get_by_role("link", name=name).first.focus()
    page.keyboard.press("Enter")


def tries_a_rule(page: Page) -> None:
    """From the rules to a draft, by the form to the sandbox, to whom it would flag: all by keyboard."""
    by_keyboard(page, "规则")
    expect(page.get_by_role("heading", name="频次规则")).to_be_visible()
    sound(page)
    by_keyboard(page, "襄都区年度上限")
    expect(page.get_by_role("heading", name="各版本对照")).to_be_visible()
    sound(page)
    by_keyboard(page, "起草下一版")
    page.get_by_label("至多几次").focus()
    for words in ("ControlOrMeta+A", "1"):
        page.keyboard.press(words)
    page.get_by_label("起草说明").focus()
    page.keyboard.type("企业反映检查仍多")
    sound(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="试算")).to_be_visible()
    sound(page)
    page.get_by_label("至（月）").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="谁会被预警")).to_be_visible()
    expect(page.locator(".flags")).to_contain_text("新增 · 襄都区明亮玻璃店")
    sound(page)
    picture(page, "board-trial", full_page=True)
    by_keyboard(page, "待办")
    expect(page.get_by_role("heading", name="待办", exact=True)).to_be_visible()
    sound(page)


def test_li_jing_finds_the_most_inspected_enterprise_and_reads_why_it_is_flagged(
    browser: Browser, live_server: LiveServer
) -> None:
    li_jing = account_of("supervisor", password=PASSWORD)
    enrol_totp(account=li_jing, issuer="test", actor=SETUP, at=AT)
    for day in range(1, 5):
        visited(f"RQ-{day}", on(2 + day, day), agency=FIRE if day == 4 else "130502-SCJG")
    visited("RQ-5", on(3, 3), door=GLASS)
    judged(on(5, 4))
    fold()
    enact(
        Draft(
            code="xd_cap",
            title="襄都区年度上限",
            kind="annual_cap",
            parameters={"cap": 2},
            region_prefix="130502",
            effective_from=on(1, 1).date(),
            source="襄都区办法",
        ),
        actor=SETUP,
        at=on(1, 1),
    )
    board = f"{live_server.url}/board/?period=2026"
    with window(browser, viewport=DESK) as (context, page):
        page.goto(board)
        page.get_by_label("账号").fill("li.jing")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_label("动态口令").fill(code_of(li_jing))
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", name="2026年总览")).to_be_visible()
        until(page, "document.querySelectorAll('figure.chart canvas').length >= 2")
        sound(page)
        assert serious_faults(page) == [], "at a desk"
        picture(page, "board", full_page=True)
        visited("RQ-6", timezone.now(), door=GLASS)
        page.evaluate("again()")  # what the open page does every fifteen seconds
        expect(page.locator("#arrivals")).to_contain_text("襄都区明亮玻璃店")
        to_the_reason(page)
        sound(page)
        picture(page, "board-flag")
        page.go_back()
        sound(page)
        page.go_forward()
        page.get_by_role("link", name="RQ-2").click()
        expect(page.get_by_role("heading", name="历次版本")).to_be_visible()
        sound(page)
        for name in ("入企清单", "地图", "扫码率"):
            page.get_by_role("navigation").get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(name if name != "地图" else "扫码地图")
            sound(page)
        tries_a_rule(page)
        signed_in = context.storage_state()
    with window(browser, viewport=PHONE, java_script_enabled=False, storage_state=signed_in) as (_context, page):
        page.goto(board)
        expect(page.get_by_role("table", name="按月趋势")).to_be_visible()
        assert page.locator("figure.chart canvas").count() == 0
        to_the_reason(page)
        assert urlsplit(page.url).path.startswith("/board/flags/")
