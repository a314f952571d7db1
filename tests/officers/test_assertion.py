"""A registered backend enrols its officers by a signed assertion (RFC 7523)."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from audit.models import Entry
from officers.assertion import AssertionRefused, read
from officers.models import Device, UsedAssertion
from tests.officers.people import officer, phone_key

pytestmark = pytest.mark.django_db
PATH = "/api/v1/enrolments/assertion"
AUDIENCE = f"http://127.0.0.1:8000{PATH}"
CITY = ECKey.generate_key("P-256")
COUNTY = OKPKey.generate_key("Ed25519")
BACKENDS = {"xingtai-oa": CITY.as_dict(private=False), "xindu-oa": COUNTY.as_dict(private=False)}


@pytest.fixture(autouse=True)
def _registered(settings: Settings) -> None:
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(timezone.now().timestamp())
    made = {
        "iss": "xingtai-oa",
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 300,
        "jti": "a-1",
        "sub": "13050300017",
        "device_name": "张伟的手机",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


def signed(words: dict[str, Any], *, key: Any = CITY, alg: str = "ES256") -> str:
    registry = jws.JWSRegistry(algorithms=[alg])
    registry.max_payload_length = 10**6
    return jws.serialize_compact({"alg": alg}, json.dumps(words).encode(), key, registry=registry)


def send(client: Client, assertion: str, **changes: Any) -> Any:
    body = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion, **changes}
    return client.post(PATH, json.dumps(body), content_type="application/json")


def test_the_citys_backend_enrols_zhang_wei_and_his_token_opens_me(client: Client) -> None:
    officer()
    answer = send(client, signed(claims(public_key=phone_key())))
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert me.json()["officer"]["name"] == "张伟"
    device = Device.objects.get()
    assert device.enrolled_by == device.history.get().history_user_id == "backend:xingtai-oa"
    assert json.loads(bytes(Entry.objects.get().body or b""))["actor"] == "backend:xingtai-oa"


@pytest.mark.parametrize("name", ["Ed25519", "EdDSA"])
def test_the_countys_backend_signs_with_ed25519_under_either_name(client: Client, name: str) -> None:
    officer()
    assertion = signed(claims(iss="xindu-oa"), key=COUNTY, alg="Ed25519")
    if name == "EdDSA":
        body = _b64(b'{"alg":"EdDSA"}') + "." + _b64(json.dumps(claims(iss="xindu-oa")).encode())
        private: Any = COUNTY.get_op_key("sign")
        assertion = f"{body}.{_b64(private.sign(body.encode()))}"
    assert send(client, assertion).status_code == 201


def test_five_hundred_officers_with_keys_come_in_one_assertion_and_a_bad_item_stops_nobody(client: Client) -> None:
    officer()
    officer("13050300018", "王芳", status="revoked")
    key = phone_key()
    items = [
        {"certificate_no": "13050300017", "device_name": "甲", "public_key": key},
        {"certificate_no": "13050300018", "device_name": "乙", "public_key": key},
        {"certificate_no": "13050300017", "device_name": "甲", "public_key": key},
        {"certificate_no": "13050300017", "device_name": "丙", "public_key": {**key, "x": "A" * 43}},
    ]
    items += [{"certificate_no": f"99{n}", "device_name": "不认识的手机", "public_key": key} for n in range(496)]
    answer = send(client, signed(claims(sub=..., device_name=..., officers=items)))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["enrolled"], body["refused"]) == (1, 499)
    assert [item["certificate_no"] for item in body["results"]] == [item["certificate_no"] for item in items]
    kinds = [item["problem"] and item["problem"]["type"] for item in body["results"][:5]]
    assert kinds == [
        None,
        "/problems/officer-revoked",
        "/problems/item-repeated",
        "/problems/public-key-invalid",
        "/problems/officer-unknown",
    ]
    assert Device.objects.count() == Device.history.count() == Entry.objects.count() == 1


def test_five_hundred_and_one_officers_are_too_many(client: Client) -> None:
    items = [{"certificate_no": str(n), "device_name": "甲"} for n in range(501)]
    answer = send(client, signed(claims(officers=items)))
    assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (400, "claims", "officers")


def test_an_officer_costs_three_statements_in_bulk(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    numbers = [f"1305030010{n}" for n in range(10)]
    for number in numbers:
        officer(number)
    items = [{"certificate_no": number, "device_name": "甲"} for number in numbers]
    # savepoint (of the test's transaction), savepoint + jti + release, officers, 3 each, release
    with django_assert_num_queries(1 + 3 + 1 + 3 * 10 + 1):
        answer = send(client, signed(claims(officers=items)))
    assert answer.json()["enrolled"] == 10


def test_the_same_jti_enrols_nobody_twice(client: Client) -> None:
    officer()
    assertion = signed(claims())
    assert send(client, assertion).status_code == 201
    replay = send(client, assertion)
    assert (replay.status_code, replay.json()["type"]) == (409, "/problems/assertion-replayed")
    assert send(client, signed(claims(device_name="另一台"))).status_code == 409
    assert Device.objects.count() == 1
    officer("13050300018", "王芳")
    other = signed(claims(iss="xindu-oa", sub="13050300018"), key=COUNTY, alg="Ed25519")
    assert send(client, other).status_code == 201  # another issuer's jti is another's


def test_a_single_unknown_officer_is_a_problem_and_leaves_the_jti_unused(client: Client) -> None:
    answer = send(client, signed(claims()))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/officer-unknown")
    assert not UsedAssertion.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "http://127.0.0.1:8000/"}, "audience"),
        ({"aud": []}, "audience"),
        ({"exp": 1}, "expired"),
        ({"exp": 4e9}, "lives-too-long"),
        ({"iat": 4e9}, "not-yet-valid"),
        ({"nbf": 4e9}, "not-yet-valid"),
        ({"jti": ...}, "claims"),
        ({"jti": ""}, "claims"),
        ({"jti": "x" * 121}, "claims"),
        ({"jti": "a\x00"}, "claims"),
        ({"exp": ...}, "claims"),
        ({"exp": "soon"}, "claims"),
        ({"exp": True}, "claims"),
        ({"exp": float("inf")}, "claims"),
        ({"exp": float("nan")}, "claims"),
        ({"exp": 10**400}, "claims"),
        ({"iat": ...}, "claims"),
        ({"aud": ...}, "claims"),
        ({"sub": ...}, "claims"),
        ({"sub": "\ud800"}, "claims"),
        ({"sub": "1" * 33}, "claims"),
        ({"device_name": ...}, "claims"),
        ({"device_name": "甲\x00"}, "claims"),
        ({"public_key": "x"}, "claims"),
        ({"officers": []}, "claims"),
        ({"officers": [{"certificate_no": "1"}]}, "claims"),
        ({"iss": "nobody"}, "signature"),
        ({"iss": ["xingtai-oa"]}, "signature"),
        ({"iss": ...}, "signature"),
        ({"iss": "xindu-oa"}, "signature"),
    ],
)
def test_an_assertion_that_is_wrong_enrols_nobody_and_says_why(
    client: Client, changes: dict[str, Any], reason: str
) -> None:
    officer()
    answer = send(client, signed(claims(**changes)))
    assert (answer.status_code, answer.json()["reason"]) == (400, reason), answer.content
    assert answer.json()["type"] == "/problems/assertion-invalid"
    assert not Device.objects.exists()
    assert not UsedAssertion.objects.exists()


def _unsigned() -> str:
    return _b64(b'{"alg":"none"}') + f".{_b64(json.dumps(claims()).encode())}."


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signed_with_the_public_key_as_a_secret() -> str:
    body = _b64(b'{"alg":"HS256"}') + "." + _b64(json.dumps(claims()).encode())
    return f"{body}.{_b64(hmac.digest(CITY.as_pem(private=False), body.encode(), 'sha256'))}"


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _signed_with_the_public_key_as_a_secret,
        lambda: signed(claims(), key=ECKey.generate_key("P-256")),
        lambda: signed(claims())[:-4] + "AAAA",
        lambda: signed(claims(), key=ECKey.generate_key("P-384"), alg="ES384"),
        lambda: "x",
        lambda: "..",
        lambda: "é.é.é",
        lambda: "bnVsbA.bnVsbA.bnVsbA",
        lambda: jwt.encode({"alg": "ES256", "crit": ["x"], "x": 1}, claims(), CITY, registry=_lenient()),
        lambda: _b64(b'{"alg":"ES256"}') + "." + "W" * 100_000 + ".AAAA",
        lambda: "eyJhbGciOiJFUzI1NiJ9." + base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=") + ".AAAA",
    ],
)
def test_what_no_registered_backend_signed_enrols_nobody(client: Client, forge: Callable[[], str]) -> None:
    officer()
    answer = send(client, forge())
    assert (answer.status_code, answer.json().get("reason")) == (400, "signature"), answer.content
    assert not Device.objects.exists()


def _lenient() -> jws.JWSRegistry:
    class Lenient(jws.JWSRegistry):
        def check_header(self, header: Any) -> None:
            return None

    return Lenient(algorithms=["ES256"])


def test_ten_minutes_ahead_is_the_furthest_an_assertion_may_live() -> None:
    now = datetime.fromisoformat("2026-11-22T12:00:00+08:00")
    start = int(now.timestamp())
    words = claims(iat=start, exp=start + 600)
    assert read(signed(words), backends=BACKENDS, audience=AUDIENCE, at=now).exp == start + 600
    with pytest.raises(AssertionRefused):
        read(signed({**words, "exp": start + 661}), backends=BACKENDS, audience=AUDIENCE, at=now)
    with pytest.raises(AssertionRefused):
        read(signed(words), backends=BACKENDS, audience=AUDIENCE, at=now + timedelta(seconds=600))


def test_another_grant_is_a_problem(client: Client) -> None:
    assert send(client, signed(claims()), grant_type="password").status_code == 422


@pytest.mark.parametrize(
    "backends",
    [
        {"oa": {}},
        {"oa": "key"},
        {"oa": CITY.as_dict(private=True)},
        {"oa": {**CITY.as_dict(private=False), "x": "AAAA"}},
        {"oa": OctKey.generate_key().as_dict()},
        {"oa" * 40: CITY.as_dict(private=False)},
    ],
)
def test_a_house_with_an_unusable_backend_key_does_not_open(settings: Settings, backends: dict[str, Any]) -> None:
    assert "project.E005" not in {message.id for message in run_checks()}
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=backends)
    assert "project.E005" in {message.id for message in run_checks()}
