"""An enterprise scans an officer's screen: green, yellow or red, and why."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from audit.models import FirstView
from checkins.models import Ruling, Visit
from officers.models import Device, Officer, Photo
from officers.services.device import add_device, revoke_device
from tests.checkins.looks import Browser, look, screen_of
from tests.checkins.test_corrections_confirmed import rule, void
from tests.officers.people import change, picture
from tests.town import FOUNDER, NOBODY_KNOWS, Phone, Town

NINE = datetime(2026, 7, 1, 1, tzinfo=UTC)
"""In Xingtai, on a Wednesday."""


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NINE, tick=False)
    return time_machine


def scanned(phone: Phone, **words: Any) -> dict[str, Any]:
    answer: dict[str, Any] = phone.scan(**{"scanned_at": timezone.now().isoformat(), **words}).json()
    return answer


def with_photo(phone: Phone) -> Photo:
    photo = picture()
    change(phone.officer, photo_sha256=photo.sha256)
    return photo


def uncertified(phone: Phone) -> None:
    change(phone.officer, certified=False)


class TestGreen:
    """A certified officer, in office, in a visit that stands and goes on."""

    def test_zhang_wei_at_the_bearing_works(self, town: Town) -> None:
        with_photo(town.zhang_wei)
        answer = scanned(town.zhang_wei)
        block = answer["electronic_id"]
        seen = look(block["token"])
        assert (seen.status, *seen.said) == (200, "真实有效", "good")
        code = f"{block['match_code'][:3]} {block['match_code'][3:]}"
        who = ("张伟", "襄都区市场监督管理局", "13050200101", code)
        where = ("邢台轴承有限公司", answer["visit"]["number"], "2026-07-01 09:00:00")
        for told in (*who, *where):
            assert told in seen.page
        assert 'lang="zh-hans"' in seen.page
        source = re.search(r'src="(/v/photo/[^"]+)"', seen.page)
        assert source
        assert Client().get(source[1]).status_code == 200

    def test_the_owner_is_told_which_address_is_the_right_one_and_of_the_poster(self, town: Town) -> None:
        with override_settings(PUBLIC_URL="https://rq.xingtai.example"):
            page = look(scanned(town.zhang_wei)["electronic_id"]["token"]).page
        assert re.search(r'<p class="host">rq\.xingtai\.example</p>', page)
        assert "核验海报" in page

    def test_every_screen_of_one_officer_in_one_visit_shows_one_code(self, town: Town) -> None:
        answer = scanned(town.zhang_wei)
        again = screen_of(town.zhang_wei, visit=answer["visit"]["number"], at=NINE + timedelta(minutes=1))
        assert again["token"] != answer["electronic_id"]["token"]
        assert again["match_code"] == answer["electronic_id"]["match_code"]
        assert scanned(town.li_na)["electronic_id"]["match_code"] != again["match_code"]

    def test_a_visit_that_goes_on_the_next_day_is_looked_at_from_that_days_scan(self, town: Town, clock: Any) -> None:
        number = scanned(town.zhang_wei)["visit"]["number"]
        clock.shift(timedelta(days=1))
        assert look(screen_of(town.zhang_wei, visit=number)["token"]).word == "已结束"
        again = scanned(town.zhang_wei, visit={"continues": number})
        assert again["visit"]["number"] == number
        assert look(again["electronic_id"]["token"]).word == "真实有效"

    def test_the_screen_of_a_visit_that_another_one_took_in_speaks_of_that_one(self, town: Town) -> None:
        first = scanned(town.li_na, scanned_at=(NINE - timedelta(hours=7)).isoformat())
        scanned(town.li_na, scanned_at=(NINE - timedelta(hours=5)).isoformat())
        answer = scanned(town.zhang_wei)
        town.li_na.post(f"/scans/{first['scan_id']}/withdrawal", {"reason": "误扫"})
        assert Visit.objects.get(number=answer["visit"]["number"]).status == Visit.Status.ABSORBED
        assert look(answer["electronic_id"]["token"]).said == ("真实有效", "good")

    def test_an_enterprise_that_no_register_knows_is_called_that(self, town: Town) -> None:
        seen = look(scanned(town.zhang_wei, licence_of=NOBODY_KNOWS)["electronic_id"]["token"])
        assert seen.word == "真实有效"
        assert "登记库中没有的企业" in seen.page

    def test_a_service_visit_is_called_one(self, town: Town) -> None:
        seen = look(scanned(town.zhang_wei, visit={"purpose": "service"})["electronic_id"]["token"])
        assert seen.said == ("真实有效", "good")
        assert "本次是上门服务，不是检查" in seen.page

    def test_a_certificate_counts_on_its_last_day(self, town: Town) -> None:
        block = scanned(town.zhang_wei)["electronic_id"]
        change(town.zhang_wei.officer, valid_until=date(2026, 7, 1))
        assert look(block["token"]).word == "真实有效"


class TestYellow:
    """True, but no reason to be let in as an inspector."""

    def test_a_screen_that_was_shown_outside_a_visit(self, town: Town) -> None:
        seen = look(screen_of(town.zhang_wei)["token"])
        assert seen.said == ("尚未入企", "doubt")
        assert "请让对方先扫贵单位营业执照上的二维码" in seen.page
        assert "张伟" in seen.page

    @pytest.mark.parametrize("in_a_visit", [True, False])
    def test_staff_without_a_certificate_may_serve_and_never_look_like_officers(
        self, town: Town, in_a_visit: bool
    ) -> None:
        uncertified(town.zhang_wei)
        block = (
            scanned(town.zhang_wei, visit={"purpose": "service"})["electronic_id"]
            if in_a_visit
            else screen_of(town.zhang_wei)
        )
        seen = look(block["token"])
        assert seen.said == ("仅限服务", "doubt")
        assert "此人不是持证执法人员" in seen.page
        assert "工号（不是执法证号）" in seen.page
        for never in ("真实有效", "<dt>执法证号", "执法人员核验</p>"):
            assert never not in seen.page


class TestRed:
    """Not entitled, and why."""

    def test_staff_without_a_certificate_who_inspect(self, town: Town) -> None:
        uncertified(town.zhang_wei)
        assert look(scanned(town.zhang_wei)["electronic_id"]["token"]).said == ("不得检查", "bad")

    @pytest.mark.parametrize(
        ("columns", "word"),
        [
            ({"status": "revoked", "status_since": NINE}, "已吊销"),
            ({"status": "revoked", "status_since": None}, "已吊销"),
            ({"status": "suspended", "status_since": NINE}, "已暂停"),
            ({"valid_until": date(2026, 6, 30)}, "已过期"),
            ({"valid_from": date(2026, 7, 2)}, "尚未生效"),
        ],
    )
    def test_a_certificate_that_ended_after_the_scan(self, town: Town, columns: dict[str, Any], word: str) -> None:
        block = scanned(town.zhang_wei)["electronic_id"]
        change(town.zhang_wei.officer, **columns)
        seen = look(block["token"])
        assert seen.said == (word, "bad")
        assert "核对码" not in seen.page

    def test_the_officer_has_left(self, town: Town, clock: Any) -> None:
        answer = scanned(town.zhang_wei)
        clock.shift(timedelta(minutes=5))
        left = {"departed_at": timezone.now().isoformat()}
        assert town.zhang_wei.post(f"/visits/{answer['visit']['number']}/departure", left).status_code == 201
        assert look(answer["electronic_id"]["token"]).said == ("已结束", "bad")

    def test_the_scan_is_twelve_hours_ago(self, town: Town, clock: Any) -> None:
        number = scanned(town.zhang_wei)["visit"]["number"]
        clock.move_to(NINE + timedelta(hours=11, minutes=59), tick=False)
        assert look(screen_of(town.zhang_wei, visit=number)["token"]).word == "真实有效"
        clock.move_to(NINE + timedelta(hours=12), tick=False)
        assert look(screen_of(town.zhang_wei, visit=number)["token"]).said == ("已结束", "bad")

    def test_the_officer_took_the_scan_back_and_the_colleague_did_not(self, town: Town) -> None:
        mine, hers = scanned(town.zhang_wei), scanned(town.li_na)
        town.zhang_wei.post(f"/scans/{mine['scan_id']}/withdrawal", {"reason": "误扫"})
        seen = look(mine["electronic_id"]["token"])
        assert seen.said == ("没有记录", "bad")
        assert "邢台轴承" not in seen.page
        assert look(hers["electronic_id"]["token"]).said == ("真实有效", "good")

    def test_a_supervisor_has_confirmed_that_the_visit_is_void(self, town: Town) -> None:
        answer = scanned(town.zhang_wei)
        assert void(town.li_na, answer["visit"]["number"]).status_code == 200
        assert look(answer["electronic_id"]["token"]).word == "真实有效"
        rule(Ruling.Verdict.CONFIRMED.value, at=timezone.now())
        assert look(answer["electronic_id"]["token"]).said == ("没有记录", "bad")

    def test_an_address_whose_minutes_are_over_names_nobody(self, town: Town, clock: Any) -> None:
        block = scanned(town.zhang_wei)["electronic_id"]
        clock.shift(settings.OFFICER_POLICY.electronic_id_lifetime)
        seen = look(block["token"])
        assert (seen.status, *seen.said) == (404, "无法核验", "bad")
        for secret in ("张伟", "监督管理局", "13050200101", "/v/photo/", "邢台轴承"):
            assert secret not in seen.page

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: "x",
            lambda token: token[:-1],
            lambda token: token + "A",
            lambda token: token + "=",
            lambda token: "2" + token[1:],
            lambda token: token[:30] + ("A" if token[30] != "A" else "B") + token[31:],
            lambda token: "张伟" * 300,
            lambda token: "1" + "A" * 5000,
        ],
    )
    def test_a_token_that_is_not_ours_says_nothing(self, town: Town, spoil: Callable[[str], str]) -> None:
        seen = look(spoil(scanned(town.zhang_wei)["electronic_id"]["token"]))
        assert (seen.status, *seen.said) == (404, "无法核验", "bad")
        assert "张伟" not in seen.page


class TestThePage:
    def test_a_first_look_takes_three_statements_a_further_one_two_and_a_wrong_one_two(
        self, town: Town, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        tokens = scanned(town.zhang_wei)["electronic_id"]["token"], screen_of(town.zhang_wei)["token"]
        for token in tokens:
            browser = Browser()
            with django_assert_num_queries(3):
                browser.look(token)
            with django_assert_num_queries(2):
                browser.look(token)
        with django_assert_num_queries(2):
            look("1" + "A" * 95)

    def test_it_is_sealed(self, town: Town) -> None:
        with_photo(town.zhang_wei)
        token = scanned(town.zhang_wei)["electronic_id"]["token"]
        seen = look(token)
        policy = seen.answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert "no-store" in seen.answer["Cache-Control"]
        assert seen.answer["Referrer-Policy"] == "no-referrer"
        assert seen.answer["X-Frame-Options"] == "DENY"
        assert "style=" not in seen.page
        assert re.findall(r"<script[^>]*>", seen.page) == ['<script src="/static/checkins/screen.js" defer>']
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', seen.page)
        assert Client().post(f"/v/{token}").status_code == 405

    def test_without_javascript_it_loads_itself_again(self, town: Town) -> None:
        page = look(scanned(town.zhang_wei)["electronic_id"]["token"]).page
        assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page

    def test_a_name_with_markup_is_shown_as_text(self, town: Town) -> None:
        change(town.zhang_wei.officer, name="<b>张")
        page = look(screen_of(town.zhang_wei)["token"])
        assert "&lt;b&gt;张" in page.page

    def test_who_reads_english_is_told_the_same(self, town: Town) -> None:
        answer = scanned(town.zhang_wei)
        seen = look(answer["electronic_id"]["token"], headers={"accept-language": "en"})
        assert seen.word == "Genuine"
        shown = re.sub(r"<[^>]*>", " ", seen.page).replace("张伟", "").replace("襄都区市场监督管理局", "")
        assert not re.findall(r"[\u4e00-\u9fff]+", shown.replace("邢台轴承有限公司", ""))


class TestFirstViews:
    def test_each_browser_is_logged_once_for_each_visit(self, town: Town) -> None:
        answer = scanned(town.zhang_wei)
        owner, guest = Browser(), Browser()
        for browser in (owner, owner, guest, owner):
            browser.look(answer["electronic_id"]["token"])
        owner.look(screen_of(town.zhang_wei, visit=answer["visit"]["number"], at=NINE - timedelta(minutes=1))["token"])
        rows = FirstView.objects.filter(through="screen")
        assert rows.count() == 2
        assert len({row.viewer for row in rows}) == 2
        logged = rows.first()
        assert logged is not None
        assert (logged.visit, logged.certificate_no) == (answer["visit"]["number"], "13050200101")
        assert logged.credit_code == answer["enterprise"]["credit_code"]

    def test_a_wrong_token_is_no_view_and_leaves_no_cookie(self, town: Town) -> None:
        assert not look("nonsense").answer.cookies
        assert not FirstView.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_view_that_cannot_be_logged_is_shown_all_the_same(town: Town) -> None:
    token = scanned(town.zhang_wei)["electronic_id"]["token"]
    refuse = (
        "ALTER TABLE audit_firstview ADD CONSTRAINT refuse_all CHECK (visit = 'none') NOT VALID"
        if connection.vendor == "postgresql"
        else "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_firstview BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    undo = (
        "ALTER TABLE audit_firstview DROP CONSTRAINT refuse_all"
        if connection.vendor == "postgresql"
        else "DROP TRIGGER refuse_all"
    )
    with connection.cursor() as cursor:
        cursor.execute(refuse)
        try:
            assert look(token).said == ("真实有效", "good")
        finally:
            cursor.execute(undo)
    assert not FirstView.objects.exists()


def test_the_screen_of_a_phone_out_of_service_is_red_at_the_next_look_and_his_new_phones_is_not(town: Town) -> None:
    answer = scanned(town.zhang_wei)
    outside = screen_of(town.zhang_wei, visit=None)
    lost = Device.objects.get(officer=town.zhang_wei.officer)
    with transaction.atomic():
        _spare, token = add_device(
            officer=town.zhang_wei.officer, name="备用机", public_key=None, method="activation", evidence="1",
            actor=FOUNDER, at=NINE,
        )  # fmt: skip
    new = replace(town.zhang_wei, token=token)
    revoke_device(device=lost, actor=FOUNDER, at=NINE, reason="挂失")
    for block in (answer["electronic_id"], outside):
        seen = look(block["token"])
        assert seen.said == ("手机已停用", "bad")
        assert block["match_code"][:3] + " " + block["match_code"][3:] not in seen.page
    assert look(screen_of(new, visit=answer["visit"]["number"])["token"]).said == ("真实有效", "good")
    late = scanned(town.zhang_wei, scanned_at=(NINE - timedelta(minutes=5)).isoformat())
    assert (late["scan_id"] != answer["scan_id"], late["electronic_id"]) == (True, None)


def test_the_officer_is_looked_up_as_registered_now(town: Town) -> None:
    block = scanned(town.zhang_wei)["electronic_id"]
    change(Officer.objects.get(pk=town.zhang_wei.officer.pk), name="张伟明")
    assert "张伟明" in look(block["token"]).page
