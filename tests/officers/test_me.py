"""Who am I, and until when: revocation is felt at the next request."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from officers.models import Device
from officers.services.device import add_device, revoke_device
from tests.officers.people import ADMIN, change, officer

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-22T12:00:00+08:00")


def phone_of(row: Any) -> tuple[Device, dict[str, str]]:
    with transaction.atomic():
        device, token = add_device(
            officer=row, name="甲", public_key=None, method="activation", evidence="1", actor=ADMIN, at=NOW
        )
    return device, {"Authorization": f"Bearer {token}"}


def test_zhang_wei_sees_himself_in_two_statements(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    device, bearer = phone_of(officer())
    with django_assert_num_queries(2):  # who knocks; whether the house has lost anything
        body = client.get("/api/v1/me", headers=bearer).json()
    assert body.pop("server_time")
    assert body == {
        "officer": {"certificate_no": "13050300017", "name": "张伟"},
        "agency": {
            "code": "130503-XF",
            "name": "信都区消防救援大队",
            "level": "district",
            "region_code": "130503",
        },
        "certificate": {
            "number": "13050300017",
            "state": "valid",
            "valid_from": "2024-01-01",
            "valid_until": "2098-12-31",
        },
        "device": {"id": device.pk, "name": "甲"},
        "resend_since": None,
    }


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"valid_until": date(2024, 6, 30)}, "expired"),
        ({"valid_from": date(2098, 1, 1)}, "not_yet_valid"),
        ({"status": "suspended", "status_since": NOW}, "suspended"),
    ],
)
def test_an_officer_whose_certificate_is_not_valid_still_learns_so(
    client: Client, columns: dict[str, Any], state: str
) -> None:
    _device, bearer = phone_of(officer(**columns))
    assert client.get("/api/v1/me", headers=bearer).json()["certificate"]["state"] == state


def test_a_revoked_phone_is_nobody_from_its_next_request_and_the_other_phone_stays(client: Client) -> None:
    wei = officer()
    lost, lost_bearer = phone_of(wei)
    _kept, kept_bearer = phone_of(wei)
    revoke_device(device=lost, actor=ADMIN, at=NOW, reason="丢失")
    refused = client.get("/api/v1/me", headers=lost_bearer)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthorized")
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/api/v1/me", headers=kept_bearer).status_code == 200


def test_revoking_twice_keeps_the_first_moment_and_writes_once() -> None:
    device, _bearer = phone_of(officer())
    revoke_device(device=device, actor=ADMIN, at=NOW, reason="丢失")
    again = revoke_device(device=device, actor=ADMIN, at=NOW + timedelta(days=1), reason="又丢失")
    assert again.revoked_at == NOW
    assert device.history.count() == 2
    assert Entry.objects.filter(kind="device-revoked").count() == 1


@pytest.mark.parametrize("since", [NOW, None])
def test_all_phones_of_a_revoked_officer_are_nobody_at_once(client: Client, since: datetime | None) -> None:
    wei = officer()
    _device, bearer = phone_of(wei)
    change(wei, status="revoked", status_since=since)
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer ruqi_x", "Basic eDp5", "Bearer \x80\xff", "x" * 9000]
)
def test_a_stranger_is_nobody(client: Client, header: str) -> None:
    answer = client.get("/api/v1/me", headers={"Authorization": header})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_the_document_names_every_status_of_the_officers_operations(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths["/api/v1/me"]["get"]["responses"]) >= {"200", "401"}
    assert set(paths["/api/v1/enrolments"]["post"]["responses"]) >= {"201", "400", "409", "422", "429"}
    bulk = paths["/api/v1/enrolments/assertion"]["post"]["responses"]
    assert set(bulk) >= {"200", "201", "400", "409", "422"}
    assert "assertion-replayed" in bulk["409"]["description"]
