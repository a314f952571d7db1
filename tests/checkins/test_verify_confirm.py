"""The server's own word on what an enterprise's verifier has read: `POST /verify/confirm`."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.models import FirstView
from checkins.models import Visit
from checkins.services.merge import confirm_merge, propose_merge
from checkins.services.vouch import vouch
from officers import base45
from officers.keyring import Known
from officers.reasons import Reason
from tests.checkins.looks import look
from tests.checkins.looks import screen_of as looked_at
from tests.checkins.screens import Screen, screen_of
from tests.officers.issuing import new_phone
from tests.officers.people import change, picture
from tests.town import BEARINGS, CASHMERE, GLASS, Town, scan_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def screen(town: Town) -> Screen:
    """张伟's, at 邢台轴承, whose photo is on record."""
    change(town.zhang_wei.officer, photo_sha256=picture().sha256)
    return screen_of(town.zhang_wei.officer)


def confirm(text: str, credit_code: str = BEARINGS, **headers: str) -> Any:
    """As an enterprise's browser asks: without a log-in, a cookie or a form's token."""
    answer = Client(enforce_csrf_checks=True).post(
        "/api/v1/verify/confirm",
        {"presentation": text, "credit_code": credit_code},
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def said(text: str, credit_code: str = BEARINGS) -> tuple[str, str]:
    told = confirm(text, credit_code)
    assert (told["officer"] is None) == (told["verdict"] == "red")
    return told["verdict"], told["reason"]


def test_zhang_wei_who_has_scanned_here_is_green_with_face_agency_and_masked_number(screen: Screen) -> None:
    told = confirm(screen.shows())
    assert (told["verdict"], told["reason"]) == ("green", "ok")
    officer = told["officer"]
    assert (officer["name"], officer["agency"]) == ("张伟", "襄都区市场监督管理局")
    assert officer["certificate_no"] == "13******01"
    assert officer["photo"].startswith("/verify/photo/")
    assert told["sentence"].startswith("服务器已确认")
    assert abs(datetime.fromisoformat(told["server_time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_first_view_of_the_photo_is_logged_once_for_each_browser_and_the_address_lives_five_minutes(
    screen: Screen,
) -> None:
    address = confirm(screen.shows())["officer"]["photo"]
    owner, clerk = Client(), Client()
    for browser in (owner, owner, clerk):
        seen = browser.get(address)
        assert (seen.status_code, seen["Content-Type"], seen["Cache-Control"]) == (
            200,
            "image/jpeg",
            "private, no-store",
        )
    logged = FirstView.objects.filter(certificate_no="13050200101", through="verifier", credit_code=BEARINGS)
    assert logged.count() == 2
    assert set(logged.values_list("visit", flat=True)) == {Visit.objects.get(opening_scan=UUID(screen.scan_id)).number}
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        late = owner.get(address)
    forged = owner.get(address[:-2] + "AA")
    unknown = owner.get("/verify/photo/x")
    assert {(one.status_code, one.content) for one in (late, forged, unknown)} == {(404, b"")}
    assert logged.count() == 2


def test_photos_are_asked_for_so_often_by_one_address_true_ones_and_guesses(screen: Screen, settings: Settings) -> None:
    address = confirm(screen.shows())["officer"]["photo"]
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, new_views=2, views=2)
    guesses = [Client().get(f"/verify/photo/{token}").status_code for token in ("x", "1AAAA", "y")]
    looks = [Client().get(address).status_code for _ in range(3)]
    assert (guesses, looks) == ([404, 404, 429], [200, 200, 429])
    assert Client().get(address, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_an_english_reader_gets_an_english_sentence(screen: Screen) -> None:
    assert confirm(screen.shows(), **{"accept-language": "en"})["sentence"].startswith("Confirmed by the server")


def test_a_phone_without_a_key_shows_what_the_server_signed_and_is_green_too(town: Town) -> None:
    change(town.zhang_wei.officer, photo_sha256=picture().sha256)
    keyless = screen_of(town.zhang_wei.officer, keyless=True)
    text = keyless.offline_id().presentation
    assert text is not None
    assert said(text) == ("green", "ok")
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert said(text) == ("red", "stale")


def test_without_a_photo_on_record_it_is_yellow_because_there_is_nothing_to_compare(town: Town) -> None:
    assert said(screen_of(town.zhang_wei.officer).shows()) == ("yellow", "no_photo")


def test_a_screenshot_is_stale_after_its_time_and_a_wrong_clock_is_called_one(screen: Screen) -> None:
    assert said(screen.shows(ago=61)) == ("red", "stale")
    assert said(screen.shows(ago=-60)) == ("red", "phone_clock")


def test_what_was_shown_to_another_enterprise_is_no_use_here(screen: Screen) -> None:
    assert said(screen.shows(), CASHMERE) == ("red", "other_enterprise")
    # nor does the officer's own phone make the scan one of another enterprise
    assert said(screen.shows(enterprise=CASHMERE), CASHMERE) == ("red", "not_confirmed")


def test_a_scan_that_never_came_that_was_withdrawn_or_is_a_colleagues_confirms_nothing(
    screen: Screen, town: Town
) -> None:
    assert said(screen.shows(scan_id=str(uuid.uuid4()))) == ("red", "not_confirmed")
    colleagues = town.li_na.scan().json()["scan_id"]
    assert said(screen.shows(scan_id=colleagues)) == ("red", "not_confirmed")
    shown = screen.shows()
    withdrawn = screen.phone.post(f"/scans/{screen.scan_id}/withdrawal", {"reason": "扫错了门"})
    assert withdrawn.status_code == 200
    assert said(shown) == ("red", "not_confirmed")


def test_after_the_departure_the_screen_says_that_the_visit_is_over(screen: Screen) -> None:
    shown = screen.shows()
    visit = Visit.objects.get(opening_scan=UUID(screen.scan_id))
    gone = {"departed_at": timezone.now().isoformat(), "location": None}
    assert screen.phone.post(f"/visits/{visit.number}/departure", gone).status_code < 300
    assert said(shown) == ("red", "left")


def test_a_visit_of_the_morning_is_over_after_twelve_hours(screen: Screen) -> None:
    assert screen.scan_id
    with time_machine.travel(timezone.now() + timedelta(hours=12, minutes=1), tick=False):
        assert said(screen.shows()) == ("red", "left")


def test_who_scans_again_in_a_visit_of_the_morning_is_there_again_whatever_scan_the_screen_is_of(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(datetime(2026, 7, 1, 4, tzinfo=UTC))
    change(town.zhang_wei.officer, photo_sha256=picture().sha256)
    screen = screen_of(town.zhang_wei.officer)
    number = Visit.objects.get(opening_scan=UUID(screen.scan_id)).number
    time_machine.shift(timedelta(hours=11))
    again = screen.phone.scan(visit={"continues": number}).json()
    assert again["visit"]["number"] == number
    time_machine.shift(timedelta(hours=2))
    for scan_id in (again["scan_id"], screen.scan_id):
        assert said(screen.shows(scan_id=scan_id)) == ("green", "ok"), "as the page behind the screen has it"
    assert look(looked_at(screen.phone, visit=number)["token"]).tone == "good"
    time_machine.shift(timedelta(hours=10))
    assert said(screen.shows(scan_id=again["scan_id"])) == ("red", "left")
    assert look(looked_at(screen.phone, visit=number)["token"]).word == "已结束"


def test_a_stall_that_became_a_shop_is_the_shop_by_its_old_poster_and_by_what_phones_have_fetched(
    town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    change(town.zhang_wei.officer, photo_sha256=picture().sha256)
    stall = town.zhang_wei.post("/scans", scan_body(code=None, subject={"name": "东门早市豆腐摊"})).json()
    number, scan_id = stall["enterprise"]["credit_code"], stall["scan_id"]
    screen = screen_of(town.zhang_wei.officer)
    before = screen.shows(enterprise=number, scan_id=scan_id)
    assert said(before, number) == ("green", "ok")
    assert said(before, GLASS) == ("red", "other_enterprise")
    merge = propose_merge(
        subject=number, credit_code=GLASS, reason="已领营业执照", actor=Actor.account("a"), at=timezone.now()
    )
    confirm_merge(merge=merge, annual_cap=2, actor=Actor.account("b"), at=timezone.now())
    since = screen.shows(enterprise=GLASS, scan_id=scan_id)
    for text in (before, since):
        for poster in (number, GLASS):
            with django_assert_num_queries(4 if text is not (before if poster == number else since) else 3):
                told = confirm(text, poster)
            assert (told["verdict"], told["credit_code"]) == ("green", GLASS)
        assert said(text, BEARINGS) == ("red", "other_enterprise")
    other = town.zhang_wei.scan(BEARINGS).json()["scan_id"]
    assert said(screen.shows(enterprise=BEARINGS, scan_id=other), number) == ("red", "other_enterprise")
    assert said(screen.shows(enterprise=GLASS, scan_id=other), number) == ("red", "other_enterprise")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"status": "revoked"}, "revoked"),
        ({"status": "suspended"}, "revoked"),
        ({"certified": False}, "revoked"),
        ({"valid_until": datetime(2026, 1, 1, tzinfo=UTC).date()}, "expired"),
        ({"valid_from": datetime(2098, 1, 1, tzinfo=UTC).date()}, "not_yet"),
    ],
)
def test_a_certificate_that_was_taken_back_or_ran_out_since_is_red_at_once(
    screen: Screen, columns: dict[str, Any], reason: str
) -> None:
    shown = screen.shows()
    change(screen.phone.officer, **columns)
    assert said(shown) == ("red", reason)


def test_another_phones_key_and_a_strangers_issuer_are_found_out(screen: Screen) -> None:
    assert said(screen.shows(key=new_phone())) == ("red", "bad_signature")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "x",
        lambda text: "LZ1:",
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.lower(),
        lambda text: text * 3,
        lambda text: "LZ1:" + base45.encode(b"\x9f" * 200),
        lambda text: "LZ1:" + base45.encode(b"\x81" * 300),
        lambda text: "LZ1:" + base45.encode(bytes([0x9B, *[0xFF] * 8])),
        lambda text: "张伟" * 100,
    ],
)
def test_what_is_no_presentation_is_red_and_names_nobody(screen: Screen, spoil: Callable[[str], str]) -> None:
    assert said(spoil(screen.shows())[:1000]) == ("red", "malformed")


