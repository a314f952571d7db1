"""The verifier in real Chromium, on a phone's window."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from audit.tree import receipt
from tests.audit.test_verify_rows import all_sealed
from tests.browsing import browser_test, chromium, fits, serious_faults, until, window
from tests.officers.issuing import issuer_key
from tests.town import BEARINGS, build

pytestmark = [pytest.mark.browser, browser_test, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _an_issuers_key(transactional_db: None) -> None:
    """Keys and a status list are there to be fetched."""
    issuer_key(timezone.now())


def open_verifier(page: Page, live_server: LiveServer, credit_code: str = BEARINGS) -> None:
    page.goto(f"{live_server.url}/verify#{credit_code}")
    expect(page.locator("#app")).to_be_visible()


def paste(page: Page, text: str) -> None:
    if not page.locator("#text").is_visible():
        page.locator("#otherwise summary").click()
    page.locator("#text").fill(text)
    page.locator("#paste button").click()


def await_worker(page: Page) -> None:
    """Until the page can do without a network: its files, the keys and the status list are kept."""
    page.evaluate("navigator.serviceWorker.ready")
    until(page, "navigator.serviceWorker.controller !== null")
    until(page, "caches.match('/status-lists/1').then((found) => found !== undefined)")


def test_axe_finds_no_serious_fault_before_and_after_a_verdict_in_both_languages(
    browser: Browser, live_server: LiveServer
) -> None:
    with window(browser) as (_context, page):
        open_verifier(page, live_server)
        for language in ("zh-hans", "en"):
            expect(page.locator("html")).to_have_attribute("lang", language)
            assert serious_faults(page) == []
            paste(page, "LZ1:NOT")
            expect(page.locator("body")).to_have_class("bad")
            assert serious_faults(page) == []
            assert fits(page)
            page.locator("#language").click()
        # The other language's words are fetched first: until they are there the page says the same as before.
        expect(page.get_by_role("status")).to_contain_text("无法识别")


def test_what_an_english_reader_chose_is_remembered(browser: Browser, live_server: LiveServer) -> None:
    with window(browser) as (_context, page):
        open_verifier(page, live_server)
        page.locator("#language").click()
        expect(page.locator("#scan")).to_have_text("Scan")
        page.reload()
        expect(page.locator("#scan")).to_have_text("Scan")
        assert page.title() == "Check an officer"


def test_without_javascript_one_sentence_names_the_way_that_works(browser: Browser, live_server: LiveServer) -> None:
    with window(browser, java_script_enabled=False) as (_context, page):
        page.goto(f"{live_server.url}/verify#{BEARINGS}")
        assert "海报上的网址" in page.locator("noscript").inner_text()
        assert page.locator("#app").is_hidden()


def test_a_page_opened_without_an_enterprise_asks_for_it(browser: Browser, live_server: LiveServer) -> None:
    with window(browser) as (_context, page):
        open_verifier(page, live_server, "")
        assert page.locator("#scan").is_hidden()
        assert serious_faults(page) == []
        page.get_by_label("统一社会信用代码").fill(BEARINGS.lower())
        page.get_by_role("button", name="确定").click()
        expect(page.locator("#scan")).to_be_visible()
        assert BEARINGS in page.locator("footer").inner_text()


def test_after_a_first_visit_the_page_opens_without_a_network(browser: Browser, live_server: LiveServer) -> None:
    with window(browser, expected=["net::ERR"]) as (context, page):
        open_verifier(page, live_server)
        await_worker(page)
        context.set_offline(True)
        again: Page = context.new_page()
        open_verifier(again, live_server)
        paste(again, "LZ1:NOT")
        expect(again.locator("body")).to_have_class("bad")
        again.locator("#language").click()
        expect(again.locator("html")).to_have_attribute("lang", "en")


def test_nothing_is_fetched_from_another_house(browser: Browser, live_server: LiveServer) -> None:
    asked: list[str] = []
    with window(browser) as (context, page):
        listen(context, asked)
        open_verifier(page, live_server)
        await_worker(page)
    assert len(asked) > 10
    assert [address for address in asked if not address.startswith(f"{live_server.url}/")] == []


def listen(context: BrowserContext, asked: list[str]) -> None:
    context.on("request", lambda request: asked.append(request.url))


def test_a_receipt_is_checked_by_the_page_alone_without_a_network(
    browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    number = build().zhang_wei.scan().json()["visit"]["number"]
    all_sealed()
    genuine = str(receipt(kind="visit-shown", subject=f"visit:{number}"))
    body = re.search(r"^extra (\S+)$", genuine, re.MULTILINE)
    assert body is not None
    extra = json.loads(base64.b64decode(body[1]))
    altered = base64.b64encode(base64.b64decode(extra["body"]).replace("张伟".encode(), "李娜".encode())).decode()
    forged = base64.b64encode(json.dumps({**extra, "body": altered}).encode()).decode()
    files = {
        "good": genuine,
        "altered": genuine.replace(body[1], forged),
        "signature": re.sub(
            r"(?m)^(— \S+ \S{8})(\S)", lambda found: f"{found[1]}{'B' if found[2] == 'A' else 'A'}", genuine
        ),
        "nonsense": "hello",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, newline="")
    with window(browser) as (context, page):
        page.goto(f"{live_server.url}/receipt")
        expect(page.locator("#app")).to_be_visible()
        context.set_offline(True)
        for name, word in (("altered", "不符"), ("signature", "签名不符"), ("nonsense", "无法识别"), ("good", "属实")):
            page.locator("#file").set_input_files(tmp_path / name)
            expect(page.locator("#word")).to_have_text(word)
            assert page.locator("#told").is_visible() == (name == "good")
        expect(page.locator("#record")).to_contain_text("张伟")
        assert serious_faults(page) == []
        assert fits(page)
        page.locator("details summary").click()
        page.locator("#keys").fill("")
        page.locator("#file").set_input_files([])
        page.locator("#file").set_input_files(tmp_path / "good")
        expect(page.locator("#word")).to_have_text("无人签名")
