"""The enterprise's own page in real Chromium, on a phone's window: from the poster to the officer at the door."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from audit.history import save_as
from enterprises.management.commands.posters import style_sheet
from enterprises.models import Enterprise
from enterprises.poster import posters
from enterprises.services.open_door import open_door
from enterprises.services.renew_door import renew_door
from officers.models import Officer
from officers.services.photo import set_photo
from project.demo.portraits import portrait
from tests.browsing import browser_test, chromium, fits, picture, serious_faults, until, window
from tests.checkins.doors import Browser as Visitor
from tests.town import BEARINGS, FOUNDER, LONG_AGO, Phone, Town, build

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]
# The page asks while a phone writes: SQLite's one file in memory refuses that, and only that one does.
live = pytest.mark.postgres
LONG_NAME = "阿卜杜热合曼·买买提吐尔逊江·阿不都克里木"
LONG_AGENCY = "邢台市襄都区市场监督管理局综合行政执法大队食品药品与特种设备安全监察中队（中兴大街分队）"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def faces(transactional_db: None) -> Town:
    """The town, whose officers have faces."""
    town = build()
    for seed, phone in enumerate((town.zhang_wei, town.li_na, town.wang_qiang)):
        set_photo(officer=phone.officer, image=portrait(seed + 6), actor=FOUNDER, at=LONG_AGO)
    return town


def poster_of(live_server: LiveServer, credit_code: str = BEARINGS) -> str:
    """Where the poster's code leads."""
    return f"{live_server.url}/d/{Visitor(credit_code).token}"


def type_code(page: Page, code: str) -> None:
    page.get_by_label("对方屏幕上的核对码").fill(code)
    page.get_by_role("button", name="核对", exact=True).click()


def code_of(phone: Phone) -> str:
    code: str = phone.scan().json()["electronic_id"]["match_code"]
    return code


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


