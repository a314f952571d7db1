"""刘洋's phone, for real: she proves that the enterprise is hers, and complains, with JavaScript and without."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from audit.models import Complaint, ComplaintPicture
from enterprises.models import Enterprise
from enterprises.policy import SenderPolicy
from tests.browsing import browser_test, chromium, fits, picture, serious_faults, window
from tests.checkins.doors import token_of
from tests.enterprises.owners import POST_BOX, with_contact
from tests.enterprises.photos import on_table, saved
from tests.town import BEARINGS, build

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]
PIN = "407195"
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def poster() -> Iterator[str]:
    """The path on the poster of 邢台轴承, whose contact is 刘洋."""
    build()
    with_contact(Enterprise.objects.get(credit_code=BEARINGS))
    POST_BOX.messages.clear()
    with override_settings(OWNER_CODE_SENDER=SenderPolicy(name="tests.enterprises.owners.post_box")):
        yield f"/d/{token_of()}"


def looked_over(page: Page, name: str, *, scripts: bool) -> None:
    """The page fits a phone, keeps nobody out, and gives the guides its picture."""
    if scripts:
        assert fits(page), name
        assert serious_faults(page) == [], name
        picture(page, name, full_page=True)


@SCRIPTS
def test_liu_yang_proves_it_on_her_phone(browser: Browser, live_server: LiveServer, poster: str, scripts: bool) -> None:
    with window(browser, expected=["422"], java_script_enabled=scripts) as (_context, page):
        page.goto(f"{live_server.url}{poster}")
        page.get_by_role("link", name="我是本企业负责人").click()
        expect(page.locator("main")).to_contain_text("138****1234")
        looked_over(page, "owner-ask", scripts=scripts)
        page.get_by_role("button", name="获取验证码").click()
        expect(page.get_by_role("status")).to_have_text("验证码已发出，请查看手机短信，在下面输入。")
        page.get_by_label("6 位验证码").fill("no")
        page.get_by_role("button", name="确定").click()
        expect(page.get_by_role("alert")).to_contain_text("验证码不对")
        looked_over(page, "owner-code", scripts=scripts)
        page.get_by_label("6 位验证码").fill(POST_BOX.code)
        page.get_by_role("button", name="确定").click()
        expect(page.get_by_role("status")).to_contain_text("已证明您是本企业的人")
        looked_over(page, "owner-proved", scripts=scripts)
        page.get_by_label("新 PIN").fill(PIN)
        page.get_by_label("再输一次").fill(PIN)
        page.get_by_role("button", name="设好 PIN").click()
        expect(page.locator("main")).to_contain_text("PIN 已设好")
        page.get_by_role("link", name="检查记录和结果").click()
        expect(page.locator("h1")).to_have_text("检查记录和结果")
        page.go_back()
        page.get_by_role("button", name="退出").click()
        expect(page.get_by_role("status")).to_have_text("已退出。")
        page.get_by_label("您设过的 PIN").fill(PIN)
        page.get_by_role("button", name="进入").click()
        expect(page.get_by_role("status")).to_contain_text("已证明您是本企业的人")


@SCRIPTS
def test_somebody_complains_with_pictures_and_looks_up_how_it_stands(
    browser: Browser, live_server: LiveServer, poster: str, tmp_path: Path, scripts: bool
) -> None:
    photo, page_of_html = tmp_path / "现场.jpg", tmp_path / "现场.png"
    photo.write_bytes(saved(on_table()))
    page_of_html.write_text("<script>alert(1)</script>")
    with window(browser, expected=["422", "404"], java_script_enabled=scripts) as (_context, page):
        page.goto(f"{live_server.url}{poster}")
        page.get_by_role("link", name="有人未扫码就来检查").click()
        looked_over(page, "complaint", scripts=scripts)
        page.get_by_label("发生了什么").fill("上午来了三个人，没有扫码。")
        page.get_by_label("图片（可不传，最多 3 张）").set_input_files([photo, page_of_html])
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("alert")).to_contain_text("第 2 张图片：照片须为 JPEG")
        expect(page.get_by_label("发生了什么")).to_have_value("上午来了三个人，没有扫码。")
        looked_over(page, "complaint-refused", scripts=scripts)
        page.get_by_label("图片（可不传，最多 3 张）").set_input_files([photo, photo])
        page.get_by_role("button", name="提交").click()
        expect(page.locator("h1")).to_have_text("已收到您的投诉")
        looked_over(page, "complaint-receipt", scripts=scripts)
        number = re.search(r"TS\d{8}-\w{10}", page.locator("main").inner_text())
        code = page.locator("dd.code").inner_text()
        assert number
        page.get_by_role("link", name="查办理情况").click()
        page.get_by_label("受理编号").fill(number[0].lower())
        page.get_by_label("查询码").fill("0000-0000")
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_role("alert")).to_contain_text("没有找到")
        page.get_by_label("查询码").fill(code)
        page.get_by_role("button", name="查询").click()
        expect(page.locator("main")).to_contain_text("已收到，待受理")
        looked_over(page, "complaint-status", scripts=scripts)
    assert Complaint.objects.get().number == number[0]
    assert ComplaintPicture.objects.count() == 2


def test_a_receipt_that_is_reloaded_is_the_same_receipt(browser: Browser, live_server: LiveServer, poster: str) -> None:
    with window(browser) as (_context, page):
        page.goto(f"{live_server.url}{poster}/complaint")
        page.get_by_label("发生了什么").fill("没有扫码。")
        page.get_by_role("button", name="提交").click()
        code = page.locator("dd.code").inner_text()
        page.reload()
        expect(page.locator("dd.code")).to_have_text(code)
    assert Complaint.objects.count() == 1
