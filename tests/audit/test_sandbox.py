"""Rules tried on the past: who would have been flagged, beside who was; and not a row is written."""

import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.api import sandbox as door
from audit.draft import Draft
from audit.facts import day_of
from audit.moment import one_moment
from audit.replay import Outcome, Side, Span, Totals
from audit.sandbox import Question, Reach, replay
from audit.services.frequency_rule import enact
from tests.audit.past import ACTOR, FIRE, MARKET, QINGHE, account, corrected, judged, on, visited
from tests.house.operations import NOTED, rows
from tests.town import BEARINGS, CASHMERE, GLASS

pytestmark = pytest.mark.django_db
PATH = "/api/v1/supervision/sandbox"
CAP_1 = {"code": "annual_cap", "kind": "annual_cap", "parameters": {"cap": 1}, "source": "草案"}
CAP_3 = CAP_1 | {"parameters": {"cap": 3}}


@pytest.fixture(autouse=True)
def _august() -> Any:
    with time_machine.travel(on(8, 1), tick=False):
        yield


@pytest.fixture
def spring() -> None:
    """张伟's bureau was at the bearings works three times (flagged) and twice at the glass shop (not)."""
    for day in (2, 3, 4):
        visited(f"B{day}", on(3, day))
    judged(on(3, 4, 11))
    for day in (9, 10):
        visited(f"G{day}", on(3, day), door=GLASS)


def draft(**words: Any) -> Draft:
    values: dict[str, Any] = {
        "code": "annual_cap",
        "kind": "annual_cap",
        "parameters": {"cap": 1},
        "effective_from": date.min,
        "source": "草案",
    }
    return Draft(**values | words)


def tried(
    *drafts: Draft, first: date = date(2026, 1, 1), last: date = date(2026, 7, 31), **words: Any
) -> list[Outcome]:
    question = Question(drafts=drafts, span=Span(first=first, last=last), annual_cap=2, **words)
    totals = Totals()
    with one_moment():
        found = list(replay(question, totals=totals))
    assert sum(totals.all.values()) == len(found)
    return sorted(found, key=lambda one: (one.credit_code, one.rule, one.agency_code))


def sides(found: list[Outcome]) -> dict[str, Side]:
    return {one.credit_code: one.side for one in found}


@pytest.mark.usefixtures("spring")
def test_a_stricter_cap_finds_the_glass_shop_too() -> None:
    found = tried(draft())
    assert sides(found) == {BEARINGS: Side.BOTH, GLASS: Side.DRAFT}
    glass = next(one for one in found if one.credit_code == GLASS)
    assert (glass.counted, glass.state, glass.agency_code, glass.period) == (2, "", MARKET, "2026")
    assert glass.sentence == (
        "襄都区市场监督管理局 2026 年对该企业检查 2 次，超过年度上限 1 次（规则 annual_cap 第 1 版，草案）。"
    )


@pytest.mark.usefixtures("spring")
def test_a_wider_cap_lets_the_bearings_works_go_and_says_how_its_flag_stands() -> None:
    (bearings,) = tried(draft(parameters={"cap": 3}))
    assert (bearings.side, bearings.state, bearings.counted) == (Side.ENACTED, "raised", 3)
    assert "超过年度上限 2 次" in bearings.sentence
    corrected("B4", on(4, 1), state="voided")
    judged(on(4, 1), reason="作废已确认")
    (bearings,) = tried(draft(parameters={"cap": 3}))
    assert (bearings.side, bearings.state) == (Side.ENACTED, "lowered")


@pytest.mark.usefixtures("spring")
def test_the_law_as_it_is_finds_what_it_found() -> None:
    assert sides(tried(draft(parameters={"cap": 2}))) == {BEARINGS: Side.BOTH}


@pytest.mark.usefixtures("spring")
def test_a_draft_counts_from_its_own_first_day_and_the_versions_before_it_stay() -> None:
    assert sides(tried(draft(effective_from=date(2026, 3, 10)))) == {BEARINGS: Side.BOTH, GLASS: Side.DRAFT}
    assert sides(tried(draft(effective_from=date(2026, 3, 11)))) == {BEARINGS: Side.BOTH}


@pytest.mark.usefixtures("spring")
def test_what_came_after_the_last_day_is_not_in_the_replay() -> None:
    assert tried(draft(parameters={"cap": 2}), last=date(2026, 3, 3)) == []
    assert sides(tried(draft(), last=date(2026, 3, 3))) == {BEARINGS: Side.DRAFT}
    assert tried(draft(), first=date(2025, 1, 1), last=date(2025, 12, 31)) == []


