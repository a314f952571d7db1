"""docs/reference/security.md names what is asked of the house, and each test; here are those that stood nowhere."""

import ast
import io
import re
import zipfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from audit.facts import SHANGHAI
from audit.models import Account
from audit.services.account import enrol_totp
from project.body_limit import ELSEWHERE, FRAMING
from tests.audit.past import DOORS, account, on, visited
from tests.checkins.doors import Browser
from tests.house.admin_world import AT, PASSWORD, SETUP, account_of
from tests.house.test_admin_log_in import code_of, knock
from tests.house.test_admin_photo import _photographed
from tests.town import BEARINGS, Town

pytestmark = pytest.mark.django_db
TABLE = Path(settings.BASE_DIR) / "docs/reference/security.md"
WITHOUT = {"by review", "does not apply", "not met", "in part"}
HOSTILE = '"><script>alert(1)</script>&<b>{{7*7}}'


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((Path(settings.BASE_DIR) / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_requirement_names_a_test_that_there_is_or_says_that_it_is_not_met() -> None:
    rows = re.findall(r"^\| (\d[^|]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", TABLE.read_text(encoding="utf-8"), re.M)
    assert len(rows) > 60
    for number, _asked, here, told in rows:
        assert all(re.fullmatch(r"[1-8]\.\d{1,2}\.\d{1,2}", one) for one in re.findall(r"[\d.]{5,}", number)), number
        named = re.findall(r"`([^`]+)`", told)
        assert named or told in WITHOUT, number
        assert told != "not met" or "not met" in here, number
        for path, _, name in (one.partition("::") for one in named):
            assert name in named_in(path), f"{number}: {path}::{name}"
    numbers = [row[0] for row in rows]
    assert len(numbers) == len(set(numbers))


@pytest.fixture
def li_jing() -> Account:
    made = account_of("supervisor", password=PASSWORD)
    enrol_totp(account=made, issuer="test", actor=SETUP, at=AT)
    return made


def test_the_log_in_gives_another_session_and_ends_the_one_before(li_jing: Account) -> None:
    browser = Client()
    session = browser.session
    session["planted"] = "by somebody who hopes that she signs in with it"
    session.save()
    planted = browser.cookies["sessionid"].value
    assert knock(browser, otp_token=code_of(li_jing)).status_code == 302
    given = browser.cookies["sessionid"].value
    assert given != planted
    assert re.fullmatch("[a-z0-9]{32}", given)
    other = Client()
    other.cookies["sessionid"] = planted
    assert (other.get("/admin/").status_code, browser.get("/admin/").status_code) == (302, 200)


def test_after_the_log_out_the_old_cookie_opens_nothing(li_jing: Account) -> None:
    browser = Client()
    knock(browser, otp_token=code_of(li_jing))
    kept = browser.cookies["sessionid"].value
    page = browser.get("/admin/")
    assert "no-store" in page["Cache-Control"]
    assert reverse("admin:logout") in page.content.decode()
    assert browser.post("/admin/logout/").status_code == 200
    browser.cookies["sessionid"] = kept
    assert browser.get("/admin/").status_code == 302


def test_cookies_are_for_no_script_and_no_other_site(li_jing: Account, town: Town) -> None:
    with override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        browser = Client()
        browser.get("/admin/login/", secure=True)
        words = {"username": "li.jing", "password": PASSWORD, "otp_token": code_of(li_jing)}
        assert browser.post("/admin/login/", words, secure=True).status_code == 302
        town.zhang_wei.scan()
        door = Browser()
        door.client.get(reverse("door", args=[door.token]), secure=True)
        cookies = {**browser.cookies, **door.client.cookies}
        assert {"sessionid", "csrftoken", "viewer"} <= cookies.keys()
        for name in ("sessionid", "csrftoken", "viewer"):
            assert (cookies[name]["samesite"], cookies[name]["secure"], cookies[name]["path"]) == ("Lax", True, "/")
            assert bool(cookies[name]["httponly"]) == (name != "csrftoken"), name


def test_every_answer_has_a_policy_and_says_that_its_kind_is_no_guess(li_jing: Account, town: Town) -> None:
    browser, door = Client(raise_request_exception=False), Browser()
    knock(browser, otp_token=code_of(li_jing))
    pages = [
        "/", "/admin/", "/admin/login/", "/admin/me/", "/admin/officers/officer/", "/admin/no-such/", "/board/",
        "/board/visits/nobody", "/no-such-page", "/verify", "/receipt", "/enrol", "/complaint",
        "/api/v1/docs", "/api/v1/openapi.json", "/api/v1/me", "/.well-known/jwks.json", "/status-lists/1",
        reverse("door", args=[door.token]), reverse("door", args=["A" * 40]), reverse("electronic-id", args=["A" * 40]),
    ]  # fmt: skip
    for page in pages:
        answer = browser.get(page)
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), page
        assert {"base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; ")), page
        assert "unsafe-inline" not in policy, page
        assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", ""), page
        assert answer["X-Content-Type-Options"] == "nosniff", page
        assert answer["Referrer-Policy"] in {"same-origin", "no-referrer"}, page
        if answer["Content-Type"].startswith("text/html"):
            text = answer.content.decode()
            assert not re.findall(r"<script(?![^>]*(?:src=|type=\"application/json\"))", text), page
            assert not re.findall(r"<[^>]+\s(?:style|on[a-z]+)=\"", text), page


