"""The officer's screen, and what the enterprise reads when it scans it."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import segno
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from officers import queries
from officers.electronic_id import ElectronicId, Shown, issue, match_code, photo_sha256, read, read_living
from officers.rules import Caller
from officers.services.device import add_device
from officers.signing import Forged, HmacSigner
from tests.officers.people import ADMIN, POLICY, officer, picture

NOW = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
SIGNER = HmacSigner.from_secrets("a secret of the test")
VISIT = "RQ20261122-0K3M5P7R9T"


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


@pytest.mark.django_db
def test_the_block_holds_what_the_contract_names_and_costs_no_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    caller = caller_of(officer(photo_sha256=picture().sha256))
    with django_assert_num_queries(0):
        block = issue(caller=caller, visit=VISIT, at=NOW, policy=POLICY, signer=SIGNER, base_url="https://rq.example/")
    assert (block["name"], block["agency"], block["certificate_no"]) == ("张伟", "信都区消防救援大队", "13050300017")
    assert (block["valid_until"], block["state"]) == ("2098-12-31", "valid")
    assert block["expires_at"] == "2026-11-22T04:10:00Z"
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
    assert code != shown_by(wei, visit="RQ20261122-0K3M5P7R9V")["match_code"]


@pytest.mark.django_db
def test_outside_a_visit_each_screen_has_a_code_of_its_own() -> None:
    wei = officer()
    assert (
        shown_by(wei, visit=None)["match_code"] != shown_by(wei, visit=None, at=NOW + timedelta(hours=1))["match_code"]
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "version"),
    [("rq.xingtai.gov.cn", 6), ("a-host-name-of-39-letter.xingtai.org.cn", 7)],
)
def test_the_qr_code_of_the_address_is_small_enough_for_a_screen(host: str, version: int) -> None:
    """Version 7 has 45 modules a side: on a phone's screen, drawn 5 cm wide, each is more than a millimetre wide. Level
    M repairs 15 % of it, the glare of a lamp."""
    block = issue(
        caller=caller_of(officer()), visit=VISIT, at=NOW, policy=POLICY, signer=SIGNER, base_url=f"https://{host}"
    )
    drawn = segno.make(block["url"], error="m", boost_error=False, micro=False)
    assert (drawn.version, drawn.error) == (version, "M")


def test_an_address_whose_minutes_are_over_says_nothing() -> None:
    block = issue(caller=_somebody(7), visit=None, at=NOW, policy=POLICY, signer=SIGNER, base_url="")
    last = NOW + POLICY.electronic_id_lifetime - timedelta(seconds=1)
    assert read_living(block["token"], at=last, signer=SIGNER).officer_id == 7
    with pytest.raises(Forged):
        read_living(block["token"], at=last + timedelta(seconds=1), signer=SIGNER)


@pytest.mark.django_db
def test_the_picture_opens_for_five_minutes(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    photo = picture()
    address = shown_by(officer(photo_sha256=photo.sha256))["photo"]
    assert address is not None
    path = address.removeprefix("https://rq.example")
    with time_machine.travel(NOW + timedelta(minutes=4, seconds=59), tick=False), django_assert_num_queries(2):
        answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer.content == bytes(photo.image)
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert client.get(path).status_code == 404
    assert client.get(path[:-1]).status_code == 404


@pytest.mark.django_db
def test_an_electronic_ids_token_opens_no_picture_and_the_other_way_round(client: Client) -> None:
    block = shown_by(officer(photo_sha256=picture().sha256))
    assert block["photo"] is not None
    with time_machine.travel(NOW, tick=False):
        assert client.get(f"/v/photo/{block['token']}").status_code == 404
    with pytest.raises(Forged):
        read(block["photo"].rsplit("/", 1)[1], signer=settings.OFFICER_SIGNER)


@pytest.mark.django_db
def test_where_an_activation_qr_code_leads_says_which_app_to_use(client: Client) -> None:
    answer = client.get("/enrol")
    assert answer.status_code == 200
    assert "启用执法设备" in answer.content.decode()


@given(st.integers(0, 2**32 - 1), st.text(max_size=40).filter(lambda text: "\x00" not in text))
def test_what_was_signed_is_what_is_read(number: int, visit: str) -> None:
    caller = _somebody(number)
    block = issue(caller=caller, visit=visit, at=NOW, policy=POLICY, signer=SIGNER, base_url="")
    shown = read(block["token"], signer=SIGNER)
    assert shown == Shown(
        officer_id=number,
        device_id=caller.device_id,
        visit=visit or None,
        issued_at=NOW,
        expires_at=NOW + POLICY.electronic_id_lifetime,
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