@pytest.mark.usefixtures("spring")
def test_a_new_rule_is_compared_alone_and_a_cap_with_the_frequencies_that_hang_on_it() -> None:
    day = day_of(on(8, 1))
    enact(
        Draft(code="watch", kind="reasonable_frequency", parameters={"factor": 2}, effective_from=day, source="P"),
        actor=ACTOR,
        at=on(8, 1),
    )
    quiet = draft(code="quiet", kind="quiet_days", parameters={"days": [9]})
    assert [(one.rule, one.credit_code, one.period) for one in tried(quiet)] == [("quiet", GLASS, "2026-03")]
    for number in range(3):
        visited(f"N{number}", on(8, 1, number))
    assert {one.rule for one in tried(draft(), last=date(2026, 8, 1))} == {"annual_cap", "watch"}
    assert {one.rule for one in tried(quiet, last=date(2026, 8, 1))} == {"quiet"}


def test_a_window_looks_into_the_year_before() -> None:
    for day in (29, 30, 31):
        visited(f"D{day}", on(12, day, year=2025))
    visited("J1", on(1, 2))
    window = draft(code="often", kind="rolling_window", parameters={"days": 30, "limit": 3})
    (found,) = tried(window)
    assert (found.period, found.counted, found.agency_code) == ("2026", 4, "")
    assert tried(window, first=date(2025, 1, 1), last=date(2025, 12, 31)) == []


def test_only_the_latest_version_of_a_visit_is_replayed() -> None:
    for day in (2, 3):
        visited(f"B{day}", on(3, day))
    corrected("B3", on(4, 1), state="voided")
    assert tried(draft()) == []


@pytest.mark.usefixtures("spring")
def test_a_flag_whose_visits_went_to_another_enterprise_is_still_compared() -> None:
    for day in (2, 3, 4):
        corrected(f"B{day}", on(4, 1), credit_code=CASHMERE)
    found = tried(draft(parameters={"cap": 2}))
    assert BEARINGS in sides(found)


def test_a_district_sees_its_enterprises_and_its_agencies_and_counts_them_whole() -> None:
    for door_of, agency in ((BEARINGS, MARKET), (BEARINGS, FIRE), (CASHMERE, QINGHE), (CASHMERE, MARKET)):
        for day in (2, 3):
            visited(f"{door_of}{agency}{day}", on(3, day), door=door_of, agency=agency)
    xiangdu = Reach(region_prefix="130502", supervised_by="130502-SFJ")
    found = {(one.credit_code, one.agency_code) for one in tried(draft(), reach=xiangdu)}
    assert found == {(BEARINGS, MARKET), (BEARINGS, FIRE), (CASHMERE, MARKET)}
    assert {one.credit_code for one in tried(draft(), reach=xiangdu, region_prefix="130534")} == {CASHMERE}
    assert {one.agency_code for one in tried(draft(), region_prefix="130534")} == {QINGHE, MARKET}
    tier = draft(code="tier", kind="tier_sum", parameters={"cap": 3})
    assert [(one.credit_code, one.sentence[:22]) for one in tried(tier, reach=xiangdu)] == [
        (BEARINGS, "各单位 2026 年对该企业合计检查 4 次")
    ]
    assert tried(draft(), reach=Reach(region_prefix="", supervised_by="")) == []


@pytest.mark.usefixtures("spring")
def test_nothing_is_written(tmp_path: Path) -> None:
    li_jing = account()
    before = rows()
    tried(draft())
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\ncode = "annual_cap"\nkind = "annual_cap"\nparameters = { cap = 1 }\nsource = "草案"\n')
    call_command("sandbox", str(file), "--from", "2026-01-01", "--to", "2026-07-31", stdout=StringIO())
    assert post(li_jing, CAP_1).status_code == 200
    assert {name for name, many in rows().items() if many != before[name]} <= NOTED


