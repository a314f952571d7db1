"""刘洋 opens her enterprise's own page and proves that it is hers; strangers get no further than the form."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from audit.models import Entry
from enterprises.models import Contact, Enterprise, OwnerCode, OwnerPin
from enterprises.policy import SenderPolicy
from enterprises.services.contact import save_contact, withdraw_contact
from enterprises.services.renew_door import renew_door
from tests.checkins.doors import Browser
from tests.enterprises.owners import CLERK, POST_BOX, another, shown, with_contact
from tests.town import BEARINGS, GLASS, LONG_AGO, Town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon", "town")]
PIN = "407195"


@pytest.fixture(autouse=True)
def _post() -> Iterator[None]:
    POST_BOX.messages.clear()
    POST_BOX.broken = False
    with override_settings(OWNER_CODE_SENDER=SenderPolicy(name="tests.enterprises.owners.post_box")):
        yield


class Owner(Browser):
    """A browser at the door, and what is typed there."""

    def step(self, step: str, status: int = 303, **typed: str) -> str:
        """Send one of the forms; the page that follows, as a person reads it."""
        answer: Any = self.client.post(reverse("door-owner", args=[self.token]), {"step": step, **typed})
        assert answer.status_code == status, answer.content.decode()
        if status == 303:
            answer = self.client.get(answer["Location"])
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))

    def proved(self) -> bool:
        answer = self.client.get(reverse("door-history", args=[self.token]))
        return bool(answer.status_code == 200)


@pytest.fixture
def liu_yang() -> Owner:
    with_contact(Enterprise.objects.get(credit_code=BEARINGS))
    return Owner()


def test_liu_yang_proves_it_by_a_code_chooses_a_pin_leaves_and_comes_in_by_the_pin(liu_yang: Owner) -> None:
    assert not liu_yang.proved()
    page = liu_yang.said("door-owner")
    assert "138****1234" in page
    assert "13812341234" not in liu_yang.get("door-owner")
    assert "6 位验证码" not in page
    assert "验证码已发出" in liu_yang.step("send")
    assert "6 位验证码（5 分钟内有效）" in liu_yang.said("door-owner")
    assert "已证明您是本企业的人，14:00 前有效" in liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()
    assert "各单位一共检查" in liu_yang.said()
    assert "PIN 已设好" in liu_yang.step("choose", pin=PIN, again=PIN)
    assert "已退出" in liu_yang.step("leave")
    assert not liu_yang.proved()
    assert "已证明" in liu_yang.step("pin", pin=PIN)
    assert liu_yang.proved()
    kinds = Entry.objects.filter(subject=f"contact:{BEARINGS}").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["owner-code", "owner-proved", "owner-pin-chosen", "owner-proved"]


def test_the_proof_ends_after_two_hours(liu_yang: Owner, time_machine: TimeMachineFixture) -> None:
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    time_machine.shift(timedelta(hours=2) - timedelta(seconds=1))
    assert liu_yang.proved()
    time_machine.shift(timedelta(seconds=2))
    assert not liu_yang.proved()
    assert "短信验证码" in liu_yang.step("choose", 403, pin=PIN, again=PIN)
    assert not OwnerPin.objects.exists()


def test_a_renewed_poster_ends_the_proof(liu_yang: Owner) -> None:
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    enterprise = Enterprise.objects.get(credit_code=BEARINGS)
    renewed = renew_door(enterprise, reason="海报被翻拍", actor=CLERK, at=LONG_AGO, keys=settings.DOOR_KEYS)
    liu_yang.get("door-owner", 404)
    liu_yang.token = renewed.token
    assert not liu_yang.proved()
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()


def test_another_contact_ends_what_the_former_one_proved(liu_yang: Owner) -> None:
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()
    contact = Contact.objects.get()
    contact.name = "刘洋洋"
    save_contact(contact=contact, actor=CLERK, at=timezone.now())
    assert liu_yang.proved(), "a name written otherwise is no other contact"
    contact.phone = "13987654321"
    save_contact(contact=contact, actor=CLERK, at=timezone.now())
    assert not liu_yang.proved()
    assert "短信验证码" in liu_yang.step("choose", 403, pin=PIN, again=PIN)
    assert not OwnerPin.objects.exists()
    liu_yang.step("send")
    assert POST_BOX.messages[-1].phone == "13987654321"
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()
    withdraw_contact(contact=contact, reason="离职", actor=CLERK, at=timezone.now())
    assert not liu_yang.proved()


def test_a_new_pin_ends_the_proof_of_every_other_browser(liu_yang: Owner) -> None:
    daughter = Owner()
    for browser in (liu_yang, daughter):
        browser.step("send")
        browser.step("code", code=POST_BOX.code)
    liu_yang.step("choose", pin=PIN, again=PIN)
    assert (liu_yang.proved(), daughter.proved()) == (True, False)
    daughter.step("choose", 403, pin="771203", again="771203")
    assert "已证明您是本企业的人，14:00 前有效" in daughter.step("pin", pin=PIN)


def test_a_proof_and_a_code_are_of_one_door(liu_yang: Owner) -> None:
    glass = Owner(GLASS)
    glass.client = liu_yang.client
    liu_yang.step("send")
    assert "不对，或者已经失效" in glass.step("code", 422, code=POST_BOX.code)
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()
    assert not glass.proved()


def test_a_stranger_cannot_use_or_burn_the_code_that_she_asked_for(liu_yang: Owner) -> None:
    stranger = Owner()
    liu_yang.step("send")
    code = POST_BOX.code
    for _ in range(6):
        assert "不对，或者已经失效" in stranger.step("code", 422, code=code)
    stranger.step("send")
    for _ in range(6):
        stranger.step("code", 422, code=another(POST_BOX.code))
    assert not stranger.proved()
    liu_yang.step("code", code=code)
    assert liu_yang.proved()


def test_a_session_that_somebody_planted_before_is_left_at_the_proof(liu_yang: Owner) -> None:
    liu_yang.step("send")
    planted = liu_yang.client.cookies[settings.SESSION_COOKIE_NAME].value
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    thief = Owner()
    thief.client.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert not thief.proved()
    assert liu_yang.proved()


@pytest.mark.parametrize(
    ("step", "typed", "status", "sentence"),
    [
        ("code", {"code": "12345"}, 422, "验证码不对"),
        ("code", {}, 422, "验证码不对"),
        ("code", {"code": "\x00' OR 1=1"}, 422, "验证码不对"),
        ("pin", {"pin": "407195"}, 422, "PIN 不对"),
        ("pin", {"pin": "9" * 100_000}, 422, "PIN 不对"),
        ("choose", {"pin": PIN, "again": PIN}, 403, "请先用短信验证码或 PIN"),
        ("", {}, 422, "没有这个操作"),
        ("__class__", {}, 422, "没有这个操作"),
    ],
)
def test_what_is_wrong_is_said_on_the_page(
    liu_yang: Owner, step: str, typed: dict[str, str], status: int, sentence: str
) -> None:
    assert sentence in liu_yang.step(step, status, **typed)
    assert not liu_yang.proved()


@pytest.mark.parametrize(
    ("pin", "again", "sentence"),
    [("12345", "12345", "6 至 12 位"), ("123456", "123456", "太容易猜到"), (PIN, "407196", "两次输入的 PIN 不一样")],
)
def test_a_pin_that_is_none_is_refused_on_the_page(liu_yang: Owner, pin: str, again: str, sentence: str) -> None:
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    assert sentence in liu_yang.step("choose", 422, pin=pin, again=again)


def elsewhere(owner: Owner, address: str) -> Owner:
    """The same browser, from this address."""
    owner.client.defaults["REMOTE_ADDR"] = address
    return owner


def test_a_stranger_who_guesses_pins_closes_them_for_the_own_address_and_learns_not_whether_there_is_one(
    liu_yang: Owner,
) -> None:
    told = []
    for chosen in (False, True):
        stranger = elsewhere(Owner(), f"203.0.113.{chosen:d}")
        if chosen:
            liu_yang.step("send")
            liu_yang.step("code", code=POST_BOX.code)
            liu_yang.step("choose", pin=PIN, again=PIN)
            liu_yang.step("leave")
        address = reverse("door-owner", args=[stranger.token])
        answers = [stranger.client.post(address, {"step": "pin", "pin": "999998"}) for _ in range(6)]
        told.append([(one.status_code, one.headers.get("Retry-After"), shown(one)) for one in answers])
    assert told[0] == told[1]
    assert [status for status, _retry, _page in told[0]] == [422] * 5 + [429]
    assert "15 分钟后再试，或用短信验证码" in told[0][-1][2]
    liu_yang.step("pin", pin=PIN)
    assert liu_yang.proved()


def test_wrong_pins_from_everywhere_close_it_for_everybody_whether_there_is_one_or_not(liu_yang: Owner) -> None:
    with override_settings(OWNER_POLICY=replace(settings.OWNER_POLICY, pin_tries_together=3)):
        for number in range(3):
            stranger = elsewhere(Owner(), f"203.0.113.{number}")
            stranger.step("pin", 429 if number == 2 else 422, pin="999998")
        assert "15 分钟后再试" in liu_yang.step("pin", 429, pin=PIN)
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()


def test_a_stranger_uses_up_codes_of_the_own_address_only(liu_yang: Owner) -> None:
    stranger = elsewhere(Owner(), "203.0.113.1")
    for _ in range(5):
        stranger.step("send")
    answer = stranger.client.post(reverse("door-owner", args=[stranger.token]), {"step": "send"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "60 分钟后再试" in answer.content.decode()
    assert len(POST_BOX.messages) == 5
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()


def test_many_strangers_use_up_the_codes_of_strangers_and_not_the_owners(
    liu_yang: Owner, time_machine: TimeMachineFixture
) -> None:
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    time_machine.shift(timedelta(hours=3))
    assert not liu_yang.proved()
    with override_settings(OWNER_POLICY=replace(settings.OWNER_POLICY, codes_an_hour=2)):
        for number, status in enumerate((303, 303, 429)):
            elsewhere(Owner(), f"203.0.113.{number}").step("send", status)
        liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    assert liu_yang.proved()


def test_a_gateway_that_is_away_is_said_plainly_and_no_code_is_asked_for(liu_yang: Owner) -> None:
    POST_BOX.broken = True
    assert "短信暂时发不出去" in liu_yang.step("send", 503)
    assert "6 位验证码" not in liu_yang.said("door-owner")


def test_an_enterprise_without_a_contact_is_told_where_to_go() -> None:
    owner = Owner(GLASS)
    assert "还没有登记联系手机" in owner.said("door-owner")
    assert "无法发送验证码" in owner.step("send", 409)
    assert not OwnerCode.objects.exists()


def test_the_31st_look_in_a_minute_is_told_to_wait(liu_yang: Owner) -> None:
    for _ in range(30):
        liu_yang.get("door-owner")
    answer = liu_yang.client.get(reverse("door-owner", args=[liu_yang.token]))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 60


def test_nobody_elses_looks_shut_out_a_browser_that_has_proved_it(liu_yang: Owner) -> None:
    liu_yang.step("send")
    liu_yang.step("code", code=POST_BOX.code)
    neighbour = Owner()
    statuses = [neighbour.client.get(reverse("door-owner", args=[neighbour.token])).status_code for _ in range(31)]
    assert statuses[-1] == 429
    liu_yang.get("door-owner")


def test_an_unknown_address_answers_a_form_as_it_answers_everything() -> None:
    client = Client()
    answers = {
        (answer.status_code, tuple(sorted(answer.headers.items())), answer.content)
        for name in ("door-owner", "door-receipt")
        for address in [reverse(name, args=["A" * 22])]
        for answer in (client.get(address), client.post(address, {"step": "send", "number": "1"}))
    }
    assert [status for status, _headers, _body in answers] == [404]
    assert POST_BOX.messages == []


def test_a_form_without_its_token_is_refused_in_words(liu_yang: Owner) -> None:
    strict = Client(enforce_csrf_checks=True)
    address = reverse("door-owner", args=[liu_yang.token])
    refused = strict.post(address, {"step": "send"})
    assert refused.status_code == 403
    assert "没有提交成功" in refused.content.decode()
    page = strict.get(address).content.decode()
    [token] = (
        set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page))
        and re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[:1]
    )
    assert strict.post(address, {"step": "send", "csrfmiddlewaretoken": token}).status_code == 303
    assert len(POST_BOX.messages) == 1


def test_the_page_is_sealed_and_tells_its_address_to_nobody_else(liu_yang: Owner) -> None:
    address = reverse("door-owner", args=[liu_yang.token])
    for answer in (liu_yang.client.get(address), liu_yang.client.post(address, {"step": "code"})):
        policy = answer["Content-Security-Policy"]
        assert "form-action 'self'" in policy
        assert "script" not in policy
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cache-Control"] == "private, no-store"
    said = liu_yang.get("door-owner", said="<script>alert(1)</script>")
    assert "alert" not in said
    for method in ("put", "delete", "patch"):
        assert getattr(liu_yang.client, method)(address).status_code == 405


def test_an_english_browser_is_answered_in_english(liu_yang: Owner) -> None:
    page = liu_yang.client.get(
        reverse("door-owner", args=[liu_yang.token]), headers={"accept-language": "en"}
    ).content.decode()
    assert "Code by text message" in page
    shown = re.sub(r"<[^>]*>", "", page).replace("邢台轴承有限公司", "")
    assert not re.findall(r"[\u4e00-\u9fff]+", shown)


def _statements(owner: Owner, **typed: str) -> int:
    address = reverse("door-owner", args=[owner.token])
    with CaptureQueriesContext(connection) as found:
        owner.client.post(address, typed) if typed else owner.client.get(address)
    return len([one for one in found if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])


def test_the_cost(liu_yang: Owner) -> None:
    # the door, the looks counted, the contact; then with a session that too
    assert _statements(liu_yang) == 3
    # door, looks, the address's codes, contact (locked), recent codes, code, entry; a session: old ones go, is its
    # key free, its row
    assert _statements(liu_yang, step="send") == 10
    assert _statements(liu_yang) == 4
    # door, looks, session; code (locked), its try, entry; the session's new key: is it free, its row, the old row read
    # and gone, what it holds now
    assert _statements(liu_yang, step="code", code=POST_BOX.code) == 12


def test_no_sender_no_code(liu_yang: Owner, town: Town) -> None:
    with override_settings(OWNER_CODE_SENDER=replace(settings.OWNER_CODE_SENDER, name="")):
        assert "本平台未开通短信" in liu_yang.step("send", 409)
    assert town.zhang_wei
