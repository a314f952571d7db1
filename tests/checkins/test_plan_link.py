"""The spot-check system (双随机) says which plan a visit carried out; what it supplied nobody is asked again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings

from audit.actor import Actor
from audit.models import Entry, Filing, Flag, VisitFact
from audit.problem import Problem
from checkins.after_words import PlanLinkWords
from checkins.models import Approval, Correction, PlanLink, Result, Visit
from checkins.services.link_plan import PlanConflict, link_plan
from tests.checkins.test_plans import announce
from tests.checkins.test_precheck import rule
from tests.checkins.test_record import CASE, number, supply
from tests.checkins.test_together import codes, scanned
from tests.house.operations import rows
from tests.parallel import at_once
from tests.town import GLASS, Town, build

__all__ = ["number"]
SPOT_CHECK = {"plan_no": "双随机〔2026〕7号", "source": "双随机平台"}
MISSING = {"plan_missing", "approval_missing"}
at_noon = pytest.mark.usefixtures("time_machine_at_noon")


def plan(town: Town, number: str, jti: str, plan_no: str = SPOT_CHECK["plan_no"], **words: Any) -> Any:
    return supply(town, number, jti=jti, plan={"plan_no": plan_no, **words}, result=None)


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"routine": ("plan_no", "approval_no"), "special": ("plan_no", "approval_no")}
    monkeypatch.setattr(settings, "CHECKIN_POLICY", replace(settings.CHECKIN_POLICY, required_words=words))


@at_noon
def test_a_plan_that_is_kept_elsewhere_is_written_down_told_and_counts_nothing(town: Town, number: str) -> None:
    answer = supply(town, number, plan=SPOT_CHECK, result=None)
    assert answer.status_code == 201, answer.content.decode()
    visit = answer.json()["visit"]
    assert (visit["plan_no"], visit["known"]["plan"], visit["known"]["approval"]) == ("双随机〔2026〕7号", True, False)
    link = PlanLink.objects.get()
    assert (link.visit.number, link.source, link.by) == (number, "双随机平台", "backend:xingtai-oa")
    filing = Filing.objects.get(event="visit.planned")
    assert (filing.payload["plan_no"], filing.payload["plan"]) == ("双随机〔2026〕7号", None)
    assert Entry.objects.get(kind="plan-linked").subject == f"visit:{number}"
    first, second = VisitFact.objects.filter(visit=number).order_by("version")
    same = ("state", "category", "reason", "source_no", "superior_ordered", "joint_id", "items", "claim", "officers")
    assert [getattr(first, name) for name in same] == [getattr(second, name) for name in same]


@at_noon
def test_the_same_plan_again_by_either_of_its_numbers_writes_nothing(town: Town, number: str) -> None:
    kept = announce(town.zhang_wei, "计划1", first_day="2026-07-01")["plan"]["number"]
    assert plan(town, number, "1", "计划1").status_code == 201
    before = rows()
    for jti, said in (("2", "计划1"), ("3", kept)):
        again = plan(town, number, jti, said)
        assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert {name: count for name, count in rows().items() if count != before[name]} == {
        "officers_usedassertion": before["officers_usedassertion"] + 2
    }


@at_noon
def test_the_plan_that_an_officer_named_at_the_door_is_not_replaced(town: Town, number: str) -> None:
    told = scanned(town.li_na, GLASS, plan_no=" 襄市监检〔2026〕18号 ")["visit"]["number"]
    refused = plan(town, told, "1")
    assert (refused.status_code, refused.json()["type"], refused.json()["plan_no"]) == (
        409,
        "/problems/visit-plan-conflict",
        "襄市监检〔2026〕18号",
    )
    assert plan(town, told, "2", "襄市监检〔2026〕18号").status_code == 200
    assert not PlanLink.objects.exists()
    scanned(town.li_na, plan_no=" ")
    assert plan(town, number, "3").status_code == 201, "a blank one names none"


@at_noon
@pytest.mark.usefixtures("wanted")
def test_the_officer_names_the_plan_after_the_scan_and_is_not_asked_for_it_again(town: Town) -> None:
    first = scanned(town.zhang_wei)
    assert "plan_missing" in codes(first)
    path = f"/visits/{first['visit']['number']}/plan"
    said = town.li_na.post(path, {"plan_no": "襄市监检〔2026〕18号"})
    assert (said.status_code, said.json()["visit"]["plan_no"]) == (201, "襄市监检〔2026〕18号"), said.content.decode()
    assert town.zhang_wei.post(path, {"plan_no": "襄市监检〔2026〕18号"}).status_code == 200
    assert town.wang_qiang.post(path, {"plan_no": "襄市监检〔2026〕18号"}).status_code == 404
    assert town.zhang_wei.post(path, {"plan_no": "襄市监检〔2026〕19号"}).status_code == 409
    assert "plan_missing" not in codes(scanned(town.zhang_wei))
    assert PlanLink.objects.get().by == "officer:13050200102"


@at_noon
def test_who_said_the_plan_may_say_another_and_nobody_else_may(town: Town, number: str) -> None:
    assert plan(town, number, "1").status_code == 201
    assert plan(town, number, "2", "双随机〔2026〕8号").json()["visit"]["plan_no"] == "双随机〔2026〕8号"
    with pytest.raises(PlanConflict):
        say(number, "执法办案〔2026〕1号", by="case-system")
    assert [link.plan_no for link in PlanLink.objects.order_by("pk")] == ["双随机〔2026〕7号", "双随机〔2026〕8号"]


def say(number: str, plan_no: str, *, by: str) -> None:
    link_plan(
        number=number,
        words=PlanLinkWords(plan_no=plan_no),
        source=by,
        agency_code="130502-SCJG",
        annual_cap=2,
        actor=Actor.backend(by),
        at=datetime.now(UTC),
    )


@at_noon
@pytest.mark.parametrize(
    "changes",
    [
        {"credit_code": GLASS, "first_day": "2026-07-01"},
        {"first_day": "2026-07-02"},
        {"first_day": "2026-06-01", "last_day": "2026-06-30"},
    ],
    ids=["another enterprise", "not yet", "over"],
)
def test_a_plan_that_is_kept_here_for_another_door_or_day_is_refused(
    town: Town, number: str, changes: dict[str, Any]
) -> None:
    kept = announce(town.zhang_wei, **changes)["plan"]["number"]
    refused = plan(town, number, "1", kept)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/plan-unfit")
    assert not PlanLink.objects.exists()


@at_noon
def test_a_withdrawn_plan_and_one_that_would_go_with_nobody_are_refused(town: Town, number: str) -> None:
    announce(town.zhang_wei, "计划1", first_day="2026-07-01")
    announce(town.zhang_wei, "计划1", first_day="2026-07-01", withdrawn=True)
    alone = announce(town.wang_qiang, "计划2", first_day="2026-07-01", joint_open=False)["plan"]["number"]
    assert [plan(town, number, jti, said).status_code for jti, said in (("1", "计划1"), ("2", alone))] == [409, 409]


@at_noon
def test_another_agencys_plan_joins_the_visit_to_nobody(town: Town, number: str) -> None:
    """At the door naming it would have made one joint visit of both; afterwards that would lower the count."""
    host = announce(town.wang_qiang, "计划2", first_day="2026-07-01", joint_open=True)["plan"]["number"]
    scanned(town.wang_qiang)
    assert plan(town, number, "1", host).status_code == 201
    assert {visit.joint_id for visit in Visit.objects.all()} == {""}
    scanned(town.li_na)
    assert {visit.joint_id for visit in Visit.objects.all()} == {""}


@at_noon
def test_the_category_comes_with_the_plan_where_nobody_has_said_one(town: Town, number: str) -> None:
    announce(town.zhang_wei, "计划1", first_day="2026-07-01", category="special")
    visit = plan(town, number, "1", "计划1").json()["visit"]
    assert (visit["category"], visit["known"]["category"]) == ("special", True)
    said = scanned(town.li_na, GLASS, category="case")["visit"]["number"]
    announce(town.zhang_wei, "计划2", credit_code=GLASS, first_day="2026-07-01", category="special")
    assert plan(town, said, "2", "计划2").json()["visit"]["category"] == "case"


@at_noon
def test_a_plans_category_that_takes_the_visit_out_of_the_count_waits_for_a_supervisor(town: Town, number: str) -> None:
    """Here case inspections do not count: an agency over its cap does not clear itself by a plan (docs/adr/0005)."""
    rule("annual_cap", "annual_cap", {"cap": 0, "count_case": False})
    scanned(town.li_na)
    announce(town.zhang_wei, "计划1", first_day="2026-07-01", category="case")
    visit = plan(town, number, "1", "计划1").json()["visit"]
    assert (visit["category"], visit["corrections"][0]["state"], visit["known"]["plan"]) == ("routine", "waiting", True)
    assert Correction.objects.get().claim == {"category": "case"}
    latest = Flag.objects.get().states.order_by("-at", "-pk")[0]
    assert (latest.state, latest.evidence["counted"], latest.evidence["unconfirmed"]) == ("eased", [number], [number])


@at_noon
@pytest.mark.usefixtures("wanted")
def test_what_the_system_supplied_the_next_scan_of_the_visit_does_not_ask(town: Town, number: str) -> None:
    assert MISSING & codes(scanned(town.zhang_wei)) == MISSING
    assert plan(town, number, "1").status_code == 201
    assert MISSING & codes(scanned(town.li_na)) == {"approval_missing"}
    approved = supply(town, number, jti="2", approval_no="襄市监审〔2026〕3号", result=None).json()["visit"]
    assert (approved["approvals"], approved["known"]["approval"]) == (["襄市监审〔2026〕3号"], True)
    assert MISSING & codes(scanned(town.li_na)) == set()
    assert MISSING & codes(scanned(town.li_na, GLASS)) == MISSING, "of another visit nothing is known"


@at_noon
@pytest.mark.usefixtures("wanted")
def test_what_was_said_of_a_visit_holds_of_the_one_that_takes_it_in(town: Town, number: str) -> None:
    assert plan(town, number, "1").status_code == 201
    before, between = ((datetime.now(UTC) - timedelta(hours=hours)).isoformat() for hours in (7, 1.1))
    late = town.li_na.scan(scanned_at=before).json()
    town.li_na.scan(scanned_at=between, visit={"continues": late["visit"]["number"]})
    assert Visit.objects.get(number=number).status == "absorbed"
    assert "plan_missing" not in codes(town.li_na.scan().json())
    answer = supply(town, number, CASE, jti="2")
    assert (answer.json()["visit"]["number"], answer.json()["visit"]["plan_no"]) == (
        late["visit"]["number"],
        "双随机〔2026〕7号",
    )
    approved = town.zhang_wei.post(f"/visits/{number}/approval", {"approval_no": "襄市监审〔2026〕3号"}).json()
    assert approved == {"visit": late["visit"]["number"], "approvals": ["襄市监审〔2026〕3号"], "late": False}


@at_noon
def test_plan_approval_and_results_come_together_or_not_at_all(town: Town, number: str) -> None:
    announce(town.zhang_wei, "计划1", first_day="2026-07-02")
    refused = supply(town, number, CASE, plan={"plan_no": "计划1"}, approval_no="襄市监审〔2026〕3号")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/plan-unfit")
    broken = supply(
        town, number, plan=SPOT_CHECK, jti="2", result={"items": [CASE], "reinspection_of": "RQ20260101-NOBODY0000"}
    )
    assert broken.json()["type"] == "/problems/rectification-not-found"
    assert [model.objects.count() for model in (PlanLink, Approval, Result)] == [0, 0, 0]
    done = supply(town, number, CASE, plan=SPOT_CHECK, approval_no="襄市监审〔2026〕3号", jti="3")
    known = done.json()["visit"]["known"]
    assert (done.status_code, known["plan"], known["approval"], known["results"]) == (201, True, True, True)
    again = supply(town, number, CASE, plan=SPOT_CHECK, approval_no="襄市监审〔2026〕3号", jti="4")
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")


@at_noon
def test_a_word_that_says_nothing_or_speaks_of_a_strangers_or_withdrawn_visit_is_refused(
    town: Town, number: str
) -> None:
    assert supply(town, number, result=None).status_code == 400
    assert plan(town, number, "2", "").status_code == 400
    assert plan(town, number, "3", "双随机\x00").status_code == 400
    assert supply(town, number, plan=SPOT_CHECK, result=None, agency_code="130502-YJ", jti="4").status_code == 404
    scan = scanned(town.li_na, GLASS)
    town.li_na.post(f"/scans/{scan['scan_id']}/withdrawal", {"reason": "扫错了门"})
    gone = plan(town, scan["visit"]["number"], "5")
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/visit-not-open")
    assert not PlanLink.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_systems_that_name_two_plans_at_once_one_is_told_of_the_other() -> None:
    """Seen failing without the lane: both see no plan, and one breaks on the version of the visit's fact."""
    town = build()
    for _turn in range(6):
        told = scanned(town.zhang_wei, GLASS)["visit"]["number"]
        deeds: list[Callable[[], str]] = [
            partial(_say_or_be_refused, told, "双随机〔2026〕7号", by="spot-check"),
            partial(_say_or_be_refused, told, "执法办案〔2026〕1号", by="case-system"),
        ]
        assert sorted(at_once(deeds, threads=2)) == ["linked", "visit-plan-conflict"]
        town.zhang_wei.post(f"/visits/{told}/departure", {"departed_at": datetime.now(UTC).isoformat()})
    assert PlanLink.objects.count() == 6


def _say_or_be_refused(number: str, plan_no: str, *, by: str) -> str:
    try:
        say(number, plan_no, by=by)
    except Problem as problem:
        return problem.code
    return "linked"
