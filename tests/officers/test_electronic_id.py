"""The officer's screen, and what the enterprise reads when it scans it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from officers import queries
from officers.electronic_id import ElectronicId, Shown, Verdict, issue, match_code, photo_sha256, read, verdict
from officers.rules import Caller, CertificateState
from officers.services.device import add_device
from officers.signing import Forged, HmacSigner
from tests.officers.people import ADMIN, POLICY, change, officer, picture

NOW = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
SIGNER = HmacSigner.from_secrets("a secret of the test")
VISIT = "RQ-20261122-000123"


def caller_of(row: Any) -> Caller:
    with transaction.atomic():
        _device, token = add_device(
            officer=row, name="甲", public_key=None, method="activation", evidence="1", actor=ADMIN, at=NOW
        )
    found = queries.caller(token)
    assert found is not None
    return found


def shown_by(row: Any, *, at: datetime = NOW, visit: str | None = VISIT) -> ElectronicId:
    return issue(
        caller=caller_of(row),
        visit=visit,
        at=at,
        policy=POLICY,
        signer=settings.OFFICER_SIGNER,
        base_url="https://rq.example/",
    )


def look(client: Client, token: str, *, at: datetime = NOW, **headers: str) -> tuple[int, str, Any]:
    """Status, the word in large type, the answer."""
    with time_machine.travel(at, tick=False):
        answer = client.get(f"/v/{token}", headers=headers)
    word = re.search(r"<h1>(.*?)</h1>", answer.content.decode())
    return answer.status_code, word[1] if word else "", answer


@pytest.mark.django_db
def test_the_block_holds_what_the_contract_names_and_costs_no_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    caller = caller_of(officer(photo_sha256=picture().sha256))
    with django_assert_num_queries(0):
        block = issue(caller=caller, visit=VISIT, at=NOW, policy=POLICY, signer=SIGNER, base_url="https://rq.example/")
    assert (block["name"], block["agency"], block["certificate_no"]) == ("张伟", "信都区消防救援大队", "13050300017")
    assert (block["valid_until"], block["state"]) == ("2098-12-31", "valid")
    assert block["expires_at"] == "2026-11-22T16:00:00Z"
    assert block["url"] == f"https://rq.example/v/{block['token']}"
    assert block["photo"] is not None
    assert block["photo"].startswith("https://rq.example/v/photo/")
    assert re.fullmatch(r"[0-9]{6}", block["match_code"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,90}", block["token"])


@pytest.mark.django_db
def test_in_a_visit_all_of_an_officers_screens_show_one_code_and_nobody_elses() -> None:
    wei, fang = officer(), officer("13050300018", "王芳")
    code = shown_by(wei)["match_code"]
    again = shown_by(wei, at=NOW + timedelta(hours=1))
    assert again["match_code"] == code
    assert code == match_code(visit=VISIT, certificate_no="13050300017", signer=settings.OFFICER_SIGNER)
    assert code != shown_by(fang)["match_code"]
    assert code != shown_by(wei, visit="RQ-20261122-000124")["match_code"]


@pytest.mark.django_db
def test_outside_a_visit_each_screen_has_a_code_of_its_own() -> None:
    wei = officer()
    assert (
        shown_by(wei, visit=None)["match_code"] != shown_by(wei, visit=None, at=NOW + timedelta(hours=1))["match_code"]
    )


@pytest.mark.django_db
def test_an_enterprise_scans_zhang_weis_screen_and_reads_that_he_is_genuine(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    block = shown_by(officer(photo_sha256=picture().sha256))
    with django_assert_num_queries(1):
        status, word, answer = look(client, block["token"], at=NOW + timedelta(hours=11))
    page = answer.content.decode()
    assert (status, word) == (200, "真实有效")
    code = f"{block['match_code'][:3]} {block['match_code'][3:]}"
    for said in ("张伟", "信都区消防救援大队", "13050300017", VISIT, "2026-11-22 12:00:00", code):
        assert said in page
    assert 'lang="zh-hans"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"status": "revoked", "status_since": NOW}, "已吊销"),
        ({"status": "revoked", "status_since": None}, "已吊销"),
        ({"status": "suspended", "status_since": NOW}, "已暂停"),
        ({"valid_until": date(2026, 11, 21)}, "已过期"),
        ({"valid_until": date(2026, 11, 22)}, "真实有效"),
        ({"valid_from": date(2026, 11, 23)}, "尚未生效"),
    ],
)
def test_the_page_knows_what_became_of_the_certificate_after_the_scan(
    client: Client, columns: dict[str, Any], word: str
) -> None:
    wei = officer()
    block = shown_by(wei)
    change(wei, **columns)
    assert look(client, block["token"])[:2] == (200, word)


@pytest.mark.django_db
def test_after_its_time_a_screen_has_expired_and_its_address_names_nobody(client: Client) -> None:
    wei = officer(photo_sha256=picture().sha256)
    block = shown_by(wei)
    late = NOW + POLICY.electronic_id_lifetime
    status, word, answer = look(client, block["token"], at=late)
    assert (status, word) == (200, "已过期")
    for secret in ("张伟", "消防", "13050300017", "/v/photo/", block["match_code"][:3] + " "):
        assert secret not in answer.content.decode()
    assert VISIT in answer.content.decode()
    change(wei, status="revoked", status_since=late)
    _status, word, answer = look(client, block["token"], at=late)
    assert word == "已吊销"
    assert "张伟" not in answer.content.decode()


@pytest.mark.django_db
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
def test_an_altered_or_garbled_token_is_not_recognised_and_reveals_nothing(
    client: Client, spoil: Callable[[str], str]
) -> None:
    status, word, answer = look(client, spoil(shown_by(officer())["token"]))
    assert (status, word) == (404, "无法识别")
    assert "张伟" not in answer.content.decode()


@pytest.mark.django_db
def test_a_genuine_token_of_an_officer_who_does_not_exist_is_not_recognised(client: Client) -> None:
    stranger = replace(caller_of(officer()), officer_id=999_999)
    block = issue(
        caller=stranger, visit=None, at=NOW, policy=POLICY, signer=settings.OFFICER_SIGNER, base_url="https://x"
    )
    assert look(client, block["token"])[:2] == (404, "无法识别")


@pytest.mark.django_db
def test_the_page_is_sealed(client: Client) -> None:
    _status, _word, answer = look(client, shown_by(officer(photo_sha256=picture().sha256))["token"])
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Frame-Options"] == "DENY"
    page = answer.content.decode()
    assert "<script" not in page
    assert "style=" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert client.post(f"/v/{shown_by(officer('2', '王芳'))['token']}").status_code == 405


@pytest.mark.django_db
def test_a_name_with_markup_is_shown_as_text(client: Client) -> None:
    page = look(client, shown_by(officer(name="<b>张"), visit="<i>1")["token"])[2].content.decode()
    assert "&lt;b&gt;张" in page
    assert "&lt;i&gt;1" in page


@pytest.mark.django_db
def test_the_picture_opens_for_five_minutes(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    photo = picture()
    address = shown_by(officer(photo_sha256=photo.sha256))["photo"]
    assert address is not None
    path = address.removeprefix("https://rq.example")
    with time_machine.travel(NOW + timedelta(minutes=4, seconds=59), tick=False), django_assert_num_queries(1):
        answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer.content == bytes(photo.image)
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert client.get(path).status_code == 404
    assert client.get(path[:-1]).status_code == 404


@pytest.mark.django_db
def test_the_picture_on_the_page_is_one_that_opens(client: Client) -> None:
    block = shown_by(officer(photo_sha256=picture().sha256))
    page = look(client, block["token"])[2].content.decode()
    source = re.search(r'src="(/v/photo/[^"]+)"', page)
    assert source
    with time_machine.travel(NOW, tick=False):
        assert client.get(source[1]).status_code == 200


@pytest.mark.django_db
def test_an_electronic_ids_token_opens_no_picture_and_the_other_way_round(client: Client) -> None:
    block = shown_by(officer(photo_sha256=picture().sha256))
    assert block["photo"] is not None
    with time_machine.travel(NOW, tick=False):
        assert client.get(f"/v/photo/{block['token']}").status_code == 404
    assert look(client, block["photo"].rsplit("/", 1)[1])[:2] == (404, "无法识别")


@pytest.mark.django_db
def test_where_an_activation_qr_code_leads_says_which_app_to_use(client: Client) -> None:
    answer = client.get("/enrol")
    assert answer.status_code == 200
    assert "启用执法设备" in answer.content.decode()


@given(st.integers(0, 2**63 - 1), st.text(max_size=40).filter(lambda text: "\x00" not in text))
def test_what_was_signed_is_what_is_read(number: int, visit: str) -> None:
    caller = _somebody(number)
    block = issue(caller=caller, visit=visit, at=NOW, policy=POLICY, signer=SIGNER, base_url="")
    shown = read(block["token"], signer=SIGNER)
    assert shown == Shown(
        officer_id=number, visit=visit or None, issued_at=NOW, expires_at=NOW + POLICY.electronic_id_lifetime
    )


@given(st.text(max_size=200))
def test_no_text_that_was_not_signed_is_read(text: str) -> None:
    with pytest.raises(Forged):
        read(text, signer=SIGNER)
    with pytest.raises(Forged):
        photo_sha256(text, at=NOW, signer=SIGNER)


def test_after_a_change_of_keys_old_screens_are_read_and_new_ones_are_not_signed_by_the_old_key() -> None:
    old, new = HmacSigner.from_secrets("old"), HmacSigner.from_secrets("new", "old")
    before = old.sign(b"x", purpose="p")
    assert new.read(before, purpose="p") == b"x"
    with pytest.raises(Forged):
        old.read(new.sign(b"x", purpose="p"), purpose="p")


def test_the_key_is_in_no_printout() -> None:
    assert "key" not in repr(SIGNER)
    assert str(SIGNER.keys[0]) not in repr(SIGNER)


@given(st.sampled_from(CertificateState), st.timedeltas(-timedelta(days=2), timedelta(days=2)))
def test_only_a_valid_certificate_on_a_living_screen_is_genuine(state: CertificateState, age: timedelta) -> None:
    shown = Shown(officer_id=1, visit=None, issued_at=NOW, expires_at=NOW + timedelta(hours=12))
    found = verdict(shown=shown, state=state, at=NOW + age)
    assert (found is Verdict.GENUINE) == (state is CertificateState.VALID and age < timedelta(hours=12))


def _somebody(officer_id: int) -> Caller:
    return Caller(
        officer_id=officer_id,
        certificate_no="1",
        name="张伟",
        status="active",
        status_since=None,
        valid_from=date(2024, 1, 1),
        valid_until=date(2098, 1, 1),
        categories=(),
        photo_sha256="",
        agency_id=1,
        agency_code="",
        agency_path="",
        agency_name="",
        agency_level="",
        agency_region="",
        supervised_by="",
        device_id=1,
        device_name="",
        revoked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
