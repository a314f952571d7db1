"""Many phones at one code, at the same moment, on a real PostgreSQL."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.models import Entry
from officers.models import Activation, Device, UsedAssertion
from officers.services.enrolment import make_activation
from tests.officers.people import ADMIN, POLICY, officer
from tests.officers.test_assertion import BACKENDS, claims, signed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PHONES = 16


def at_once(deed: Callable[[int], Any], *, times: int = PHONES) -> list[Any]:
    """What each of so many threads got, all let go at one moment, each on its own connection."""
    connection.close()  # the pool holds as many connections as there are threads
    gate = threading.Barrier(times)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return deed(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def post(path: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = Client(raise_request_exception=False).post(path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json().get("type", "")


def test_sixteen_phones_type_one_code_and_one_is_enrolled() -> None:
    code = make_activation(officer=officer(), actor=ADMIN, at=timezone.now(), policy=POLICY)
    answers = at_once(lambda number: post("/api/v1/enrolments", {"code": code, "device_name": f"手机 {number}"}))
    assert Counter(answers) == {(201, ""): 1, (422, "/problems/activation-code-invalid"): PHONES - 1}
    device = Device.objects.get()
    assert Activation.objects.get().device == device
    assert Device.history.count() == Entry.objects.filter(kind="enrolment").count() == 1


def test_sixteen_administrators_make_codes_for_zhang_wei_and_one_code_lives() -> None:
    wei = officer()
    at = timezone.now()
    codes = at_once(lambda _: make_activation(officer=wei, actor=ADMIN, at=at, policy=POLICY))
    assert len(set(codes)) == PHONES
    assert Activation.objects.filter(used_at=None, expires_at__gt=at).count() == 1


def test_new_codes_and_enrolments_of_one_officer_do_not_lock_each_other_out() -> None:
    wei = officer()
    at = timezone.now()
    code = make_activation(officer=wei, actor=ADMIN, at=at, policy=POLICY)

    def deed(number: int) -> tuple[int, str]:
        if number % 2:
            make_activation(officer=wei, actor=ADMIN, at=at, policy=POLICY)
            return 0, "made"
        return post("/api/v1/enrolments", {"code": code, "device_name": f"手机 {number}"})

    answers = at_once(deed)
    assert answers.count((0, "made")) == PHONES // 2
    assert {status for status, _ in answers} <= {0, 201, 422}
    assert Device.objects.count() == answers.count((201, "")) <= 1


def test_sixteen_copies_of_one_assertion_enrol_once(settings: Settings) -> None:
    officer()
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)
    body = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed(claims())}
    answers = at_once(lambda _: post("/api/v1/enrolments/assertion", body))
    assert Counter(answers) == {(201, ""): 1, (409, "/problems/assertion-replayed"): PHONES - 1}
    assert Device.objects.count() == UsedAssertion.objects.count() == 1