def test_answers_to_what_is_unknown_differ_in_reason_and_sentence_alone(screen: Screen) -> None:
    told = [confirm(text) for text in ("x", screen.shows(key=new_phone()), screen.shows(scan_id=str(uuid.uuid4())))]
    assert len({tuple(sorted(one)) for one in told}) == 1
    assert {one["officer"] for one in told} == {None}


def test_it_costs_at_most_three_statements(screen: Screen, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """One counts the address, one finds phone and officer, one the visit. A process reads the issuer's keys once."""
    shown, unknown, stolen = screen.shows(), screen.shows(scan_id=str(uuid.uuid4())), screen.shows(key=new_phone())
    assert said(shown) == ("green", "ok")
    for text, statements in ((shown, 3), (unknown, 3), (stolen, 1), ("x", 1)):
        with django_assert_num_queries(statements):
            confirm(text)


def test_the_verification_by_itself_costs_at_most_three_in_a_process_that_has_just_begun(
    screen: Screen, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = screen.shows()
    monkeypatch.setattr("officers.confirmation.KNOWN", Known())
    with django_assert_num_queries(3):
        found = vouch(shown, credit_code=BEARINGS, at=timezone.now(), stay=timedelta(hours=12))
    assert found.reason is Reason.OK


def test_the_thirty_first_in_a_minute_from_one_address_is_refused(screen: Screen, settings: Settings) -> None:
    settings.CONFIRMS_PER_MINUTE = 30
    shown = screen.shows()
    ask = {"presentation": shown, "credit_code": BEARINGS}
    with time_machine.travel(timezone.now(), tick=False):
        answers = [Client().post("/api/v1/verify/confirm", ask, content_type="application/json") for _ in range(31)]
        other = Client(REMOTE_ADDR="192.0.2.7").post("/api/v1/verify/confirm", ask, content_type="application/json")
    assert {answer.status_code for answer in answers[:30]} == {200}
    assert answers[30].status_code == 429
    assert 1 <= int(answers[30]["Retry-After"]) <= 60
    assert answers[30].json()["type"] == "/problems/verified-too-often"
    assert other.status_code == 200
