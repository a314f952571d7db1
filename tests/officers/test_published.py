"""What anybody may fetch: the issuer's keys, and the list of what was taken back."""

import base64
import zlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from officers import published
from officers.models import Device, Officer, StatusPlace
from officers.services.device import revoke_device
from officers.services.offline_id import offline_id
from officers.services.rotate_keys import rotate_keys
from officers.status_list import ROOM
from officers.taken_back import taken_back
from tests.officers.issuing import OPERATOR, caller_of, issuer_key, new_phone, phone_of, policy
from tests.officers.people import ADMIN, change, officer

NOW = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def keys(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/.well-known/jwks.json").json()["keys"]
    return found


def said(client: Client) -> dict[str, Any]:
    """The claims, the signature checked by joserfc with the published keys."""
    text = client.get("/status-lists/1").content.decode()
    trusted = KeySet(
        [ECKey.import_key({name: key[name] for name in ("kty", "crv", "x", "y", "kid")}) for key in keys(client)]
    )
    read = jwt.decode(text, trusted, algorithms=["ES256"])
    assert read.header["typ"] == "statuslist+jwt"
    return read.claims


def listed(client: Client) -> bytes:
    text = said(client)["status_list"]["lst"]
    return zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def taken(client: Client, place: int) -> bool:
    return bool(listed(client)[place >> 3] >> (place & 7) & 1)


def place_of(wei: Officer, **phone: Any) -> tuple[int, Device]:
    device, _ = phone_of(wei, at=NOW, key=new_phone(), **phone)
    assert offline_id(caller=caller_of(device), door=None, at=NOW, policy=policy()).credential
    return StatusPlace.objects.filter(officer=wei).latest("pk").pk, device


class TestKeys:
    def test_every_key_is_there_with_its_time_and_none_with_its_private_half(self, client: Client) -> None:
        first = issuer_key(NOW)
        second = rotate_keys(policy=policy(), actor=OPERATOR, at=NOW)
        found = keys(client)
        assert [key["kid"] for key in found] == [second.kid, first.kid]
        assert [key["nbf"] - int(NOW.timestamp()) for key in found] == [48 * 3600, -24 * 3600]
        assert {frozenset(key) for key in found} == {frozenset({"kty", "crv", "x", "y", "kid", "alg", "use", "nbf"})}

    def test_may_be_kept_for_an_hour_and_asked_for_again_by_its_tag(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        issuer_key(NOW)
        with django_assert_num_queries(1):
            answer = client.get("/.well-known/jwks.json")
        assert answer["Cache-Control"] == "public, max-age=3600"
        assert answer["Content-Type"] == "application/jwk-set+json"
        assert answer["Access-Control-Allow-Origin"] == "*"
        again = client.get("/.well-known/jwks.json", headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        rotate_keys(policy=policy(), actor=OPERATOR, at=NOW)
        assert client.get("/.well-known/jwks.json", headers={"If-None-Match": answer["ETag"]}).status_code == 200

    def test_there_are_none_before_the_first(self, client: Client) -> None:
        assert keys(client) == []

    @pytest.mark.parametrize("address", ["/.well-known/jwks.json", "/status-lists/1"])
    def test_nothing_is_taken_in(self, client: Client, address: str) -> None:
        assert client.post(address).status_code == 405


class TestStatusList:
    def test_is_signed_says_where_it_lives_and_for_how_long_it_holds(self, client: Client) -> None:
        issuer_key(NOW)
        place, _ = place_of(officer())
        claims, at = said(client), int(NOW.timestamp())
        assert {name: claims[name] for name in claims if name != "status_list"} == {
            "sub": "http://127.0.0.1:8000/status-lists/1",
            "iat": at,
            "exp": at + 3600,
            "ttl": 3600,
        }
        assert claims["status_list"]["bits"] == 1
        answer = client.get("/status-lists/1")
        assert answer["Content-Type"] == "application/statuslist+jwt"
        assert answer["Cache-Control"] == "public, max-age=3600"
        assert 8 * len(listed(client)) > place + ROOM

    @pytest.mark.parametrize(
        "columns",
        [
            {"status": "revoked", "status_since": NOW},
            {"status": "revoked", "status_since": None},
            {"status": "suspended", "status_since": NOW},
            {"valid_until": date(2026, 11, 21)},
            {"valid_from": date(2026, 11, 23)},
        ],
    )
    def test_an_officer_out_of_office_is_taken_back_and_nobody_else(
        self, client: Client, columns: dict[str, Any]
    ) -> None:
        issuer_key(NOW)
        wei, na = officer(), officer("13050300018", "李娜")
        (of_wei, _), (of_na, _) = place_of(wei), place_of(na)
        assert [taken(client, of_wei), taken(client, of_na)] == [False, False]
        change(wei, **columns)
        assert [taken(client, of_wei), taken(client, of_na)] == [True, False]
        change(wei, status="active", valid_from=date(2024, 1, 1), valid_until=date(2026, 11, 22))
        assert not taken(client, of_wei)

    def test_a_suspension_that_is_to_come_is_none_yet(self, client: Client) -> None:
        issuer_key(NOW)
        wei = officer()
        place, _ = place_of(wei)
        change(wei, status="suspended", status_since=NOW + HOUR)
        assert not taken(client, place)

    def test_a_phone_out_of_service_is_taken_back_and_the_officers_other_phone_gets_another_place(
        self, client: Client, time_machine: TimeMachineFixture
    ) -> None:
        issuer_key(NOW)
        wei = officer()
        place, lost = place_of(wei)
        revoke_device(device=lost, actor=ADMIN, at=NOW, reason="丢失")
        assert taken(client, place)
        another, _ = place_of(wei)
        assert another != place
        assert [taken(client, place), taken(client, another)] == [True, False]
        time_machine.move_to(NOW + 13 * HOUR, tick=False)
        assert not taken(client, place)

    def test_costs_three_statements_once_in_a_minute(
        self, client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        issuer_key(NOW)
        settings.ISSUER_POLICY = policy(status_kept=timedelta(minutes=1))
        published._kept.clear()
        with django_assert_num_queries(3):
            first = client.get("/status-lists/1").content
        with django_assert_num_queries(0):
            assert client.get("/status-lists/1").content == first
        published._kept.clear()

    def test_there_is_none_without_a_key(self, client: Client) -> None:
        answer = client.get("/status-lists/1")
        assert (answer.status_code, answer["Retry-After"]) == (503, "3600")

    def test_there_is_one_list(self, client: Client) -> None:
        assert client.get("/status-lists/2").status_code == 404

    def test_an_empty_house_has_an_empty_list(self, client: Client) -> None:
        issuer_key(NOW)
        assert set(listed(client)) == {0}
        assert (taken_back(at=NOW).places, taken_back(at=NOW).last) == ([], 0)
