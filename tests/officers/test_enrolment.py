"""A phone gets its token for a one-time code, once."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from officers.activation_code import ALPHABET, code_hash, new_code
from officers.activation_qr import activation_link, activation_qr
from officers.models import Activation, Device
from officers.services.enrolment import CodeExpired, CodeInvalid, OfficerRevoked, enrol_by_code, make_activation
from tests.officers.people import ADMIN, POLICY, change, officer, phone_key

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
PHONE: dict[str, Any] = {"device_name": "华为 Mate 60", "public_key": None}


def enrol(client: Client, body: object, **extra: Any) -> Any:
    return client.post("/api/v1/enrolments", json.dumps(body), content_type="application/json", **extra)


def test_zhang_wei_types_his_code_and_gets_a_token_that_opens_me(client: Client) -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=timezone.now(), policy=POLICY)
    answer = enrol(client, {"code": code, "device_name": "华为 Mate 60", "public_key": phone_key()})
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["officer"] == {"certificate_no": "13050300017", "name": "张伟"}
    assert body["agency"]["name"] == "信都区消防救援大队"
    assert re.fullmatch(r"ruqi_[A-Za-z0-9_-]{43}", body["token"])
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert me.json()["device"] == {"id": body["device"]["id"], "name": "华为 Mate 60"}


def test_neither_code_nor_token_can_be_read_from_the_database() -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=NOON, policy=POLICY)
    device, token = enrol_by_code(code=code, at=NOON, **PHONE)
    device.refresh_from_db()
    assert bytes(device.token_hash) == hashlib.sha256(token.encode()).digest()
    assert bytes(Activation.objects.get().code_hash) == code_hash(code)
    everything = str(list(Activation.objects.values())) + str(list(Device.history.values()))
    everything += "".join(bytes(entry.body or b"").decode() for entry in Entry.objects.all())
    assert token not in everything
    assert code not in everything


def test_the_deed_names_its_actor_in_history_and_record() -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=NOON, policy=POLICY)
    device, _token = enrol_by_code(code=code, at=NOON, **PHONE)
    (row,) = device.history.all()
    assert (row.history_user_id, row.history_date) == ("officer:13050300017", NOON)
    made, enrolled = Entry.objects.order_by("pk")
    assert (made.kind, made.subject) == ("activation", "officer:13050300017")
    assert json.loads(bytes(made.body or b""))["actor"] == "account:李主任"
    assert (enrolled.kind, enrolled.subject) == ("enrolment", f"device:{device.pk}")


def test_a_code_works_once_and_the_second_phone_hears_what_a_wrong_code_hears(client: Client) -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=timezone.now(), policy=POLICY)
    assert enrol(client, {"code": code, "device_name": "甲"}).status_code == 201
    again = enrol(client, {"code": code, "device_name": "乙"})
    wrong = enrol(client, {"code": "0000-0000-0000", "device_name": "乙"})
    assert again.status_code == wrong.status_code == 422
    assert again.json() == wrong.json()
    assert again.json()["type"] == "/problems/activation-code-invalid"
    assert Device.objects.count() == 1


def test_a_code_a_day_old_has_expired_and_its_last_second_still_works() -> None:
    wei = officer()
    code = make_activation(officer=wei, actor=ADMIN, at=NOON, policy=POLICY)
    with pytest.raises(CodeExpired):
        enrol_by_code(code=code, at=NOON + POLICY.activation_lifetime, **PHONE)
    enrol_by_code(code=code, at=NOON + POLICY.activation_lifetime - timedelta(seconds=1), **PHONE)
    with pytest.raises(CodeInvalid):
        enrol_by_code(code=code, at=NOON + POLICY.activation_lifetime, **PHONE)


def test_a_new_code_makes_the_older_one_void_but_not_a_colleagues() -> None:
    wei, fang = officer(), officer("13050300018", "王芳")
    old = make_activation(officer=wei, actor=ADMIN, at=NOON, policy=POLICY)
    hers = make_activation(officer=fang, actor=ADMIN, at=NOON, policy=POLICY)
    new = make_activation(officer=wei, actor=ADMIN, at=NOON, policy=POLICY)
    with pytest.raises(CodeExpired):
        enrol_by_code(code=old, at=NOON, **PHONE)
    assert enrol_by_code(code=new, at=NOON, **PHONE)[0].officer == wei
    assert enrol_by_code(code=hers, at=NOON, **PHONE)[0].officer == fang


def test_a_revoked_officer_gets_no_code_and_no_phone_for_an_earlier_one() -> None:
    wei = officer()
    code = make_activation(officer=wei, actor=ADMIN, at=NOON, policy=POLICY)
    change(wei, status="revoked", status_since=NOON)
    with pytest.raises(OfficerRevoked):
        make_activation(officer=wei, actor=ADMIN, at=NOON, policy=POLICY)
    with pytest.raises(OfficerRevoked):
        enrol_by_code(code=code, at=NOON, **PHONE)
    assert Activation.objects.get().used_at is None
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        {"d": "AAAA"},
        {"x": "A" * 43},
        {"x": "!" * 43},
        {"x": "A" * 42 + "é"},
        {"x": "A" * 42},
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"y": None},
    ],
)
def test_a_key_that_is_no_public_p256_point_is_refused_and_the_code_stays_good(
    client: Client, spoil: dict[str, Any]
) -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=timezone.now(), policy=POLICY)
    answer = enrol(client, {"code": code, "device_name": "甲", "public_key": {**phone_key(), **spoil}})
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Device.objects.exists()
    assert enrol(client, {"code": code, "device_name": "甲"}).status_code == 201


def test_only_the_four_public_members_of_a_key_are_kept(client: Client) -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=timezone.now(), policy=POLICY)
    key = phone_key()
    answer = enrol(client, {"code": code, "device_name": "甲", "public_key": {**key, "ext": True, "kid": "我"}})
    assert answer.status_code == 201
    assert Device.objects.get().public_key == key


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x"},
        {"code": 7, "device_name": "甲"},
        {"code": "x" * 65, "device_name": "甲"},
        {"code": "x", "device_name": ""},
        {"code": "x", "device_name": "甲" * 81},
        {"code": "x", "device_name": "甲\x00"},
        {"code": "x", "device_name": "甲\n"},
        {"code": "\ud800", "device_name": "甲"},
        {"code": "x", "device_name": "甲", "public_key": []},
        [],
    ],
)
def test_a_bad_body_is_a_problem_in_chinese(client: Client, body: object) -> None:
    answer = enrol(client, body)
    assert answer.status_code in {400, 422}, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert re.search(r"[\u4e00-\u9fff]", answer.json()["detail"])


def test_the_twenty_first_wrong_code_of_an_address_must_wait_and_other_addresses_need_not(client: Client) -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=timezone.now(), policy=POLICY)
    for _ in range(20):
        assert enrol(client, {"code": "wrong", "device_name": "甲"}).status_code == 422
    refused = enrol(client, {"code": code, "device_name": "甲"})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 600
    assert refused.json()["type"] == "/problems/too-many-wrong-codes"
    assert enrol(client, {"code": code, "device_name": "甲"}, REMOTE_ADDR="10.1.2.3").status_code == 201


def test_a_stranger_cannot_choose_his_address_with_a_header(client: Client) -> None:
    for number in range(20):
        enrol(client, {"code": "wrong", "device_name": "甲"}, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert enrol(client, {"code": "wrong", "device_name": "甲"}, HTTP_X_FORWARDED_FOR="10.9.9.9").status_code == 429


def test_the_command_prints_a_code_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    officer()
    call_command("activation_code", "13050300017")
    printed = capsys.readouterr().out
    found = re.search(r"激活码 ([0-9A-Z-]{14})", printed)
    assert found
    assert "█" in printed
    assert enrol_by_code(code=found[1], at=timezone.now(), **PHONE)[0].enrolled_by == "officer:13050300017"
    with pytest.raises(CommandError, match="没有执法证号为 999"):
        call_command("activation_code", "999")


def test_the_qr_code_says_the_link_with_the_code_behind_the_hash() -> None:
    assert activation_link("7K3M-Q9TB-2XWE", "https://rq.example/") == "https://rq.example/enrol#7K3M-Q9TB-2XWE"
    assert activation_qr("7K3M-Q9TB-2XWE", "https://rq.example").startswith("<svg")


@given(st.integers(0, 11), st.sampled_from("O0I1L"), st.data())
def test_a_code_is_recognised_however_it_is_typed(place: int, symbol: str, data: st.DataObject) -> None:
    code = new_code().replace("-", "")
    meant = {"O": "0", "I": "1", "L": "1"}.get(symbol, symbol)
    right = code[:place] + meant + code[place + 1 :]
    typed = code[:place] + symbol + code[place + 1 :]
    typed = data.draw(st.sampled_from([typed, typed.lower(), " ".join(typed), typed[:4] + "—" + typed[4:]]))
    full_width = typed.translate({number: number + 0xFEE0 for number in range(0x21, 0x7F)})
    assert code_hash(right) == code_hash(typed) == code_hash(full_width)


def test_codes_have_sixty_bits_and_no_look_alikes() -> None:
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert {len(code) for code in codes} == {14}
    assert len(ALPHABET) ** 12 == 2**60
    assert not set("ILOU") & set(ALPHABET)
    assert set("".join(codes)) == set(ALPHABET) | {"-"}
