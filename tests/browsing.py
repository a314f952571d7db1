"""Real Chromium for tests: a phone's window, a camera that sees what a test shows it, and axe for accessibility."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).with_name("vendor") / "axe-core-4.14.1/axe.min.js"
PHONE: Any = {"width": 390, "height": 844}
# A machine of two cores that runs all tests at once answers late; where time matters, a test says how much.
expect.set_options(timeout=20_000)
browser_test = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser of its own, with these flags.

    Playwright runs a loop of its own in this thread, which Django takes for asynchronous code of ours: as long as it
    is open, the test may reach the database all the same.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", *flags])
        try:
            yield browser
        finally:
            browser.close()


def camera(film: Path) -> list[str]:
    """Flags for a browser whose camera shows this film (.mjpeg, thirty pictures a second, over and over)."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


@contextmanager
def window(browser: Browser, *, expected: Iterable[str] = (), **options: Any) -> Iterator[tuple[BrowserContext, Page]]:
    """A phone's window. At its end nothing has gone wrong in it but what a line of `expected` is part of."""
    context = browser.new_context(**{"viewport": PHONE, "locale": "zh-CN", **options})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{error}\n{error.stack}"))
    try:
        yield context, page
    finally:
        context.close()
    assert [line for line in said if not any(part in line for part in expected)] == []


def until(page: Page, true: str, *, seconds: float = 20) -> None:
    """Ask the page again and again until this expression is true. Playwright's own waiting needs `eval` in the page,
    which a strict policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(true):
        assert time.monotonic() < deadline, f"never true: {true}"
        page.wait_for_timeout(50)


def fits(page: Page, *, seconds: float = 20) -> bool:
    """Does nothing stick out at the side? A page that was resized is asked until its charts have followed."""
    deadline = time.monotonic() + seconds
    while not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        if time.monotonic() > deadline:
            return False
        page.wait_for_timeout(50)
    return True


def serious_faults(page: Page) -> list[str]:
    """What axe finds on this page that keeps people out: its serious and critical faults, each with its place."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > 5, "axe has looked at something"
    return [
        f"{fault['impact']}: {fault['id']} at {node['target']}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def picture(page: Page, name: str, **options: Any) -> None:
    """A picture for the guides, where the run is told where to put it (`PICTURES=docs/guides/pictures`)."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", **options)
