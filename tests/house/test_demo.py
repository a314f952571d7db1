"""`make demo` from outside: what a newcomer sees, copies and runs; then what ends it, and what a second run does."""

import json
import signal
import sqlite3
import subprocess
import time
from base64 import b32decode
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django_otp.oath import totp
from playwright.sync_api import Browser, Page, expect, sync_playwright

from audit.facts import SHANGHAI
from tests.browsing import fits
from tests.house.demo_run import Demo, command, environment, free_port

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.embedded]
CHROMIUM = Path("/usr/bin/chromium")
browser_test = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(folder=tmp_path_factory.mktemp("demo"))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def pages(chromium: Browser, width: int, height: int, **options: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **options)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [line for line in said if "422" not in line and "401" not in line] == []


@pytest.fixture(params=[(390, 844), (1440, 900)], ids=["phone", "desk"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from pages(chromium, *request.param)


def credentials(demo: Demo) -> dict[str, Any]:
    return dict(json.loads((demo.folder / "credentials.json").read_text()))


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_printed_line_scans_as_printed_and_the_filing_arrives(demo: Demo, shell: str) -> None:
    ran = subprocess.run([shell, "-c", demo.printed_line()], capture_output=True, text=True, check=True)
    head, _, body = ran.stdout.replace("\r\n", "\n").partition("\n\n")
    assert head.startswith("HTTP/1.1 201")
    answer = json.loads(body)
    assert answer["enterprise"]["credit_code"] == credentials(demo)["enterprises"][0]["credit_code"]
    assert answer["for_officer"]["location_check"]["verdict"] == "inside"
    assert answer["electronic_id"]["url"].startswith(f"{demo.url}/v/")
    arrived = f"{demo.platform()}filings/{answer['filing']['number']}"
    for _try in range(200):
        if httpx.get(arrived).status_code == 200:
            return
        time.sleep(0.1)
    pytest.fail("the filing did not arrive at the platform")


def test_the_printed_page_of_the_first_enterprise_shows_who_has_just_scanned(demo: Demo) -> None:
    subprocess.run(["sh", "-c", demo.printed_line()], capture_output=True, check=True)
    told = credentials(demo)
    door = told["enterprises"][0]["door"]
    assert door in demo.said
    assert told["officers"][0]["name"] in httpx.get(door).text


def test_every_officer_and_supervisor_of_the_file_is_let_in(demo: Demo) -> None:
    told = credentials(demo)
    assert told["base_url"] == demo.url
    with httpx.Client(base_url=f"{demo.url}/api/v1") as client:
        for officer in told["officers"]:
            me = client.get("/me", headers={"Authorization": f"Bearer {officer['token']}"})
            assert me.status_code == 200
            assert officer["certificate_no"] in me.text
    supervisor = told["supervisors"][0]
    with httpx.Client(base_url=demo.url) as client:
        client.get("/admin/login/")
        signed_in = client.post(
            "/admin/login/?next=/admin/",
            data={
                "username": supervisor["username"],
                "password": supervisor["password"],
                "otp_token": f"{totp(b32decode(supervisor['totp_secret'])):06d}",
                "csrfmiddlewaretoken": client.cookies["csrftoken"],
            },
        )
        assert signed_in.status_code == 302
        assert client.get("/admin/").status_code == 200


def test_the_demo_has_a_key_that_signs_what_its_phones_show(demo: Demo) -> None:
    token = credentials(demo)["officers"][0]["token"]
    told = httpx.get(f"{demo.url}/api/v1/electronic-id", headers={"Authorization": f"Bearer {token}"}).json()
    assert told["offline"]["reason"] in {None, "no_visit"}
    assert len(httpx.get(f"{demo.url}/.well-known/jwks.json").json()["keys"]) == 1
    assert httpx.get(f"{demo.url}/status-lists/1").status_code == 200


@pytest.mark.browser
@browser_test
def test_a_newcomer_scans_an_over_cap_licence_and_sees_both_screens_and_the_arrival(demo: Demo, page: Page) -> None:
    page.goto(demo.url)
    page.locator(".choice", has_text="已超上限").click()
    name = page.locator(".licence:visible figcaption b").inner_text()
    page.get_by_role("button", name="扫一次", exact=True).click()
    page.locator(".arrival.there").wait_for()
    assert "已到达监督平台" in page.locator(".arrival").inner_text()
    enterprise, officer = page.locator(".screen.enterprise"), page.locator(".screen.officer")
    shown = enterprise.inner_text()
    assert "企业看到的" in shown
    assert (
        page.locator('select[name="officer"] option:checked')
        .inner_text()
        .startswith(enterprise.locator('[data-slot="name"]').inner_text())
    )
    assert enterprise.locator('[data-slot="certificate"]').inner_text().isdigit()
    for picture in ("photo", "id-code"):
        loaded = enterprise.locator(f'[data-slot="{picture}"]').evaluate(
            "image => image.complete && image.naturalWidth"
        )
        assert loaded > 0, picture
    told = officer.inner_text()
    assert name in told
    assert "已超过上限" in told
    assert "在登记的经营场所" in told
    assert officer.locator(".last li").count() > 0
    # what is for the officer is not on the enterprise's screen
    assert "上限" not in shown
    assert fits(page)
    checked_at = enterprise.get_by_role("link", name="打开核验页").get_attribute("href")
    page.goto(f"{demo.url}{checked_at}")
    assert page.locator("h1", has_text="真实有效").is_visible()


@pytest.mark.browser
@browser_test
def test_an_expired_officer_far_away_is_told_so_and_the_enterprise_too(demo: Demo, page: Page) -> None:
    page.goto(demo.url)
    expired = page.locator('select[name="officer"] option', has_text="证件已过期").first.get_attribute("value")
    page.locator('select[name="officer"]').select_option(str(expired))
    page.locator(".places label", has_text="五公里外").click()
    page.get_by_role("button", name="扫一次", exact=True).click()
    page.locator(".answer:not([hidden])").wait_for()
    assert "证件已过期" in page.locator(".screen.enterprise .band").inner_text()
    told = page.locator(".screen.officer").inner_text()
    assert "执法证已过期" in told
    assert "离经营场所较远" in told
    page.locator(".arrival.there").wait_for()


@pytest.mark.browser
@browser_test
def test_a_text_that_names_nobody_waits_and_an_empty_one_is_refused_in_a_sentence(demo: Demo, page: Page) -> None:
    page.goto(demo.url)
    page.locator("form summary").click()
    page.locator("textarea").fill("<b>不是营业执照</b>")
    page.get_by_role("button", name="扫一次", exact=True).click()
    page.locator(".answer:not([hidden])").wait_for()
    assert "尚不能确定是哪家企业" in page.locator(".screen.officer").inner_text()
    assert "<b>不是营业执照</b>" in page.locator(".screen.officer").inner_text()
    assert "认定企业之后才报送" in page.locator(".arrival").inner_text()
    page.locator("textarea").fill("")
    page.get_by_role("button", name="扫一次", exact=True).click()
    page.locator(".problem:not([hidden])").wait_for()
    assert "请求内容不符合要求" in page.locator(".problem").inner_text()
    assert page.locator(".answer").is_hidden()


@pytest.mark.browser
@browser_test
def test_without_javascript_there_are_three_doors_and_a_licence(demo: Demo, chromium: Browser) -> None:
    for page in pages(chromium, 390, 844, java_script_enabled=False):
        page.goto(demo.url)
        assert page.locator(".door").count() == 3
        assert page.locator(".licence:visible svg").count() == 1
        assert page.locator("form").is_hidden()


@pytest.mark.browser
@browser_test
def test_a_supervisor_signs_in_finds_who_is_inspected_most_why_that_is_flagged_and_the_months_report(
    demo: Demo, chromium: Browser
) -> None:
    """By links alone, in the half of the invented year that lies in one calendar year."""
    district = credentials(demo)["supervisors"][1]
    today = datetime.now(tz=SHANGHAI).date()
    year = today.year - (today.month <= 6)
    for page in pages(chromium, 1440, 900):
        page.goto(f"{demo.url}/board/?period={year}")
        page.get_by_label("账号").fill(district["username"])
        page.get_by_label("密码").fill(district["password"])
        page.get_by_label("动态口令").fill(f"{totp(b32decode(district['totp_secret'])):06d}")
        page.keyboard.press("Enter")
        most = page.get_by_role("table", name="被检查最多的企业").locator("tbody a").first
        name = most.inner_text()
        most.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        page.locator(".flags a").first.click()
        expect(page.get_by_role("heading", name="为什么预警")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(name)
        page.get_by_role("link", name="通报").click()
        page.get_by_role("link", name="入企通报").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("襄都区")
        expect(page.get_by_role("table", name="主要指标")).to_be_visible()
        page.get_by_role("button", name="退出").click()
        page.goto(f"{demo.url}/board/")
        expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_a_page_in_demo_mode_keeps_its_tokens_to_itself(demo: Demo) -> None:
    answer = httpx.get(demo.url)
    assert "no-store" in answer.headers["cache-control"]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert httpx.get(f"{demo.url}/demo/id/forged.svg").status_code == 404


def test_a_taken_port_and_a_taken_folder_are_told_in_a_sentence(demo: Demo, tmp_path: Path) -> None:
    port = subprocess.run(
        command("--port", str(demo.port)), env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert port.returncode == 1
    assert f"端口 {demo.port} 已被占用" in port.stderr
    folder = subprocess.run(
        command("--port", str(free_port())), env=environment(demo.folder), capture_output=True, text=True, check=False
    )
    assert folder.returncode == 1
    assert "另一个示范正在使用" in folder.stderr
    assert "Traceback" not in port.stderr + folder.stderr


def test_outside_demo_mode_it_refuses() -> None:
    with pytest.raises(CommandError, match="RUQI_ENV=demo"):
        call_command("demo")


def rows(demo: Demo) -> tuple[int, ...]:
    """Not its entries: the worker of a second run soon writes some of its own."""
    with sqlite3.connect(demo.folder / "ruqi.sqlite3") as database:
        tables = ("officers_officer", "officers_device", "enterprises_enterprise", "checkins_scan")
        return tuple(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


def gone(processes: Collection[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in processes)


def until_gone(processes: Collection[int]) -> None:
    deadline = time.monotonic() + 60
    while not gone(processes):
        assert time.monotonic() < deadline, "a process outlived the demo"
        time.sleep(0.1)


def test_a_second_run_goes_on_with_the_same_city_over_https_too(demo: Demo) -> None:
    children = demo.children()
    assert children.keys() == {"receiver", "worker", "server"}
    assert demo.stop() == 0
    assert gone(children.values())
    before, tokens = rows(demo), sorted(officer["token"] for officer in credentials(demo)["officers"])
    demo.start("--https", "--host", "127.0.0.1")
    assert "沿用已装载的示范数据" in demo.said
    assert rows(demo) == before
    assert sorted(officer["token"] for officer in credentials(demo)["officers"]) == tokens
    assert credentials(demo)["base_url"] == f"https://127.0.0.1:{demo.port}"
    ran = subprocess.run(["sh", "-c", demo.printed_line()], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[1] == "201"


def test_when_one_process_dies_all_end_and_it_is_named(demo: Demo) -> None:
    """The second run's worker."""
    children = demo.children()
    subprocess.run(["kill", "-KILL", str(children["worker"])], check=True)
    assert demo.ended() == 1
    assert "进程 worker 停了" in demo.said
    assert gone(children.values())


def test_sigterm_ends_all_while_they_are_still_starting_too(demo: Demo) -> None:
    children = demo.start_crew().values()
    assert demo.stop(signal.SIGTERM) == 0
    until_gone(children)


def test_killed_without_a_goodbye_it_leaves_no_process_behind(demo: Demo) -> None:
    children = demo.start_crew().values()
    demo.stop(signal.SIGKILL)
    until_gone(children)
