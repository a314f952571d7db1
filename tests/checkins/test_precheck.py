"""Before the officer drives there: counts, quiet days, flags, whom to join, and a plain advice. Never a prohibition."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.draft import Draft
from audit.facts import SHANGHAI
from audit.models import Flag, FlagState
from audit.services.frequency_rule import enact
from tests.house.operations import rows
from tests.town import BEARINGS, GLASS, LONG_AGO, NOBODY_KNOWS, Phone, Town, scan_body

pytestmark = pytest.mark.django_db


def ask(phone: Phone, code: str = BEARINGS, status: int = 200, **query: Any) -> dict[str, Any]:
    """`GET /enterprises/{code}/precheck`."""
    response = phone.client.get(
        f"/api/v1/enterprises/{code}/precheck", query, headers={"authorization": f"Bearer {phone.token}"}
    )
    assert response.status_code == status, response.content.decode()
    found: dict[str, Any] = response.json()
    return found


def scan(phone: Phone, at: datetime, code: str = BEARINGS, **visit: Any) -> dict[str, Any]:
    response = phone.post("/scans", scan_body(code, scanned_at=at.isoformat(), visit=visit))
    assert response.status_code == 201, response.content.decode()
    told: dict[str, Any] = response.json()
    return told


def rule(code: str, kind: str, parameters: dict[str, Any], *, title: str = "", **scope: Any) -> None:
    draft = Draft(
        code=code,
        kind=kind,
        parameters=parameters,
        effective_from=LONG_AGO.date(),
        effective_to=None,
        source="测试",
        title=title,
        scope=scope,
    )
    enact(draft, actor=Actor.account("test"), at=LONG_AGO)


def test_a_first_visit_is_advised_to_go_and_nothing_is_written(town: Town, time_machine_at_noon: datetime) -> None:
    before = rows()
    told = ask(town.zhang_wei)
    assert rows() == before
    assert (told["on"], told["enterprise"]["name"]) == ("2026-07-01", "邢台轴承有限公司")
    year = told["frequency"]
    assert (year["year"], year["own"], year["cap"], year["remaining"], year["all_agencies"]) == (2026, 0, 2, 2, 0)
    assert (year["rule"], year["rule_version"], year["source"]) == ("annual_cap", 0, "P: ANNUAL_CAP")
    assert (told["would_flag"], told["last_visits"], told["quiet_day"]) == ([], [], None)
    assert told["advice"] == {
        "code": "go",
        "sentence": "可以上门：本单位今年已检查 0 次，上限 2 次。",
        "agency": None,
        "day": None,
    }


def test_the_third_visit_of_the_year_needs_a_reason_and_the_flag_is_foretold_as_it_comes(
    town: Town, time_machine_at_noon: datetime
) -> None:
    for days in (60, 30):
        scan(town.zhang_wei, time_machine_at_noon - timedelta(days=days))
    told = ask(town.li_na)
    assert (told["frequency"]["own"], told["frequency"]["remaining"]) == (2, 0)
    foretold = told["would_flag"][0]
    assert (foretold["kind"], foretold["state"], foretold["period"]) == ("annual_cap", "raised", "2026")
    assert told["advice"]["code"] == "reason_needed"
    assert "年度检查上限" in told["advice"]["sentence"]
    assert not Flag.objects.exists()
    scan(town.li_na, time_machine_at_noon)
    assert Flag.objects.get().rule == foretold["rule"]
    assert FlagState.objects.get().evidence["sentence"] == foretold["sentence"]
    assert ask(town.zhang_wei, on="2026-07-03")["would_flag"][0]["state"] == "grown"


def test_a_complaint_with_its_number_and_a_service_visit_need_no_other_reason(
    town: Town, time_machine_at_noon: datetime
) -> None:
    for days in (60, 30):
        scan(town.zhang_wei, time_machine_at_noon - timedelta(days=days))
    assert ask(town.zhang_wei, reason="complaint")["advice"]["code"] == "reason_needed"
    assert ask(town.zhang_wei, reason="complaint", source_no="12345-1")["advice"]["code"] == "go"
    assert ask(town.zhang_wei, purpose="service")["advice"]["code"] == "go"


def test_a_quiet_day_is_no_day_and_the_next_one_is_named(town: Town, time_machine_at_noon: datetime) -> None:
    rule("quiet", "quiet_days", {"days": list(range(1, 16)), "dates": ["2026-07-16"]})
    told = ask(town.zhang_wei)
    assert (told["advice"]["code"], told["advice"]["day"]) == ("not_today", "2026-07-17")
    assert "2026-07-17" in told["advice"]["sentence"]
    assert told["quiet_day"] == {"rule": "quiet", "rule_version": 1, "source": "测试", "next_day": "2026-07-17"}
    assert ask(town.zhang_wei, on="2026-07-17")["advice"]["code"] == "go"
    urgent = ask(town.zhang_wei, reason="statutory_emergency", source_no="应急〔2026〕1号")
    assert (urgent["advice"]["code"], urgent["quiet_day"]["rule"]) == ("go", "quiet")


def test_who_is_at_the_door_today_is_to_be_joined_and_the_code_stays_on_the_screen(
    town: Town, time_machine_at_noon: datetime
) -> None:
    host = scan(town.wang_qiang, time_machine_at_noon - timedelta(hours=2), items=["消防通道"])
    told = ask(town.zhang_wei)
    assert (told["advice"]["code"], told["advice"]["agency"]) == ("join", "襄都区应急管理局")
    (open_visit,) = told["visits_to_join"]
    assert (open_visit["agency"], open_visit["items"]) == ("襄都区应急管理局", ["消防通道"])
    assert host["visit"]["joint_code"] not in str(told)
    joined = scan(town.zhang_wei, time_machine_at_noon, joint_code=host["visit"]["joint_code"])
    assert joined["for_officer"]["frequency"]["all_agencies"] == 1


def test_yesterdays_visit_an_own_one_and_an_imported_one_are_not_to_be_joined(
    town: Town, time_machine_at_noon: datetime
) -> None:
    scan(town.wang_qiang, time_machine_at_noon - timedelta(hours=13))
    scan(town.li_na, time_machine_at_noon - timedelta(hours=1))
    told = ask(town.zhang_wei)
    assert (told["visits_to_join"], told["advice"]["code"]) == ([], "go")
    assert ask(town.zhao_min, on="2026-07-02")["visits_to_join"] == []


def test_joining_cures_no_cap_of_ones_own(town: Town, time_machine_at_noon: datetime) -> None:
    for days in (60, 30):
        scan(town.zhang_wei, time_machine_at_noon - timedelta(days=days))
    scan(town.wang_qiang, time_machine_at_noon - timedelta(hours=1))
    told = ask(town.zhang_wei)
    assert (len(told["visits_to_join"]), told["advice"]["code"]) == (1, "reason_needed")


def test_joining_cures_many_agencies_at_one_door(town: Town, time_machine_at_noon: datetime) -> None:
    rule("many", "many_agencies", {"days": 15, "agencies": 2}, title="多头检查")
    scan(town.wang_qiang, time_machine_at_noon - timedelta(hours=1))
    told = ask(town.zhang_wei)
    assert [flag["kind"] for flag in told["would_flag"]] == ["many_agencies"]
    assert told["advice"]["code"] == "join"
    alone = ask(town.zhang_wei, on="2026-07-02")
    assert (alone["advice"]["code"], "多头检查" in alone["advice"]["sentence"]) == ("reason_needed", True)


def test_tier_sums_are_told_with_joint_visits_once(town: Town, time_machine_at_noon: datetime) -> None:
    rule("tiers", "tier_sum", {"cap": 2}, levels=["district"])
    host = scan(town.wang_qiang, time_machine_at_noon - timedelta(days=9, hours=1))
    scan(town.zhang_wei, time_machine_at_noon - timedelta(days=9), joint_code=host["visit"]["joint_code"])
    scan(town.zhao_min, time_machine_at_noon - timedelta(days=5))
    told = ask(town.zhang_wei)
    assert told["frequency"]["tier_sums"] == [
        {"rule": "tiers", "rule_version": 1, "cap": 2, "count": 2, "remaining": 0}
    ]
    assert [flag["rule"] for flag in told["would_flag"]] == ["tiers"]


def test_the_last_visits_say_what_was_inspected_how_many_days_ago(town: Town, time_machine_at_noon: datetime) -> None:
    scan(town.wang_qiang, time_machine_at_noon - timedelta(days=12), items=["消防通道", "电气线路"])
    scan(town.zhao_min, time_machine_at_noon - timedelta(days=2), purpose="service")
    told = ask(town.zhang_wei, items="消防通道,计量器具")
    assert [(one["days_ago"], one["purpose"]) for one in told["last_visits"]] == [(2, "service"), (12, "inspection")]
    assert told["inspected_items"] == [
        {
            "item": "消防通道",
            "agency": "襄都区应急管理局",
            "on": "2026-06-19",
            "days_ago": 12,
            "outcome": None,
            "rectify_by": None,
            "sentence": "12 天前已查，结果未登记",
        }
    ]
    assert told["advice"]["code"] == "go"
    assert "消防通道已于 12 天前由襄都区应急管理局检查过" in told["advice"]["sentence"]
    assert ask(town.zhang_wei, items=["消防通道"], on="2026-09-16")["inspected_items"][0]["days_ago"] == 89
    assert ask(town.zhang_wei, items=["消防通道"], on="2026-09-17")["inspected_items"] == []


def test_what_was_taken_back_shows_in_both_counts_and_not_among_the_last_visits(
    town: Town, time_machine_at_noon: datetime
) -> None:
    body = scan_body(scanned_at=time_machine_at_noon.isoformat())
    town.zhang_wei.post("/scans", body)
    town.zhang_wei.post(f"/scans/{body['scan_id']}/withdrawal", {"reason": "扫错了门"})
    told = ask(town.li_na)
    year = told["frequency"]
    assert (year["own"], year["own_with_unconfirmed"], year["remaining"]) == (0, 1, 1)
    assert told["last_visits"] == []


def test_the_year_is_that_of_the_day_meant(town: Town, time_machine: TimeMachineFixture) -> None:
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=SHANGHAI)
    time_machine.move_to(eve)
    for days in (60, 30):
        scan(town.zhang_wei, eve - timedelta(days=days))
    assert ask(town.zhang_wei)["advice"]["code"] == "reason_needed"
    tomorrow = ask(town.zhang_wei, on="2027-01-01")
    assert (tomorrow["frequency"]["year"], tomorrow["frequency"]["own"], tomorrow["advice"]["code"]) == (2027, 0, "go")


def test_an_enterprise_that_the_registry_does_not_know_is_answered_too(
    town: Town, time_machine_at_noon: datetime
) -> None:
    told = ask(town.zhang_wei, NOBODY_KNOWS)
    assert (told["enterprise"], told["advice"]["code"]) == (None, "go")


def test_a_stall_without_a_licence_is_outside_every_rule(town: Town, time_machine_at_noon: datetime) -> None:
    response = town.zhang_wei.post("/scans", scan_body(code=None, subject={"name": "老王煎饼摊"}))
    number = response.json()["enterprise"]["credit_code"]
    told = ask(town.zhang_wei, number)
    assert (told["frequency"]["cap"], told["frequency"]["remaining"], told["advice"]["code"]) == (None, None, "go")
    assert told["advice"]["sentence"] == "可以上门，不触发提醒。"


@pytest.mark.parametrize(
    "query",
    [
        {"on": "2026-02-30"},
        {"on": "0001-01-01"},
        {"on": "2100-01-01"},
        {"on": "today"},
        {"on": "1782878400"},
        {"category": "日常"},
        {"purpose": "visit"},
        {"items": "长" * 81},
        {"items": ["x"] * 51},
        {"reason": "x" * 41},
        {"source_no": "a\0b"},
        {"items": "a\0b"},
    ],
    ids=str,
)
def test_odd_questions_are_refused_by_name(town: Town, query: dict[str, Any]) -> None:
    problem = ask(town.zhang_wei, status=422, **query)
    assert problem["type"] == "/problems/invalid-body"
    assert problem["errors"][0]["field"].split(".")[0] in query


@pytest.mark.parametrize("day", ["1970-01-01", "2099-12-31"])
def test_the_first_and_the_last_day_can_be_asked_about(town: Town, day: str) -> None:
    assert ask(town.zhang_wei, on=day)["on"] == day


def test_a_code_that_is_none_and_a_caller_who_is_nobody_are_refused(town: Town) -> None:
    assert ask(town.zhang_wei, "91330104341916223P", status=422)["type"] == "/problems/credit-code-invalid"
    assert Client().get(f"/api/v1/enterprises/{BEARINGS}/precheck").status_code == 401


def test_an_english_reader_gets_the_same_code_and_an_english_sentence(town: Town) -> None:
    response = town.zhang_wei.client.get(
        f"/api/v1/enterprises/{GLASS}/precheck",
        headers={"authorization": f"Bearer {town.zhang_wei.token}", "accept-language": "en"},
    )
    advice = response.json()["advice"]
    assert (advice["code"], advice["sentence"].isascii()) == ("go", True), advice
