"""督办 in real Chromium: from the most inspected enterprise to a closed case, from the door to a rating."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from python_calamine import CalamineWorkbook

from audit.models import Case, Complaint, Flag
from audit.services.account import enrol_totp
from audit.services.fold import fold
from tests.audit.past import judged, on, visited
from tests.browsing import PHONE, browser_test, chromium, fits, picture, serious_faults, window
from tests.checkins.doors import token_of
from tests.house.admin_world import AT, PASSWORD, SETUP, account_of
from tests.house.test_admin_log_in import code_of
from tests.town import BEARINGS, build

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]
DESK: Any = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def faults(page: Page, name: str = "") -> list[str]:
    """What sticks out at either width, or keeps people out by axe's word; the page is a desk's again afterwards."""
    found = []
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        found += [] if fits(page) else [f"{page.url} is wider than {size['width']}"]
        if name:
            picture(page, f"{name}-{size['width']}")
    return found + [f"{page.url}: {fault}" for fault in serious_faults(page)]


def sign_in(page: Page, account: Any, address: str) -> None:
    page.goto(address)
    page.get_by_label("账号").fill(account.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("动态口令").fill(code_of(account))
    page.get_by_role("button", name="登录").click()


def tab_to(page: Page, name: str) -> None:
    """Go on by the tabulator until what is called so has the focus."""
    for _time in range(150):
        page.keyboard.press("Tab")
        if name in page.evaluate("[document.activeElement.textContent.trim(), document.activeElement.name]"):
            return
    pytest.fail(f"the keyboard never reaches {name}")


def do(page: Page, button: str, **words: str) -> None:
    """Press one of the row's buttons and fill its form."""
    page.get_by_role("link", name=button, exact=True).click()
    for name, said in words.items():
        field = page.locator(f"[name={name}]")
        field.select_option(said) if field.evaluate("one => one.tagName") == "SELECT" else field.fill(said)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("已完成")


def test_a_warning_is_pursued_to_its_end_and_a_complaint_to_its_rating(
    browser: Browser, live_server: LiveServer
) -> None:
    build()
    people = {role: account_of(role, password=PASSWORD) for role in ("supervisor", "agency_leader")}
    for one in people.values():
        enrol_totp(account=one, issuer="test", actor=SETUP, at=AT)
    for day in range(1, 5):
        visited(f"RQ-{day}", on(2 + day, day))
    judged(on(6, 5))
    fold()
    found: list[str] = []
    flag, base = Flag.objects.get(rule="annual_cap"), live_server.url
    with (
        # what axe styles inside the page, the page's policy refuses
        window(browser, expected=["inline style"], viewport=DESK) as (context, li_jing),
        window(browser, expected=["inline style"], viewport=DESK) as (_theirs, wu_gang),
        window(browser, expected=["inline style"], viewport=PHONE) as (_his, owner),
    ):
        sign_in(li_jing, people["supervisor"], f"{base}/board/?period={flag.period}")
        ranked = li_jing.get_by_role("table", name="被检查最多的企业")
        ranked.get_by_role("link", name="邢台轴承有限公司").click()
        li_jing.locator(".flags a").first.click()
        expect(li_jing.get_by_role("heading", name="为什么预警")).to_be_visible()
        li_jing.goto(f"{base}/board/flags/{flag.pk}")
        found += faults(li_jing, "case-flag")
        tab_to(li_jing, "立案督办")
        li_jing.keyboard.press("Enter")
        expect(li_jing.get_by_label("原因")).to_be_visible()
        tab_to(li_jing, "reason")
        li_jing.keyboard.type("年内四次，未见说明理由")
        li_jing.keyboard.press("Enter")
        expect(li_jing.locator(".messagelist")).to_contain_text("已完成")
        case = Case.objects.get()
        li_jing.goto(f"{base}/board/flags/{flag.pk}")
        li_jing.get_by_role("link", name=f"督办 {case.number}").click()
        do(li_jing, "交办", responsible="吴刚", note="请逐次说明检查来源")
        found += faults(li_jing, "case")

        sign_in(wu_gang, people["agency_leader"], f"{base}/admin/audit/case/")
        found += faults(wu_gang)
        wu_gang.get_by_role("link", name=case.number).click()
        do(wu_gang, "单位答复", note="第三、四次系专项检查，已补录文号")
        li_jing.reload()
        do(li_jing, "督办办结", note="文号属实")
        do(li_jing, "质检重启", note="质检：其中一次无文号")
        do(li_jing, "交办", responsible="吴刚", note="请补正")
        wu_gang.reload()
        do(wu_gang, "单位答复", note="已补正")
        li_jing.reload()
        do(li_jing, "督办办结", note="已补正，同类检查合并")
        expect(li_jing.locator(".field-life")).to_contain_text("质检重启")
        li_jing.get_by_role("link", name="该企业全年").click()
        expect(li_jing.get_by_role("heading", name="邢台轴承有限公司")).to_be_visible()
        signed_in = context.storage_state()

        owner.goto(f"{base}/d/{token_of(BEARINGS)}/complaint")
        owner.get_by_label("发生了什么").fill("上午来了三个人，没有扫码。")
        owner.get_by_label("大概是什么时候").fill(f"{timezone.localtime() - timedelta(hours=1):%Y-%m-%dT%H:%M}")
        owner.get_by_role("button", name="提交").click()
        number, code = (owner.locator(".number").nth(place).inner_text() for place in range(2))
        complaint = Complaint.objects.get(number=number)
        li_jing.goto(f"{base}/admin/audit/complaint/{complaint.pk}/change/")
        found += faults(li_jing)
        do(li_jing, "立案督办", reason="未扫码入企")
        li_jing.locator(".field-pursued a").click()
        do(li_jing, "交办", agency_code="130502-SCJG", responsible="吴刚", grade="A", note="请核实")
        do(li_jing, "督办办结", note="已补扫并致歉")
        owner.goto(f"{base}/complaint")
        owner.get_by_label("受理编号").fill(number)
        owner.get_by_label("查询码").fill(code)
        owner.get_by_role("button", name="查询").click()
        expect(owner.get_by_text("已补扫并致歉")).to_be_visible()
        found += serious_faults(owner)
        picture(owner, "case-rating")
        owner.get_by_role("button", name="不满意").click()
        expect(owner.get_by_role("status")).to_contain_text("您的评价已记下")

        li_jing.goto(f"{base}/admin/audit/case/")
        found += faults(li_jing, "cases")
        with li_jing.expect_download() as handed:
            li_jing.get_by_role("link", name="导出 XLSX").click()
        rows = CalamineWorkbook.from_path(handed.value.path()).get_sheet_by_index(0).to_python()
        assert any(case.number in row for row in rows)
        pages = {"complaint/enter/": "complaint-entry", "complaint/hotline/": "hotline", "case/ranking/": ""}
        for address, name in pages.items():
            li_jing.goto(f"{base}/admin/audit/{address}")
            found += faults(li_jing, name)
    with window(browser, viewport=PHONE, java_script_enabled=False, storage_state=signed_in) as (_context, page):
        page.goto(f"{base}/admin/audit/case/")
        expect(page.locator("#result_list")).to_contain_text(case.number)
        page.goto(f"{base}/admin/audit/case/{case.pk}/change/")
        expect(page.locator(".field-life")).to_contain_text("同类检查合并")
        assert re.search(r"RQ-\d", page.goto(f"{base}/board/flags/{flag.pk}").text())  # type: ignore[union-attr]
    assert not found, "\n".join(found)
