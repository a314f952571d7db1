"""The enterprise's own page: who is at the door, in plain words, live, at a flat cost."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from time_machine import TimeMachineFixture

from audit.history import save_as
from audit.models import FirstView
from checkins.models import Visit
from checkins.policy import DoorPolicy
from officers.models import Officer
from tests.checkins.doors import Browser
from tests.officers.people import picture
from tests.town import BEARINGS, CASHMERE, FOUNDER, GLASS, LONG_AGO, Town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon")]


def _change(certificate_no: str, **columns: object) -> Officer:
    officer = Officer.objects.get(certificate_no=certificate_no)
    for name, value in columns.items():
        setattr(officer, name, value)
    with transaction.atomic():
        save_as(officer, actor=FOUNDER, at=LONG_AGO)
    return officer


def test_nobody_at_the_door_is_said_with_what_to_do(town: Town) -> None:
    text = Browser().said()
    assert "邢台轴承有限公司" in text
    assert "现在没有人扫码" in text
    assert "请对方先扫您营业执照上的二维码" in text
    assert "可以拒绝" in text
    assert "12345" in text


def test_an_officer_who_has_scanned_is_shown_with_photo_name_agency_and_masked_number(town: Town) -> None:
    drawn = picture()
    _change("13050200101", photo_sha256=drawn.sha256)
    number = town.zhang_wei.scan().json()["visit"]["number"]
    browser = Browser()
    text = browser.said()
    for word in ("门口有 1 人", "张伟", "襄都区市场监督管理局", "13******01", "执法证有效", "检查 · 日常", number):
        assert word in text
    assert "13050200101" not in browser.get()
    [address] = re.findall(r'<img[^>]* src="([^"]+)"', browser.get())
    shown = Client().get(address)
    assert (shown.status_code, shown.content) == (200, bytes(drawn.image or b""))


def test_the_photos_address_is_of_no_use_five_minutes_later(town: Town, time_machine: TimeMachineFixture) -> None:
    _change("13050200101", photo_sha256=picture().sha256)
    town.zhang_wei.scan()
    [address] = re.findall(r'<img[^>]* src="([^"]+)"', Browser().get())
    time_machine.shift(timedelta(minutes=5))
    assert Client().get(address).status_code == 404


def test_colleagues_and_other_agencies_are_each_shown_and_joint_visits_called_so(town: Town) -> None:
    code = town.zhang_wei.scan().json()["visit"]["joint_code"]
    town.li_na.scan()
    town.wang_qiang.scan(visit={"joint_code": code})
    text = Browser().said()
    assert "门口有 3 人" in text
    assert [name for name in ("张伟", "李娜", "王强") if name not in text] == []
    assert text.count("联合检查") == 2


def test_somebody_at_another_enterprise_is_not_at_this_one(town: Town) -> None:
    town.zhang_wei.scan(GLASS)
    assert "现在没有人扫码" in Browser(BEARINGS).said()
    assert "张伟" in Browser(GLASS).said()


def test_who_has_left_is_gone_and_so_is_a_visit_that_was_withdrawn(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    number = town.zhang_wei.scan().json()["visit"]["number"]
    scan_id = town.wang_qiang.scan().json()["scan_id"]
    browser = Browser()
    assert "门口有 2 人" in browser.said()
    town.wang_qiang.post(f"/scans/{scan_id}/withdrawal", {"reason": "扫错了"})
    assert "门口有 1 人" in browser.said()
    time_machine.shift(timedelta(minutes=20))
    left = town.zhang_wei.post(f"/visits/{number}/departure", {"departed_at": datetime.now().astimezone().isoformat()})
    assert left.status_code in {200, 201}, left.content
    assert "现在没有人扫码" in browser.said()


def test_after_twelve_hours_nobody_is_said_to_be_there(town: Town, time_machine: TimeMachineFixture) -> None:
    town.zhang_wei.scan()
    browser = Browser()
    time_machine.shift(timedelta(hours=11, minutes=59))
    assert "张伟" in browser.said()
    time_machine.shift(timedelta(minutes=1))
    assert "张伟" not in browser.said()


@pytest.mark.parametrize(
    ("columns", "word", "colour"),
    [
        ({"status": "revoked"}, "证件已吊销", "bad"),
        ({"status": "suspended"}, "证件已暂停", "bad"),
        ({"valid_until": date(2026, 1, 31)}, "证件已过期", "doubt"),
        ({"certified": False}, "没有执法证，只能做服务走访，不能检查", "bad"),
    ],
)
def test_whoever_may_not_inspect_is_called_what_he_is(
    town: Town, columns: dict[str, object], word: str, colour: str
) -> None:
    town.zhang_wei.scan()
    _change("13050200101", **columns)
    browser = Browser()
    assert word in browser.said()
    assert f'<div id="now" class="page {colour}"' in browser.get()


def test_a_service_visit_by_staff_without_a_certificate_is_nothing_to_fear(town: Town) -> None:
    _change("13050200101", certified=False)
    town.zhang_wei.scan(visit={"purpose": "service"})
    browser = Browser()
    text = browser.said()
    assert "服务走访" in text
    assert "服务人员，不做检查" in text
    assert '<div id="now" class="page good"' in browser.get()


def test_what_the_notice_must_name_and_what_no_list_publishes_is_said(town: Town) -> None:
    said = {"plan_no": "XD-2026-017", "approval_no": "XD批〔2026〕9号", "items": ["气瓶检查"], "category": "special"}
    town.zhang_wei.scan(visit=said)
    text = Browser().said()
    for word in ("检查计划编号 XD-2026-017", "批准文号 XD批〔2026〕9号", "检查 · 专项", "气瓶检查"):
        assert word in text


def test_a_colleague_whose_phone_is_dead_is_shown_as_named_and_not_confirmed(town: Town) -> None:
    number = town.zhang_wei.scan(visit={"partners": ["13050200102"]}).json()["visit"]["number"]
    browser = Browser()
    text = browser.said()
    assert "门口有 2 人" in text
    assert "李娜" in text
    assert "同行人员登记，本人没有确认" in text
    assert "由同行人员登记，本人还没有确认。请看执法证原件。" in text
    assert '<div id="now" class="page doubt"' in browser.get(), "a colleague's word makes nobody green"
    assert text.count("执法证有效") == 1
    assert town.li_na.post(f"/visits/{number}/join", {}).status_code == 200
    assert "由同行人员登记，本人已确认" in browser.said()
    assert browser.said().count("执法证有效") == 2
    assert '<div id="now" class="page good"' in browser.get()


def test_a_number_under_which_an_urgent_visit_was_approved_afterwards_is_shown_at_once(town: Town) -> None:
    said = {"emergency": True, "reason": "有人举报燃气泄漏"}
    number = town.zhang_wei.scan(visit=said).json()["visit"]["number"]
    browser = Browser()
    state = browser.state()
    assert "批准文号" not in browser.said()
    approved = town.zhang_wei.post(f"/visits/{number}/approval", {"approval_no": "襄市监审〔2026〕3号"})
    assert approved.status_code in {200, 201}, approved.content.decode()
    browser.get("door-now", 200, seen=state)
    assert "批准文号 襄市监审〔2026〕3号" in browser.said()
    assert browser.cost() == 7, "one more, for the approvals"


@override_settings(
    DOOR_POLICY=DoorPolicy(phones={"130502-SFJ": "襄都区司法局 0319-2123456"}, unscanned_refusable=False)
)
def test_the_number_to_call_is_that_of_the_organ_that_supervises_who_came(town: Town) -> None:
    town.zhang_wei.scan()
    browser = Browser()
    assert '<a href="tel:03192123456">襄都区司法局 0319-2123456</a>' in browser.get()
    assert "没有扫码的检查，可以拒绝" not in browser.said()


def test_a_page_that_shows_the_same_is_told_nothing_and_another_scan_is_told_at_once(town: Town) -> None:
    browser = Browser()
    state = browser.state()
    assert browser.get("door-now", 204, seen=state) == ""
    town.zhang_wei.scan()
    fresh = browser.get("door-now", 200, seen=state)
    assert "张伟" in fresh
    assert "<html" not in fresh
    assert browser.get("door-now", 204, seen=browser.state()) == ""
    town.li_na.scan()
    assert "李娜" in browser.get("door-now", 200, seen=state)


def test_an_english_reader_is_told_in_english(town: Town) -> None:
    town.zhang_wei.scan()
    text = Client().get(reverse("door", args=[Browser().token]), headers={"accept-language": "en"}).content.decode()
    assert "People at the door: 1" in text
    assert "Certificate valid" in text


def test_the_first_view_of_each_browser_is_logged_once_for_each_officer(town: Town) -> None:
    first, second = Browser(), Browser()
    first.get()
    assert FirstView.objects.count() == 0, "nobody was shown"
    number = town.zhang_wei.scan().json()["visit"]["number"]
    for browser in (first, first, second):
        browser.get()
    assert first.get("door-now", 200, seen="")
    rows = FirstView.objects.values_list("visit", "certificate_no", "credit_code", "through")
    assert list(rows) == [(number, "13050200101", BEARINGS, "door")] * 2
    assert len(set(FirstView.objects.values_list("viewer", flat=True))) == 2
    cookie = first.client.cookies["viewer"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_the_cost_is_the_same_with_one_officer_and_with_five_agencies_in_a_busy_year(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    browser = Browser()
    assert browser.cost() == 4, "door, allowances, arrivals, departures"
    town.zhang_wei.scan()
    browser.get()
    state = browser.state()
    few = browser.cost()
    for phone in (town.li_na, town.wang_qiang, town.zhao_min, town.sun_lei):
        phone.scan()
    for _day in range(5):
        town.zhang_wei.scan(CASHMERE)
    many = browser.cost()
    assert few == many == 6, "also the wrong match codes, and the log of first views"
    assert browser.cost("door-now", 200, seen=state) == 6
    assert browser.cost("door-now", 204, seen=browser.state()) == 5
    assert Visit.objects.filter(credit_code=BEARINGS).count() == 3


def test_a_reader_of_one_page_too_many_waits_and_a_page_that_asks_by_itself_does_not(town: Town) -> None:
    browser = Browser()
    state = browser.state()
    for _again in range(60):
        browser.get("door-now", 204, seen=state)
    for _again in range(29):
        browser.get()
    browser.get(status=429)
    browser.get("door-now", 204, seen=state)
