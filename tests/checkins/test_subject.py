"""No licence at all, and one licence with several shops."""

import uuid
from typing import Any

from enterprises.models import Enterprise, Premises
from enterprises.subject import is_subject_number, subject_number
from tests.town import BEARINGS, Town, scan_body

STALL = {"name": "东门早市豆腐摊", "address": "东门里街路口", "responsible": "刘桂兰"}


def _codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["for_officer"]["warnings"]]


def test_a_stall_without_a_licence_is_a_subject_visited_like_an_enterprise(town: Town) -> None:
    response = town.zhang_wei.post("/scans", scan_body(code=None, subject=STALL))
    assert response.status_code == 201, response.content.decode()
    answer = response.json()
    number = answer["enterprise"]["credit_code"]
    assert is_subject_number(number)
    assert (answer["enterprise"]["name"], answer["enterprise"]["kind"]) == (STALL["name"], "subject")
    assert answer["filing"]["number"]
    assert _codes(answer) == ["no_licence"]
    row = Enterprise.objects.get(credit_code=number)
    assert row.responsible == "刘桂兰"
    assert row.history.get().history_user == "officer:13050200101"
    assert Premises.objects.get(enterprise=row).longitude == 114.5001


def test_it_is_found_again_by_its_number_outside_caps_and_inside_the_statistics(town: Town) -> None:
    number = town.zhang_wei.post("/scans", scan_body(code=None, subject=STALL)).json()["enterprise"]["credit_code"]
    for _ in range(4):
        answer = town.wang_qiang.post("/scans", scan_body(code=None, credit_code=number)).json()
    frequency = answer["for_officer"]["frequency"]
    assert frequency["cap"] is None
    assert (frequency["own"], frequency["all_agencies"]) == (1, 2)
    assert _codes(answer) == []


def test_a_readable_licence_outweighs_a_subject(town: Town) -> None:
    assert town.zhang_wei.post("/scans", scan_body(subject=STALL)).json()["enterprise"]["credit_code"] == BEARINGS
    assert not Enterprise.objects.filter(kind="subject").exists()


def test_the_same_subject_scan_sent_twice_is_one_subject(town: Town) -> None:
    body = scan_body(code=None, subject=STALL)
    assert town.zhang_wei.post("/scans", body).status_code == 201
    assert town.zhang_wei.post("/scans", body).status_code == 200
    altered = town.zhang_wei.post("/scans", {**body, "subject": {**STALL, "name": "另一个摊"}})
    assert altered.status_code == 422
    assert Enterprise.objects.filter(kind="subject").count() == 1


def test_a_subject_needs_a_name(town: Town) -> None:
    assert town.zhang_wei.post("/scans", scan_body(code=None, subject={"name": "  "})).status_code == 422


def test_subject_numbers_pass_their_check_and_one_wrong_symbol_fails() -> None:
    number = subject_number(str(uuid.uuid4()))
    assert is_subject_number(number)
    assert not is_subject_number(number[:-1] + ("0" if number[-1] != "0" else "1"))
    assert not is_subject_number(BEARINGS)


def test_an_unlisted_shop_confirmed_by_the_officer_becomes_premises_and_this_scan_stays_far(town: Town) -> None:
    fix = {"longitude": 114.6, "latitude": 37.1, "accuracy_m": 12}
    words: dict[str, Any] = {"location": fix, "premises_address": "新兴西大街88号分店"}
    answer = town.zhang_wei.scan(**words).json()
    assert answer["for_officer"]["location_check"]["verdict"] == "far"
    assert {"premises_learned", "far_from_premises"} <= set(_codes(answer))
    learned = Premises.objects.get(address="新兴西大街88号分店")
    assert learned.history.get().history_user == "officer:13050200101"
    second = town.wang_qiang.scan(**words).json()
    assert second["for_officer"]["location_check"]["verdict"] == "inside"
    assert "premises_learned" not in _codes(second)
