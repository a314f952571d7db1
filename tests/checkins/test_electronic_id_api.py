"""`GET /electronic-id`: what the officer's phone gets to show, on the network and off it."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from officers import credential, presentation
from officers.confirmation import confirmation
from officers.es256 import Es256Signer
from officers.models import Credential, Officer
from officers.presentation import STEP
from tests.officers.issuing import issuer_key, new_phone, phone_of
from tests.town import BEARINGS, Phone, Town, scan_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuing_town(town: Town) -> Town:
    issuer_key(datetime.now(UTC))
    return town


def ask(phone: Phone, **query: str) -> Any:
    return phone.client.get("/api/v1/electronic-id", query, headers={"authorization": f"Bearer {phone.token}"})


def keyed(phone: Phone) -> tuple[Phone, Es256Signer]:
    """The officer's second phone, which has a key."""
    key = new_phone()
    _device, token = phone_of(phone.officer, at=datetime.now(UTC), key=key)
    return Phone(token, phone.officer), key


def scanned(phone: Phone, **words: Any) -> tuple[str, dict[str, Any]]:
    body = scan_body(**words)
    return body["scan_id"], phone.post("/scans", body).json()


def test_a_phone_with_a_key_gets_a_credential_and_signs_what_it_shows(issuing_town: Town) -> None:
    phone, key = keyed(issuing_town.zhang_wei)
    scan_id, answer = scanned(phone)
    told = ask(phone, scan_id=scan_id)
    assert (told.status_code, told["Cache-Control"]) == (200, "no-store")
    offline = told.json()["offline"]
    assert (offline["presentation"], offline["reason"]) == (None, None)
    body = base64.urlsafe_b64decode(offline["credential"] + "==")
    assert datetime.fromisoformat(offline["credential_expires_at"]).timestamp() == credential.read(body).expires_at
    now = datetime.now(UTC)
    text = presentation.by_phone(
        credential=body,
        scan_id=UUID(scan_id),
        credit_code=BEARINGS,
        step=int(now.timestamp()) // STEP,
        key=key,
    )
    assert confirmation(text, credit_code=BEARINGS, at=now).against is None
    fresh = told.json()["electronic_id"]
    assert (fresh["name"], fresh["match_code"]) == ("张伟", answer["electronic_id"]["match_code"])
    assert ask(phone).json()["offline"]["credential"] == offline["credential"]


def test_a_phone_without_a_key_gets_a_presentation_for_a_minute(issuing_town: Town) -> None:
    scan_id, _ = scanned(issuing_town.zhang_wei)
    offline = ask(issuing_town.zhang_wei, scan_id=scan_id).json()["offline"]
    assert (offline["credential"], offline["credential_expires_at"], offline["reason"]) == (None, None, "no_device_key")
    read = presentation.read(offline["presentation"])
    assert (str(read.scan_id), read.credit_code, read.holder.name) == (scan_id, BEARINGS, "张伟")
    assert confirmation(offline["presentation"], credit_code=BEARINGS, at=datetime.now(UTC)).against is None


@pytest.mark.parametrize("made_by_wang_qiang", [False, True], ids=["nobodys", "another officers"])
def test_a_scan_that_is_not_the_officers_own_is_not_there(issuing_town: Town, made_by_wang_qiang: bool) -> None:
    scan_id = scanned(issuing_town.wang_qiang)[0] if made_by_wang_qiang else str(uuid4())
    refused = ask(issuing_town.zhang_wei, scan_id=scan_id)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/scan-not-found")


@pytest.mark.parametrize("scan_id", ["", "x", "0" * 31, "019b76da-a800-7000-8000-0123456789ag", "\x00", "长" * 4000])
def test_what_is_no_id_is_not_there_either(issuing_town: Town, scan_id: str) -> None:
    refused = ask(issuing_town.zhang_wei, scan_id=scan_id)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/scan-not-found")


@pytest.mark.parametrize("what", ["no scan", "unresolved", "withdrawn"])
def test_outside_a_visit_a_phone_without_a_key_has_nothing_to_show_off_the_network(
    issuing_town: Town, what: str
) -> None:
    zhang_wei = issuing_town.zhang_wei
    words = {"code": "https://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=20140"}
    scan_id, _ = scanned(zhang_wei, **(words if what == "unresolved" else {}))
    if what == "withdrawn":
        zhang_wei.post(f"/scans/{scan_id}/withdrawal", {"reason": "扫错了门"})
    told = ask(zhang_wei, **({} if what == "no scan" else {"scan_id": scan_id})).json()
    assert told["offline"] == {
        "credential": None,
        "credential_expires_at": None,
        "presentation": None,
        "reason": "no_visit",
    }
    assert told["electronic_id"]["name"] == "张伟"


def test_sun_lei_whose_certificate_ran_out_is_told_so_and_still_has_a_screen(issuing_town: Town) -> None:
    told = ask(keyed(issuing_town.sun_lei)[0]).json()
    assert (told["offline"]["credential"], told["offline"]["reason"]) == (None, "certificate_not_valid")
    assert told["electronic_id"]["state"] == "expired"


def test_a_safety_clerk_without_a_certificate_gets_nothing_that_looks_like_one(issuing_town: Town) -> None:
    phone, _ = keyed(issuing_town.zhang_wei)
    Officer.objects.filter(pk=phone.officer.pk).update(certified=False)
    told = ask(phone, scan_id=scanned(phone)[0]).json()["offline"]
    assert (told["credential"], told["presentation"], told["reason"]) == (None, None, "not_certified")


def test_a_house_without_a_key_says_so_and_scans_all_the_same(town: Town) -> None:
    phone, _ = keyed(town.zhang_wei)
    scan_id, _ = scanned(phone)
    assert ask(phone, scan_id=scan_id).json()["offline"]["reason"] == "no_signing_key"


def test_nobody_is_refused(issuing_town: Town) -> None:
    assert ask(Phone("ruqi_nobody", issuing_town.zhang_wei.officer)).status_code == 401


def test_costs_four_statements_where_nothing_is_issued(
    issuing_town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Who asks, where the scan stands, the key that signs, what the phone has."""
    phone, _ = keyed(issuing_town.zhang_wei)
    scan_id, _ = scanned(phone)
    ask(phone, scan_id=scan_id)
    with django_assert_num_queries(4):
        ask(phone, scan_id=scan_id)
    with django_assert_num_queries(3):
        ask(phone)
    assert Credential.objects.count() == 1
