"""The case system supplies what came of a visit, by its signed word; nobody is asked for it again."""

from dataclasses import replace
from typing import Any

import pytest

from audit.models import Entry
from checkins.models import Result
from tests.officers.test_assertion import BACKENDS, claims, signed
from tests.town import Town

CASE = {"item": "消防通道", "outcome": "case_opened", "case_no": "襄市监立〔2026〕3号"}


@pytest.fixture
def number(town: Town, settings: Any) -> str:
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, backends=BACKENDS)
    found: str = town.zhang_wei.scan().json()["visit"]["number"]
    return found


def supply(town: Town, number: str, *items: Any, jti: str = "1", **said: Any) -> Any:
    path = f"/api/v1/visits/{number}/record"
    words = {"agency_code": "130502-SCJG", "result": {"items": list(items)}, **said}
    assertion = signed({**claims(aud=f"http://127.0.0.1:8000{path}", jti=jti), **words})
    body = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return town.li_na.client.post(path, data=body, content_type="application/json")


def test_the_case_number_comes_from_the_case_system_and_is_not_asked_again(town: Town, number: str) -> None:
    answer = supply(town, number, CASE)
    assert answer.status_code == 201, answer.content.decode()
    visit = answer.json()["visit"]
    assert (visit["results"][0]["case_no"], visit["items"]) == (CASE["case_no"], ["消防通道"])
    assert (visit["known"]["results"], visit["known"]["items"]) == (True, True)
    assert Result.objects.get().by == f"backend:{claims()['iss']}"
    assert Entry.objects.get(kind="visit-result").subject == f"visit:{number}"


def test_an_officers_later_word_counts_and_the_same_again_writes_nothing(town: Town, number: str) -> None:
    supply(town, number, CASE)
    again = supply(town, number, CASE, jti="2")
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    said = town.zhang_wei.post(f"/visits/{number}/result", {"items": [{"item": "消防通道", "outcome": "minor_waived"}]})
    assert [one["outcome"] for one in said.json()["visit"]["results"]] == ["minor_waived"]
    assert Result.objects.count() == 2


def test_a_word_for_another_visit_agency_or_time_is_refused(town: Town, number: str) -> None:
    other = town.wang_qiang.scan().json()["visit"]["number"]
    assert supply(town, other, CASE).status_code == 404
    assert supply(town, number, CASE, aud="http://127.0.0.1:8000/api/v1/documents", jti="2").status_code == 400
    assert supply(town, number, {**CASE, "outcome": "fine"}, jti="3").status_code == 400
    assert supply(town, number, CASE, jti="4").status_code == 201
    assert supply(town, number, CASE, jti="4").status_code == 409
    assert Result.objects.count() == 1
