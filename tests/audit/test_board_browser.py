"""The board and the desks in real Chromium: from the most inspected enterprise to its reason, a report to its paper, a
register's file from its preview to the record's versions, and who looked at all that."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from audit.actor import Actor
from audit.draft import Draft
from audit.models import Account, MonthlyReport
from audit.policy import OidcPolicy
from audit.services.account import enrol_totp
from audit.services.draft_rule import draft_rule
from audit.services.fold import fold
from audit.services.frequency_rule import enact
from officers.models import Officer
from tests.audit.issuer import CLIENT, SECRET, Issuer, running
from tests.audit.past import FIRE, judged, on, visited
from tests.audit.test_rule_pages import colleague
from tests.browsing import PHONE, browser_test, chromium, fits, picture, serious_faults, until, window
from tests.house.admin_world import AT, PASSWORD, SETUP, account_of
from tests.house.test_admin_log_in import code_of
from tests.house.test_register_files import LETTER, OFFICERS, officer_row, table
from tests.town import GLASS, Town, build

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]
DESK: Any = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def sound(page: Page, *, anew: bool = True) -> None:
    """At both widths nothing sticks out, and on a phone axe finds nothing that keeps people out (asked once of each
    kind of page: of one that is not new only whether it fits)."""
    assert fits(page), (page.url, DESK)
    page.set_viewport_size(PHONE)
    assert fits(page), (page.url, PHONE)
    assert not anew or serious_faults(page) == [], page.url
    page.set_viewport_size(DESK)


def sign_in(page: Page, account: Account, address: str) -> None:
    page.goto(address)
    page.get_by_label("账号").fill(account.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("动态口令").fill(code_of(account))
    page.get_by_role("button", name="登录").click()


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


def decides(page: Page) -> None:
    """What waits for her, not what she has drafted herself; one of it leads to where it is decided."""
    by_keyboard(page, "待办")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("规则草案待施行")
    sound(page)
    picture(page, "inbox")
    by_keyboard(page, "襄都区安静日")
    expect(page.get_by_role("button", name="施行")).to_be_visible()
    sound(page)


def issues_a_report(page: Page) -> None:
    """By keyboard from the form to the report, drawn; its two papers, and the same in English."""
    by_keyboard(page, "通报")
    expect(page.get_by_role("heading", name="月度通报")).to_be_visible()
    page.get_by_label("月份").fill("2026-03")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("襄都区2026年3月入企检查情况通报")
    until(page, "document.querySelectorAll('figure.chart canvas').length >= 2")
    sound(page)
    picture(page, "report")
    for form, first in (("PDF", b"%PDF-"), ("DOCX", b"PK")):
        with page.expect_download() as handed:
            by_keyboard(page, form)
        assert handed.value.path().read_bytes().startswith(first)
    by_keyboard(page, "English")
    expect(page.get_by_role("heading", level=1)).to_contain_text("report on inspections, 2026-03")
    sound(page, anew=False)
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("table")).to_contain_text(MonthlyReport.objects.get().number)
    sound(page)
    picture(page, "reports")


def prints_posters(page: Page) -> None:
    by_keyboard(page, "海报")
    expect(page.get_by_role("main")).to_contain_text("本批 2 家")
    sound(page)
    picture(page, "posters")
    with page.expect_download() as handed:
        page.get_by_role("button", name="打印为 PDF").press("Enter")
    assert handed.value.path().read_bytes().startswith(b"%PDF-")


def test_li_jing_finds_the_most_inspected_enterprise_and_reads_why_it_is_flagged(
    browser: Browser, live_server: LiveServer
) -> None:
    li_jing = account_of("supervisor", password=PASSWORD)
    enrol_totp(account=li_jing, issuer="test", actor=SETUP, at=AT)
    build()
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
    colleague()
    draft_rule(
        Draft(
            code="xd_quiet",
            title="襄都区安静日",
            kind="quiet_days",
            parameters={"days": list(range(1, 16))},
            region_prefix="130502",
            effective_from=timezone.localdate() + timedelta(days=7),
            source="襄都区办法",
        ),
        note="先在襄都试行",
        actor=Actor.account("chen.yu"),
        at=timezone.now(),
    )
    board = f"{live_server.url}/board/?period=2026"
    with window(browser, viewport=DESK) as (context, page):
        sign_in(page, li_jing, board)
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
        for name in ("统计", "预警", "入企清单", "地图", "扫码率"):
            page.get_by_role("navigation").get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(name if name != "地图" else "扫码地图")
            sound(page)
        tries_a_rule(page)
        decides(page)
        issues_a_report(page)
        prints_posters(page)
        signed_in = context.storage_state()
    with window(browser, viewport=PHONE, java_script_enabled=False, storage_state=signed_in) as (_context, page):
        page.goto(board)
        expect(page.get_by_role("table", name="按月趋势")).to_be_visible()
        assert page.locator("figure.chart canvas").count() == 0
        to_the_reason(page)
        assert urlsplit(page.url).path.startswith("/board/flags/")
        by_keyboard(page, "通报")
        page.get_by_role("link", name="入企通报").click()
        expect(page.get_by_role("table", name="主要指标")).to_be_visible()
        assert page.locator("figure.chart canvas").count() == 0
        assert page.get_by_role("link", name="DOCX").is_visible()
        for name, told in (("海报", "本批 2 家"), ("待办", "襄都区安静日"), ("规则", "襄都区年度上限")):
            by_keyboard(page, name)
            expect(page.get_by_role("main")).to_contain_text(told)
        page.get_by_role("button", name="退出").press("Enter")
        page.goto(board)
        expect(page.get_by_role("button", name="登录")).to_be_visible()


def trusted(issuer: Issuer, *, house: str, settings: Any) -> None:
    """This house believes this issuer, which knows 孙丽."""
    issuer.claims = {"preferred_username": "sun.li"}
    settings.PUBLIC_URL = house
    settings.OIDC_POLICY = OidcPolicy(
        issuer=issuer.address, client_id=CLIENT, secret=SECRET, claim="preferred_username", scopes=("openid",),
        acr=frozenset(), amr=frozenset(), networks=("127.0.0.0/8",), timeout=timedelta(seconds=10),
    )  # fmt: skip


def brings_a_file(page: Page, town: Town) -> None:
    """New, changed and refused lines are shown before anything is written, and again when it is."""
    page.get_by_role("link", name="执法人员", exact=True).last.click()
    page.get_by_role("link", name="从文件导入").click()
    sound(page)
    picture(page, "intake")
    rows = (officer_row("13050299001", "刘洋"), officer_row("13050299002", "王五", "130599-SCJG"))
    changed = officer_row(town.li_na.officer.certificate_no, "李娜", until="2028-12-31", status="暂停")
    content = table(OFFICERS, *rows, changed)
    page.get_by_label("文件").set_input_files({"name": "花名册.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_label("原因").fill(LETTER)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="导入预览")).to_be_visible()
    expect(page.locator("#content")).to_contain_text("共 3 行：新增 1，变更 1，未变 0，不合格 1 行")
    sound(page)
    picture(page, "intake-preview")
    assert not Officer.objects.filter(certificate_no="13050299001").exists()
    page.get_by_label("确认停用").check()
    page.get_by_role("button", name="导入", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="导入结果")).to_be_visible()
    sound(page, anew=False)


def compares_versions(page: Page, town: Town) -> None:
    """What the file has changed of 李娜, beside what stood before."""
    page.goto(f"{page.url.partition('/import/')[0]}/{town.li_na.officer.pk}/change/")
    sound(page)
    page.get_by_role("link", name="历史").click()
    expect(page.locator("#side-by-side .differs")).to_contain_text(["有效期起", "有效期止", "状态"])
    sound(page)
    picture(page, "versions")
    page.get_by_role("button", name="对照所选两个版本").press("Enter")
    expect(page.locator("#side-by-side caption")).to_contain_text("两个版本对照")


def looks_who_looked(page: Page, account: Account, house: str) -> None:
    """孙丽 comes by single sign-on and types her six digits; then she reads the logs, which notes her too."""
    page.goto(f"{house}/admin/audit/readlog/")
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    sound(page)
    picture(page, "sign-in")
    page.get_by_role("link", name="统一身份认证登录").press("Enter")
    expect(page).to_have_url(f"{house}/sso/code")
    page.get_by_label("动态口令").focus()
    sound(page)
    picture(page, "sign-on")
    page.keyboard.type(code_of(account))
    page.keyboard.press("Enter")
    expect(page.locator("#result_list")).to_contain_text("account:zhao.min")
    sound(page)
    picture(page, "read-log")
    for name in ("登录记录", "存证条目", "我的登录"):
        page.get_by_role("link", name=name, exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        sound(page, anew=name == "我的登录")


def test_zhao_min_brings_a_register_and_sun_li_sees_who_has_looked(
    browser: Browser, live_server: LiveServer, settings: Any
) -> None:
    town, house = build(), live_server.url
    zhao_min, sun_li = (account_of(role, password=PASSWORD) for role in ("system_admin", "audit_admin"))
    for one in (zhao_min, sun_li):
        enrol_totp(account=one, issuer="test", actor=SETUP, at=AT)
    # what axe styles inside the page, the page's policy refuses
    with running() as issuer, window(browser, expected=["inline style"], viewport=DESK) as (context, page):
        trusted(issuer, house=house, settings=settings)
        sign_in(page, zhao_min, f"{house}/admin/")
        brings_a_file(page, town)
        imported = page.url
        compares_versions(page, town)
        compared, signed_in = page.url, context.storage_state()
        context.clear_cookies()
        looks_who_looked(page, sun_li, house)
        logged, in_the_log = f"{house}/admin/audit/readlog/", context.storage_state()
    for address, told, state in (
        (imported, "刘洋", signed_in),
        (compared, "两个版本对照", signed_in),
        (logged, "officers_officer_import", in_the_log),
    ):
        with window(browser, viewport=PHONE, java_script_enabled=False, storage_state=state) as (_context, page):
            page.goto(address)
            expect(page.locator("#container")).to_contain_text(told)
