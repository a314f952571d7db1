"""Agencies announce their inspections, and are told who else means to come (检查计划)."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client

from audit.models import Document, Entry
from checkins.models import Plan
from tests.checkins.test_precheck import ask, rule
from tests.house.operations import rows
from tests.town import BEARINGS, CASHMERE, GLASS, NOBODY_KNOWS, Phone, Town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon")]


def words(ref: str = "计划1", **changes: Any) -> dict[str, Any]:
    body = {"source_ref": ref, "credit_code": BEARINGS, "first_day": "2026-07-06", "last_day": "2026-07-10"}
    return {**body, **changes}


def announce(phone: Phone, ref: str = "计划1", status: int = 201, **changes: Any) -> dict[str, Any]:
    response = phone.post("/plans", words(ref, **changes))
    assert response.status_code == status, response.content.decode()
    told: dict[str, Any] = response.json()
    return told


def listed(phone: Phone, **query: Any) -> dict[str, Any]:
    response = phone.client.get("/api/v1/plans", query, headers={"authorization": f"Bearer {phone.token}"})
    assert response.status_code == 200, response.content.decode()
    told: dict[str, Any] = response.json()
    return told


def test_a_plan_gets_a_number_an_entry_and_a_paper_that_a_scan_should_answer(town: Town) -> None:
    told = announce(town.zhang_wei, items=["计量器具"], title="计量检查")
    plan = told["plan"]
    assert (plan["version"], plan["joint_open"], plan["withdrawn"], plan["category"]) == (1, True, False, "routine")
    assert (told["frequency"]["year"], told["frequency"]["remaining"], told["joint_proposals"]) == (2026, 2, [])
    paper = Document.objects.get()
    assert (paper.kind, paper.source, paper.source_ref, paper.on) == (
        "plan",
        "plans",
        plan["number"],
        date(2026, 7, 10),
    )
    assert (paper.agency_code, paper.enterprise_name) == ("130502-SCJG", "邢台轴承有限公司")
    entry = Entry.objects.get(kind="plan")
    assert entry.body is not None
    body = json.loads(bytes(entry.body))["body"]
    assert (entry.subject, body["source_ref"], body["first_day"]) == (plan["number"], "计划1", "2026-07-06")


def test_the_same_again_is_the_same_and_a_change_is_a_new_version_of_the_same_number(town: Town) -> None:
    first = announce(town.zhang_wei)["plan"]
    before = rows()
    again = town.li_na.post("/plans", words())
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert again.json()["plan"] == first
    assert rows() == before
    moved = announce(town.li_na, last_day="2026-07-20")["plan"]
    assert (moved["number"], moved["version"], moved["last_day"]) == (first["number"], 2, "2026-07-20")
    assert [paper.on.day for paper in Document.objects.order_by("version")] == [10, 20]
    back = announce(town.zhang_wei)["plan"]
    assert (back["version"], back["last_day"], Plan.objects.count()) == (3, "2026-07-10", 3)


def test_another_agencys_number_is_another_plan(town: Town) -> None:
    mine, theirs = announce(town.zhang_wei)["plan"], announce(town.wang_qiang)["plan"]
    assert mine["number"] != theirs["number"]
    assert [one["number"] for one in listed(town.li_na)["plans"]] == [mine["number"]]


def test_a_withdrawn_plan_is_proposed_no_more_and_its_paper_is_taken_back(town: Town) -> None:
    announce(town.wang_qiang)
    announce(town.wang_qiang, withdrawn=True)
    assert announce(town.zhang_wei)["joint_proposals"] == []
    assert Document.objects.filter(agency_code="130502-YJ").latest("version").withdrawn
    assert listed(town.wang_qiang)["plans"][0]["withdrawn"] is True
    problem = announce(town.zhang_wei, "从未报过", 404, withdrawn=True)
    assert problem["type"] == "/problems/plan-not-found"


def test_overlapping_plans_are_proposed_as_a_joint_visit_on_the_first_day_of_both_that_is_not_quiet(town: Town) -> None:
    rule("quiet", "quiet_days", {"days": [8, 9]})
    announce(town.wang_qiang, first_day="2026-07-08", last_day="2026-07-31", items=["消防通道"], title="消防检查")
    (proposal,) = announce(town.zhang_wei)["joint_proposals"]
    assert (proposal["agency"], proposal["day"]) == ("襄都区应急管理局", "2026-07-10")
    assert (proposal["items"], proposal["title"], proposal["last_day"]) == (["消防通道"], "消防检查", "2026-07-31")


def test_when_every_common_day_is_quiet_a_near_day_of_the_other_is_proposed_or_none(town: Town) -> None:
    rule("quiet", "quiet_days", {"days": [6, 7, 8, 9, 10]})
    announce(town.wang_qiang, last_day="2026-07-12")
    announce(town.zhao_min)
    days = {one["agency"]: one["day"] for one in announce(town.zhang_wei)["joint_proposals"]}
    assert days == {"襄都区应急管理局": "2026-07-11", "清河县市场监督管理局": None}


@pytest.mark.parametrize(
    ("first", "last", "day"),
    [
        ("2026-07-17", "2026-07-30", "2026-07-17"),
        ("2026-07-18", "2026-07-30", None),
        ("2026-07-01", "2026-07-04", "2026-07-04"),
        ("2026-06-01", "2026-06-30", None),
    ],
)
def test_plans_within_a_week_of_each_other_are_near(town: Town, first: str, last: str, day: str | None) -> None:
    """Mine is from the 6th to the 10th; today is the 1st."""
    announce(town.wang_qiang, first_day=first, last_day=last)
    assert [one["day"] for one in announce(town.zhang_wei)["joint_proposals"]] == ([day] if day else [])


def test_own_plans_closed_ones_and_those_of_other_doors_are_not_proposed(town: Town) -> None:
    announce(town.li_na, "另一个")
    announce(town.wang_qiang, joint_open=False)
    announce(town.zhao_min, credit_code=GLASS)
    assert announce(town.zhang_wei)["joint_proposals"] == []


def test_a_precheck_advises_to_join_a_plan_on_its_day(town: Town) -> None:
    announce(town.wang_qiang)
    advice = ask(town.zhang_wei)["advice"]
    assert (advice["code"], advice["agency"], advice["day"]) == ("join", "襄都区应急管理局", "2026-07-06")
    assert advice["sentence"] == "襄都区应急管理局计划 2026-07-06 至 2026-07-10 检查该企业，建议 2026-07-06 联合上门。"
    assert ask(town.zhang_wei, on="2026-07-08")["advice"]["day"] == "2026-07-08"
    assert ask(town.zhang_wei, on="2026-07-18")["plans_to_join"] == []
    assert ask(town.zhang_wei, purpose="service")["plans_to_join"] == []
    assert ask(town.wang_qiang)["plans_to_join"] == []


def test_a_plan_does_not_cure_ones_own_cap(town: Town, time_machine_at_noon: datetime) -> None:
    rule("cap", "annual_cap", {"cap": 0})
    announce(town.wang_qiang)
    told = ask(town.zhang_wei)
    assert (len(told["plans_to_join"]), told["advice"]["code"]) == (1, "reason_needed")


def test_an_agency_lists_its_plans_by_day_and_enterprise(town: Town) -> None:
    announce(town.zhang_wei, "三", credit_code=CASHMERE, first_day="2026-09-01", last_day="2026-09-30")
    announce(town.zhang_wei, "一")
    announce(town.zhang_wei, "二", credit_code=NOBODY_KNOWS, first_day="2026-07-10", last_day="2026-07-12")

    def refs(**query: Any) -> list[str]:
        return [one["source_ref"] for one in listed(town.li_na, **query)["plans"]]

    assert refs() == ["一", "二", "三"]
    assert refs(**{"from": "2026-07-11"}) == ["二", "三"]
    assert refs(to="2026-07-09") == ["一"]
    assert refs(**{"from": "2026-07-11", "to": "2026-08-31"}) == ["二"]
    assert refs(enterprise=CASHMERE.lower()) == ["三"]
    page = listed(town.li_na, limit=2)
    assert (len(page["plans"]), page["more"]) == (2, True)
    rest = listed(town.li_na, limit=2, offset=2)
    assert ([one["source_ref"] for one in rest["plans"]], rest["more"]) == (["三"], False)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"last_day": "2026-07-05"}, "plan-days-invalid"),
        ({"last_day": "2027-07-07"}, "plan-days-invalid"),
        ({"credit_code": "91330104341916223P"}, "credit-code-invalid"),
        ({"first_day": "2026-02-30"}, "invalid-body"),
        ({"first_day": 20260701}, "invalid-body"),
        ({"first_day": "2026-07-06T00:00:00"}, "invalid-body"),
        ({"source_ref": "   "}, "invalid-body"),
        ({"category": "日常"}, "invalid-body"),
        ({"items": [""]}, "invalid-body"),
        ({"joint_open": "yes"}, "invalid-body"),
        ({"title": "长" * 201}, "invalid-body"),
    ],
    ids=str,
)
def test_a_plan_that_makes_no_sense_is_refused_and_nothing_is_kept(
    town: Town, changes: dict[str, Any], problem: str
) -> None:
    before = rows()
    assert announce(town.zhang_wei, status=422, **changes)["type"] == f"/problems/{problem}"
    assert rows() == before


def test_a_plan_of_a_whole_year_is_the_longest(town: Town) -> None:
    assert announce(town.zhang_wei, last_day="2027-07-06")["plan"]["last_day"] == "2027-07-06"


def test_nobody_announces_and_nobody_lists(town: Town) -> None:
    assert Client().post("/api/v1/plans", words(), content_type="application/json").status_code == 401
    assert Client().get("/api/v1/plans").status_code == 401