@pytest.mark.django_db(transaction=True)
def test_who_tries_rules_keeps_nobody_from_writing_and_cannot_write(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\ncode = "annual_cap"\nkind = "annual_cap"\nparameters = { cap = 1 }\nsource = "草案"\n')
    with CaptureQueriesContext(connection) as asked:
        call_command("sandbox", str(file), "--from", "2026-01-01", "--to", "2026-07-31", stdout=StringIO())
    begun = [one["sql"] for one in asked.captured_queries if one["sql"].startswith(("BEGIN", "SET TRANSACTION"))]
    if connection.vendor == "sqlite":
        assert begun == ["BEGIN DEFERRED"], "the one writer stays free"
        return
    assert [one for one in begun if "READ ONLY" in one]
    with pytest.raises(DatabaseError, match="read-only"), one_moment():
        visited("never", on(7, 1))
    visited("later", on(7, 1))  # the prohibition ends with the reading


@pytest.mark.usefixtures("spring")
def test_the_command_tells_keeps_each_outcome_and_sums(tmp_path: Path) -> None:
    file, out = tmp_path / "rules.toml", tmp_path / "out.csv"
    file.write_text(
        '[[rule]]\ncode = "annual_cap"\nkind = "annual_cap"\nparameters = { cap = 1 }\nsource = "=草案"\n'
        '[[rule]]\ncode = "void"\nkind = "void_share"\nparameters = { share = 0.1 }\nsource = "P"\n',
        encoding="utf-8",
    )
    said = StringIO()
    period = ("--from", "2026-01-01", "--to", "2026-07-31")
    call_command("sandbox", str(file), *period, "--csv", str(out), stdout=said)
    told = said.getvalue()
    assert f"[只按草案] {GLASS} 襄都区明亮玻璃店：襄都区市场监督管理局 2026 年对该企业检查 2 次" in told
    assert "试算 5 次入企、2 家企业；现行预警中已解除 0 条" in told
    assert "合计  只按草案 1  只按现行 0  两者都有 1" in told
    assert "void 针对单位整体，试算不含" in told
    lines = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert {(line["credit_code"], line["side"]) for line in lines} == {(GLASS, "draft"), (BEARINGS, "both")}
    nowhere = StringIO()
    call_command("sandbox", str(file), *period, "--region", "130534", stdout=nowhere)
    assert "试算 0 次入企" in nowhere.getvalue()
    for words, why in (
        ((str(file), "--from", "2026-02-01", "--to", "2026-01-01"), "--to 不能早于"),
        ((str(tmp_path / "no.toml"), *period), "No such file"),
        ((str(file), *period, "--region", "邢台"), "地区前缀"),
        ((str(file), *period, "--csv", str(tmp_path / "no" / "out.csv")), "No such file"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("sandbox", *words, stdout=StringIO())


def post(client: Client, *rules: Any, **words: Any) -> Any:
    body = {"rules": list(rules), "from": "2026-01-01", "to": "2026-07-31"} | words
    return client.post(PATH, json.dumps(body), content_type="application/json")


@pytest.mark.usefixtures("spring")
def test_li_jing_tries_a_stricter_cap_by_api_within_her_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = post(account(), CAP_1).json()
    assert (answer["visits"], answer["enterprises"], answer["more"], answer["not_tried"]) == (5, 2, 0, [])
    assert answer["total"] == {"draft": 1, "enacted": 0, "both": 1}
    assert answer["rules"] == [{"rule": "annual_cap", "draft": 1, "enacted": 0, "both": 1}]
    assert answer["agencies"][0]["agency_code"] == MARKET
    assert [(one["side"], one["credit_code"]) for one in answer["outcomes"]] == [("draft", GLASS), ("both", BEARINGS)]
    assert post(account(), CAP_3).json()["total"] == {"draft": 0, "enacted": 1, "both": 0}
    assert post(account(region="130534", agency="130534-SFJ"), CAP_1).json()["visits"] == 0
    monkeypatch.setattr(door, "SHOWN", 1)
    assert (len(post(account(), CAP_1).json()["outcomes"]), post(account(), CAP_1).json()["more"]) == (1, 1)
    monkeypatch.setattr(door, "MOST_VERSIONS", 4)
    refused = post(account(), CAP_1)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/sandbox-too-large")
    assert post(account(), CAP_1, region="130534").status_code == 200


@pytest.mark.parametrize("role", ["discipline", "agency_leader", "system_admin", "audit_admin"])
def test_who_may_enact_no_rules_tries_none(role: str) -> None:
    assert post(account(role, agency=MARKET), CAP_1).status_code == 404
    assert post(Client(), CAP_1).status_code == 401


def test_a_rule_that_is_none_and_a_period_that_is_too_long_are_refused() -> None:
    li_jing = account()
    refused = post(li_jing, CAP_1 | {"parameters": {"cap": -1}})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/rule-unfit")
    assert "第 1 条规则（annual_cap），parameters" in refused.json()["detail"]
    for words in ({"to": "2027-07-31"}, {"to": "2025-07-31"}):
        assert post(li_jing, CAP_1, **words).json()["type"] == "/problems/sandbox-too-large"
    assert post(li_jing).status_code == 422
    assert post(li_jing, CAP_1, region="x").status_code == 422