def test_no_page_reads_a_body_that_declares_too_much() -> None:
    """Signed in or not: the check of forged forms reads the body before anybody is asked who he is."""

    class Untouched:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    def answer(address: str, length: int, **checks: Any) -> Any:
        unread: Any = {"wsgi.input": Untouched(), "CONTENT_LENGTH": str(length)}
        return Client(**checks).generic("POST", address, content_type="multipart/form-data; boundary=x", **unread)

    pictures = 3 * settings.MAX_PHOTO_BYTES + FRAMING
    for address, most in {
        "/admin/login/": ELSEWHERE,
        "/sso/code": ELSEWHERE,
        "/admin/no-such-page/": ELSEWHERE,
        "/board/reports/": ELSEWHERE,
        "/admin/audit/case/1/do/close/": ELSEWHERE,
        "/admin/audit/case/1/do/answer/": pictures,
        "/admin/audit/complaint/enter/": pictures,
        "/admin/audit/complaint/hotline/": settings.HOTLINE_BYTES + FRAMING,
        "/admin/officers/officer/import/": settings.IMPORT_POLICY.file_bytes + FRAMING,
        "/admin/officers/officer/add/": settings.MAX_PHOTO_BYTES + FRAMING,
        "/admin/officers/officer/1/change/": settings.MAX_PHOTO_BYTES + FRAMING,
    }.items():
        refused = answer(address, most + 1, enforce_csrf_checks=True)
        assert (refused.status_code, "没有接收" in refused.content.decode()) == (413, True), address
        assert answer(address, most, raise_request_exception=False).status_code != 413, address
    assert answer("/board/", 1 << 40, enforce_csrf_checks=True).status_code == 413
    assert Client().post("/admin/login/", headers={"content-length": "x"}).status_code == 413


def test_no_name_of_an_upload_becomes_a_path(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a phone or a browser calls its file is nowhere: not in the table, not in a folder."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from checkins.models import Blob
    from tests.house import test_admin_photo

    monkeypatch.chdir(tmp_path)
    whole = SimpleUploadedFile

    def named(_name: str, content: bytes, content_type: str) -> SimpleUploadedFile:
        made = whole("x", content, content_type=content_type)
        made._name = "../../../etc/cron.d/x.php"  # type: ignore[attr-defined]
        return made

    monkeypatch.setattr(test_admin_photo, "SimpleUploadedFile", named)
    _photographed(town.zhang_wei)
    kept = Blob.objects.values().get()
    assert not any("cron.d" in str(value) for value in kept.values())
    assert list(tmp_path.iterdir()) == []
    assert not settings.MEDIA_ROOT


def test_a_hostile_name_stays_text_on_every_page_and_in_every_file(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(datetime(2026, 7, 15, 12, tzinfo=SHANGHAI))
    enterprise = town_enterprise()
    region = DOORS[BEARINGS][1]
    before = DOORS[BEARINGS]
    DOORS[BEARINGS] = (HOSTILE, region)
    try:
        visited("RQ-1", on(6, 2))
        visited("RQ-2", on(7, 14))
    finally:
        DOORS[BEARINGS] = before
    client, door = account(), Browser()
    issued = client.post("/board/reports/", {"region": region, "month": "2026-06"})
    assert issued.status_code == 302, issued.content.decode()
    pages = ["/board/", "/board/visits", "/board/visits/RQ-1", f"/board/enterprises/{BEARINGS}", issued["Location"]]
    pages += [reverse("admin:enterprises_enterprise_change", args=[enterprise.pk])]
    pages += [reverse("admin:enterprises_enterprise_changelist")]
    for browser, page in [*((client, page) for page in pages), (door.client, reverse("door", args=[door.token]))]:
        text = browser.get(page).content.decode()
        assert "&lt;script&gt;alert(1)" in text, page
        assert "<script>alert" not in text, page
        assert ">49<" not in text, page
    for file in ("/board/files/visits.xlsx", f"{issued['Location']}report.docx"):
        response: Any = client.get(file)
        parts = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
        texts = [parts.read(name).decode(errors="replace") for name in parts.namelist() if name.endswith(".xml")]
        assert any("&lt;script&gt;alert(1)" in text for text in texts), file
        assert not any("<script>alert" in text for text in texts), file


def town_enterprise() -> Any:
    """The bearings works, under a name that somebody has thought about."""
    from django.db import transaction

    from audit.history import save_as
    from enterprises.models import Enterprise

    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    enterprise.name = HOSTILE
    with transaction.atomic():
        save_as(enterprise, actor=SETUP, at=timezone.now(), new=False)
    return enterprise


@pytest.mark.parametrize("password", ["grey-heron", "q1w2e3r4t5y6"])
def test_a_password_has_twelve_characters_and_is_not_a_common_one(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)
    validate_password(PASSWORD)