@live
def test_three_seconds_after_the_scan_the_open_page_shows_who_it_is(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    with window(browser) as (_context, page):
        page.goto(poster_of(live_server))
        expect(page.get_by_role("heading", name="现在没有人扫码")).to_be_visible()
        assert serious_faults(page) == []
        assert fits(page)
        picture(page, "door-nobody")
        faces.zhang_wei.scan()
        scanned = time.monotonic()
        expect(page.get_by_role("heading", name="张伟")).to_be_visible(timeout=3000)
        assert time.monotonic() - scanned < 3
        expect(page.get_by_alt_text("张伟的照片")).to_be_visible()
        until(page, "[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        expect(page.locator("#told")).to_have_text("门口有 1 人")
        assert serious_faults(page) == []
        assert fits(page)
        picture(page, "door-somebody", full_page=True)


@live
def test_what_one_is_typing_survives_that_somebody_else_arrives(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    code = code_of(faces.zhang_wei)
    with window(browser) as (_context, page):
        page.goto(poster_of(live_server))
        field = page.get_by_label("对方屏幕上的核对码").first
        field.press_sequentially(code[:3])
        faces.wang_qiang.scan()
        expect(page.get_by_role("heading", name="王强")).to_be_visible()
        page.keyboard.type(code[3:])
        expect(field).to_have_value(code)
        page.keyboard.press("Enter")
        expect(page.get_by_text("核对码正确", exact=True)).to_be_visible()
        assert "13050200101" in page.content()


def test_a_wrong_code_a_right_one_and_a_sixth_try(browser: Browser, live_server: LiveServer, faces: Town) -> None:
    code = code_of(faces.zhang_wei)
    with window(browser) as (_context, page):
        page.goto(poster_of(live_server))
        type_code(page, wrong(code))
        expect(page.get_by_role("alert").filter(has_text="还可以试 4 次")).to_be_visible()
        assert serious_faults(page) == []
        picture(page, "door-wrong-code", full_page=True)
        type_code(page, code)
        expect(page.get_by_text("核对码正确", exact=True)).to_be_visible()
        expect(page.get_by_text("13050200101")).to_be_visible()
        assert serious_faults(page) == []
    with window(browser) as (_context, page):
        page.goto(poster_of(live_server))
        assert "13050200101" not in page.content()
        for left in (3, 2, 1):
            type_code(page, wrong(code))
            expect(page.get_by_role("alert").filter(has_text=f"还可以试 {left} 次")).to_be_visible()
        type_code(page, wrong(code))
        expect(page.get_by_text("核对码输错次数已满")).to_be_visible()
        expect(page.get_by_label("对方屏幕上的核对码")).to_have_count(0)
        assert "13050200101" not in page.content()
        assert serious_faults(page) == []


@live
def test_without_javascript_the_page_reloads_itself_and_takes_the_code(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    with window(browser, java_script_enabled=False) as (_context, page):
        page.goto(poster_of(live_server))
        assert "本页每 3 秒自动刷新一次。" in page.locator("main noscript").inner_text()
        code = code_of(faces.zhang_wei)
        expect(page.get_by_role("heading", name="张伟")).to_be_visible(timeout=8000)
        assert page.locator("main noscript a").get_attribute("href") == poster_of(live_server).removeprefix(
            live_server.url
        )
        type_code(page, code)
        expect(page.get_by_text("核对码正确", exact=True)).to_be_visible()


@live
def test_without_a_network_the_page_says_that_it_may_be_out_of_date_and_recovers(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    with window(browser, expected=["net::ERR"]) as (context, page):
        page.goto(poster_of(live_server))
        expect(page.locator("#cut")).to_be_hidden()
        context.set_offline(True)
        expect(page.locator("#cut")).to_be_visible()
        assert serious_faults(page) == []
        context.set_offline(False)
        faces.zhang_wei.scan()
        expect(page.get_by_role("heading", name="张伟")).to_be_visible()
        expect(page.locator("#cut")).to_be_hidden()


@live
def test_a_renewed_door_closes_the_page_that_was_open(browser: Browser, live_server: LiveServer, faces: Town) -> None:
    with window(browser, expected=["404"]) as (_context, page):
        page.goto(poster_of(live_server))
        enterprise = Enterprise.objects.get(credit_code=BEARINGS)
        renew_door(enterprise, reason="海报被翻拍", actor=FOUNDER, at=LONG_AGO, keys=settings.DOOR_KEYS)
        expect(page.get_by_role("heading", name="没有这个门牌码")).to_be_visible()
        assert serious_faults(page) == []


def test_the_longest_names_and_the_worst_news_fit_a_small_phone(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    officer = faces.zhang_wei.officer
    officer.name, officer.certificate_no = LONG_NAME[:50], "13050200101" + "9" * 21
    officer.agency.name = LONG_AGENCY
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    enterprise.name = "邢台经济开发区" + "华北重型装备" * 8 + "有限责任公司"
    with transaction.atomic():
        for row in (officer.agency, officer, enterprise):
            save_as(row, actor=FOUNDER, at=LONG_AGO)
    papers = {"plan_no": "P" * 80, "approval_no": "襄市监检批〔2026〕9号", "items": ["特种设备" * 20, "计量器具"]}
    faces.zhang_wei.scan(visit={**papers, "emergency": True, "partners": ["13050200102"]})
    officer.status = Officer.Status.REVOKED
    with transaction.atomic():
        save_as(officer, actor=FOUNDER, at=LONG_AGO)
    for width in (320, 390, 1280):
        with window(browser, viewport={"width": width, "height": 844}) as (_context, page):
            page.goto(poster_of(live_server))
            expect(page.get_by_text("证件已吊销")).to_be_visible()
            assert fits(page), width
            assert serious_faults(page) == []


def test_the_owner_is_shown_counts_and_what_must_be_corrected(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    number = faces.wang_qiang.scan().json()["visit"]["number"]
    order = {"item": "消防通道", "outcome": "rectify", "rectify_by": "2099-01-31", "note": "清理堆放的货物"}
    assert faces.wang_qiang.post(f"/visits/{number}/result", {"items": [order]}).status_code == 201
    faces.zhang_wei.scan()
    owner = Visitor()
    owner.prove((timezone.now() + timedelta(hours=1)).timestamp())
    session: Any = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": owner.client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": live_server.url,
    }
    with window(browser) as (context, page):
        context.add_cookies([session])
        page.goto(poster_of(live_server))
        expect(page.get_by_text("清理堆放的货物")).to_be_visible()
        assert serious_faults(page) == []
        assert fits(page)
        picture(page, "door-owner", full_page=True)
        page.get_by_role("link", name="检查记录和结果").click()
        expect(page.get_by_role("heading", name="消防通道")).to_be_visible()
        assert serious_faults(page) == []
        assert fits(page)
        picture(page, "door-history", full_page=True)


def test_an_english_reader_is_served_too(browser: Browser, live_server: LiveServer, faces: Town) -> None:
    faces.zhang_wei.scan()
    with window(browser, locale="en-GB") as (_context, page):
        page.goto(poster_of(live_server))
        expect(page.get_by_text("Certificate valid")).to_be_visible()
        assert serious_faults(page) == []
        assert fits(page)


def test_a_poster_is_one_sheet_of_a4_and_names_the_enterprise(
    browser: Browser, live_server: LiveServer, faces: Town
) -> None:
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    opened = open_door(enterprise, actor=FOUNDER, at=LONG_AGO, keys=settings.DOOR_KEYS)
    drawn = posters([opened, opened], base_url="https://ruqi.xingtai.example")
    with window(browser, viewport={"width": 900, "height": 1200}) as (_context, page):
        page.set_content(render_to_string("enterprises/posters.html", {"posters": drawn, "style": style_sheet()}))
        sheet = page.pdf(prefer_css_page_size=True)
        assert sheet.count(b"/Type /Page\n") == 2
        assert page.evaluate(
            "[...document.querySelectorAll('.poster')].every(one => one.scrollHeight <= one.clientHeight)"
        )
        assert serious_faults(page) == []
        shown = page.locator(".poster").first
        picture(page, "door-poster", clip=shown.bounding_box())
