"""What came of a visit: results in versions, re-inspections, orders that ran out, and the next agency that is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.facts import day_of
from audit.models import Entry, Filing, VisitFact
from checkins.models import Result, Visit
from tests.house.admin_world import account_of, signed_in
from tests.town import BEARINGS, CASHMERE, Phone, Town, scan_body

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
FIRE, SCALES = "消防通道", "计量器具"


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)


def visited(phone: Phone, **words: Any) -> str:
    found: str = phone.scan(scanned_at=datetime.now(UTC).isoformat(), **words).json()["visit"]["number"]
    return found


def say(phone: Phone, number: str, *items: dict[str, Any], **words: Any) -> Any:
    return phone.post(f"/visits/{number}/result", {"items": list(items), **words})


def item(name: str = FIRE, outcome: str = "compliant", **words: Any) -> dict[str, Any]:
    return {"item": name, "outcome": outcome, **words}


def test_the_results_join_the_visits_items_and_are_owed_to_the_platform(town: Town) -> None:
    number = visited(town.zhang_wei, visit={"items": [SCALES]})
    answer = say(town.zhang_wei, number, item(), item(SCALES, "rectify", rectify_by="2026-07-20", note="秤未检定"))
    assert answer.status_code == 201, answer.content.decode()
    visit = answer.json()["visit"]
    assert visit["items"] == [SCALES, FIRE]
    assert [(one["item"], one["title"]) for one in visit["results"]] == [(FIRE, "合格"), (SCALES, "责令改正")]
    fact = VisitFact.objects.filter(visit=number).latest("version")
    assert (fact.items, fact.version) == ([SCALES, FIRE], 2)
    filing = Filing.objects.filter(event__startswith="visit.").latest("pk")
    assert (filing.event, filing.number) == ("visit.result", f"{number}-2")
    assert filing.payload["results"][1]["rectify_by"] == "2026-07-20"
    assert Entry.objects.filter(kind="visit-result", subject=f"visit:{number}").count() == 1


@pytest.mark.parametrize("outcome", ["compliant", "rectify", "first_violation_waived", "minor_waived", "case_opened"])
def test_every_outcome_is_kept(town: Town, outcome: str) -> None:
    words = {"case_no": "襄市监立〔2026〕3号"} if outcome == "case_opened" else {}
    [told] = say(town.li_na, visited(town.zhang_wei), item(outcome=outcome, **words)).json()["visit"]["results"]
    assert (told["outcome"], told["case_no"]) == (outcome, words.get("case_no", ""))


def test_the_same_again_appends_nothing_and_later_words_replace_earlier_ones(town: Town) -> None:
    number = visited(town.zhang_wei)
    say(town.zhang_wei, number, item(), item(SCALES))
    again = say(town.li_na, number, item(SCALES), item())
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    changed = say(town.li_na, number, item(SCALES), item(outcome="minor_waived"))
    assert [(one["item"], one["outcome"]) for one in changed.json()["visit"]["results"]] == [
        (FIRE, "minor_waived"),
        (SCALES, "compliant"),
    ]
    assert Result.objects.count() == 3
    assert Filing.objects.filter(event="visit.result").count() == 2


def test_a_scan_that_comes_later_leaves_the_items_of_the_results(town: Town) -> None:
    number = visited(town.zhang_wei, visit={"items": [SCALES]})
    say(town.zhang_wei, number, item())
    visited(town.li_na)
    assert VisitFact.objects.filter(visit=number).latest("version").items == [SCALES, FIRE]
    late = scan_body(scanned_at=(NOON - timedelta(hours=1)).isoformat())
    town.li_na.post("/scans", late)
    assert VisitFact.objects.filter(visit=number).latest("version").items == [SCALES, FIRE]


class TestWhoMay:
    def test_another_agencys_visit_does_not_exist(self, town: Town) -> None:
        assert say(town.wang_qiang, visited(town.zhang_wei), item()).status_code == 404
        assert not Result.objects.exists()

    def test_nothing_comes_of_a_visit_that_was_taken_back(self, town: Town) -> None:
        answer = town.zhang_wei.scan(scanned_at=NOON.isoformat()).json()
        town.zhang_wei.post(f"/scans/{answer['scan_id']}/withdrawal", {"reason": "误扫"})
        assert say(town.zhang_wei, answer["visit"]["number"], item()).status_code == 409


@pytest.mark.parametrize(
    "items",
    [
        [],
        [item(), item()],
        [item(outcome="fine")],
        [item("")],
        [item(rectify_by="2026-07-20")],
        [item(case_no="1")],
        [item(outcome="rectify", rectify_by=20260720)],
        [item("x\ny")],
        [item(str(number)) for number in range(51)],
    ],
    ids=["none", "twice", "unknown", "no-name", "term", "case", "number-for-a-day", "two-lines", "too-many"],
)
def test_bad_words_are_refused_and_nothing_is_written(town: Town, items: list[dict[str, Any]]) -> None:
    assert say(town.zhang_wei, visited(town.zhang_wei), *items).status_code == 422
    assert not Result.objects.exists()


def test_a_term_before_the_day_of_the_visit_is_refused_and_the_day_itself_is_not(town: Town) -> None:
    number = visited(town.zhang_wei)
    today = day_of(Visit.objects.get().started_at)
    early = item(outcome="rectify", rectify_by=(today - timedelta(days=1)).isoformat())
    refused = say(town.zhang_wei, number, item(SCALES), early)
    told = refused.json()
    assert (refused.status_code, told["type"]) == (422, "/problems/rectify-by-before-visit")
    assert told["visited_on"] == today.isoformat()
    assert not Result.objects.exists()
    assert say(town.zhang_wei, number, item(outcome="rectify", rectify_by=today.isoformat())).status_code == 201


class TestReinspection:
    @pytest.fixture
    def ordered(self, town: Town) -> str:
        number = visited(town.zhang_wei)
        say(town.zhang_wei, number, item(outcome="rectify", rectify_by="2026-07-10"))
        return number

    @pytest.fixture(autouse=True)
    def _li_jing(self, town: Town) -> None:
        self.li_jing = account_of("supervisor")

    def overdue(self, **asked: Any) -> list[dict[str, Any]]:
        client = signed_in(self.li_jing)
        response = client.get("/api/v1/supervision/rectifications", asked)
        assert response.status_code == 200, response.content.decode()
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def test_what_was_not_put_right_in_time_is_listed_until_somebody_looks_after_it(
        self, town: Town, ordered: str, time_machine: Any
    ) -> None:
        assert self.overdue() == []
        assert [one["visit"] for one in self.overdue(overdue="false")] == [ordered]
        time_machine.move_to(NOON + timedelta(days=12), tick=False)
        [late] = self.overdue()
        assert (late["visit"], late["item"], late["days_overdue"]) == (ordered, FIRE, 3)
        again = visited(town.zhang_wei, visit={"reason": "rectification", "source_no": ordered})
        said = say(town.zhang_wei, again, item(), reinspection_of=ordered)
        assert said.json()["visit"]["results"][0]["reinspection_of"] == ordered
        assert self.overdue() == []

    def test_an_order_that_is_said_again_runs_from_its_own_visit(
        self, town: Town, ordered: str, time_machine: Any
    ) -> None:
        time_machine.move_to(NOON + timedelta(days=12), tick=False)
        again = visited(town.zhang_wei)
        say(town.zhang_wei, again, item(outcome="rectify", rectify_by="2026-07-14"), reinspection_of=ordered)
        time_machine.move_to(NOON + timedelta(days=15), tick=False)
        assert [one["visit"] for one in self.overdue()] == [again]

    def test_it_must_look_after_an_order_of_the_same_agency_there(self, town: Town, ordered: str) -> None:
        other = visited(town.wang_qiang)
        elsewhere = visited(town.zhang_wei, code=None, credit_code=CASHMERE)
        for phone, number, named in (
            (town.wang_qiang, other, ordered),
            (town.zhang_wei, elsewhere, ordered),
            (town.zhang_wei, ordered, ordered),
            (town.zhang_wei, ordered, "RQ-nobody"),
        ):
            refused = say(phone, number, item(SCALES), reinspection_of=named)
            assert (refused.status_code, refused.json()["type"]) == (422, "/problems/rectification-not-found")

    def test_another_districts_order_is_not_hers_to_see(self, town: Town) -> None:
        number = visited(town.zhao_min, code=None, credit_code=CASHMERE)
        say(town.zhao_min, number, item(outcome="rectify", rectify_by="2026-06-10"))
        assert self.overdue() == []

    def test_nobody_without_a_session_sees_any(self, town: Town) -> None:
        assert town.zhang_wei.client.get("/api/v1/supervision/rectifications").status_code == 401


class TestNextAgency:
    def _precheck(self, phone: Phone, *items: str) -> dict[str, Any]:
        response = phone.client.get(
            f"/api/v1/enterprises/{BEARINGS}/precheck",
            {"items": items},
            headers={"authorization": f"Bearer {phone.token}"},
        )
        assert response.status_code == 200, response.content.decode()
        told: dict[str, Any] = response.json()
        return told

    def test_what_was_found_compliant_twelve_days_ago_is_recognised(self, town: Town, time_machine: Any) -> None:
        say(town.zhang_wei, visited(town.zhang_wei), item(), item(SCALES, "minor_waived"))
        time_machine.move_to(NOON + timedelta(days=12), tick=False)
        told = self._precheck(town.wang_qiang, FIRE)
        [known] = told["inspected_items"]
        assert (known["outcome"], known["sentence"]) == ("compliant", "12 天前已查，合格")
        assert told["advice"]["code"] == "recognised"
        assert (
            told["advice"]["sentence"] == "襄都区市场监督管理局已于 12 天前检查消防通道，合格，可以互认，不必重复检查。"
        )
        both = self._precheck(town.wang_qiang, FIRE, SCALES)
        assert both["advice"]["code"] == "go"
        assert [one["outcome"] for one in both["inspected_items"]] == ["compliant", "minor_waived"]

    def test_after_its_days_nothing_is_recognised_any_more(self, town: Town, time_machine: Any) -> None:
        say(town.zhang_wei, visited(town.zhang_wei), item())
        time_machine.move_to(NOON + timedelta(days=90), tick=False)
        told = self._precheck(town.wang_qiang, FIRE)
        assert (told["inspected_items"], told["advice"]["code"]) == ([], "go")

    def test_the_scans_answer_brings_the_results_of_the_last_visits(self, town: Town, time_machine: Any) -> None:
        say(town.zhang_wei, visited(town.zhang_wei), item(outcome="rectify", rectify_by="2026-07-10", note="内部"))
        time_machine.move_to(NOON + timedelta(days=12), tick=False)
        [last] = town.wang_qiang.scan(scanned_at=datetime.now(UTC).isoformat()).json()["for_officer"]["frequency"][
            "last_visits"
        ]
        assert last["results"] == [{"item": FIRE, "outcome": "rectify", "rectify_by": "2026-07-10"}]
        time_machine.move_to(NOON + timedelta(days=90), tick=False)
        body = {"scanned_at": datetime.now(UTC).isoformat()}
        others = town.wang_qiang.scan(**body).json()["for_officer"]["frequency"]["last_visits"]
        own = town.li_na.scan(**body).json()["for_officer"]["frequency"]["last_visits"]
        assert [one["results"] for one in others if one["agency"].endswith("市场监督管理局")] == [[]]
        assert [one["results"] for one in own if one["number"] == last["number"]] == [last["results"]]
