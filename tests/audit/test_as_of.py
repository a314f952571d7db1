"""What was known at a past moment stays what was known, whatever is learnt later; and only to whom it concerns."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.as_of import facts_known
from audit.draft import Draft
from audit.services.frequency_rule import enact
from tests.audit.past import ACTOR, FIRE, MARKET, QINGHE, account, corrected, judged, on, visited
from tests.town import BEARINGS, CASHMERE, NOBODY_KNOWS

pytestmark = pytest.mark.django_db
COUNTS, FLAGS = "/api/v1/supervision/counts", "/api/v1/supervision/flags"
NOW = on(8, 1)


@pytest.fixture(autouse=True)
def _august() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def count(client: Client, *, as_of: datetime | None = None, **words: Any) -> Any:
    asked: dict[str, Any] = {"credit_code": BEARINGS, "agency": MARKET, "year": 2026} | words
    return client.get(COUNTS, asked | ({"as_of": as_of.isoformat()} if as_of else {}))


def flags(client: Client, *, as_of: datetime | None = None, **words: Any) -> Any:
    return client.get(FLAGS, words | ({"as_of": as_of.isoformat()} if as_of else {}))


def test_the_count_of_a_day_says_what_was_known_then_and_why_whatever_comes_later() -> None:
    li_jing = account()
    visited("V1", on(3, 2))
    visited("V2", on(4, 2), reason="complaint", source_no="12345-7")
    visited("V3", on(5, 4))
    visited("V5", on(5, 5), agency=FIRE)
    visited("V0", on(12, 30, year=2025))
    asked = on(5, 10)
    before = count(li_jing, as_of=asked).json()
    assert [each["visit"] for each in before["counted"]] == ["V1", "V3"]
    assert [(each["visit"], each["why"], each["because"]) for each in before["left_out"]] == [
        ("V2", "exempt", "有豁免事由和来源文号")
    ]
    assert (before["count"], before["own"], before["settled"]) == (2, 2, True)
    assert (before["enterprise_inspections"], before["enterprise_services"]) == (4, 0)
    assert before["cap"] == {"rule": "annual_cap", "version": 0, "enacted": False, "cap": 2, "source": "P: ANNUAL_CAP"}
    assert before["sentence"] == (
        "襄都区市场监督管理局 2026 年对该企业检查 2 次，年度上限 2 次，另有 1 次不计入"
        "（运行设置 ANNUAL_CAP，不是颁布的规则）。"
    )

    visited("V4", on(5, 6), known=on(5, 15))  # scanned without a network, uploaded on the ninth day
    corrected("V1", on(6, 1), claim={"purpose": "service"})
    corrected("V3", on(6, 2), state="voided")
    enact(
        Draft(
            code="annual_cap", kind="annual_cap", parameters={"cap": 9}, effective_from=on(7, 1).date(), source="本市"
        ),
        actor=ACTOR,
        at=on(6, 20),
    )
    assert count(li_jing, as_of=asked).json() == before
    later = count(li_jing, as_of=on(5, 20)).json()
    assert [each["visit"] for each in later["counted"]] == ["V1", "V3", "V4"]
    now = count(li_jing).json()
    assert [each["visit"] for each in now["counted"]] == ["V1", "V4"]
    assert [(each["visit"], each["why"]) for each in now["left_out"]] == [("V2", "exempt"), ("V3", "voided")]
    assert (now["count"], now["own"], now["settled"]) == (2, 1, False)
    assert "其中 1 次待监督机关确认，另有 2 次不计入" in now["sentence"]
    assert [each["unconfirmed"] for each in now["counted"]] == [True, False]


def test_the_law_of_a_day_is_what_was_enacted_by_then() -> None:
    li_jing = account()
    visited("V1", on(7, 10))
    cap: dict[str, Any] = {"code": "annual_cap", "kind": "annual_cap", "source": "本市"}
    enact(Draft(**cap, parameters={"cap": 3}, effective_from=on(7, 1).date()), actor=ACTOR, at=on(6, 1))
    enact(Draft(**cap, parameters={"cap": 1, "exempt": []}, effective_from=on(7, 20).date()), actor=ACTOR, at=on(7, 15))
    visited("V2", on(7, 25), reason="complaint", source_no="12345-7")
    assert count(li_jing, as_of=on(7, 16)).json()["cap"] == {
        "rule": "annual_cap",
        "version": 1,
        "enacted": True,
        "cap": 3,
        "source": "本市",
    }
    told = count(li_jing).json()
    assert [(each["visit"], each["rule_version"]) for each in told["counted"]] == [("V1", 1), ("V2", 2)]
    assert told["cap"]["version"] == 2


def test_a_visit_that_moved_into_the_next_year_is_counted_where_it_lies() -> None:
    li_jing = account()
    visited("V1", on(1, 1, 0), known=on(1, 1, 2))
    corrected("V1", on(1, 3), started_at=on(12, 31, 23, year=2025))
    assert count(li_jing, as_of=on(1, 2)).json()["count"] == 1
    assert count(li_jing, as_of=on(1, 4)).json()["count"] == 0
    assert count(li_jing, as_of=on(1, 4), year=2025).json()["count"] == 1


def test_a_visit_whose_subject_turned_out_to_be_an_enterprise_is_counted_there_only() -> None:
    stall = "S130502000000000001"[:18]
    visited("V1", on(3, 2), credit_code=stall)
    visited("V2", on(3, 3), credit_code=stall)
    corrected("V1", on(4, 1), credit_code=BEARINGS)
    before, after = on(3, 20), on(4, 2)
    for code, told in ((stall, [2, 1]), (BEARINGS, [0, 1])):
        known = [facts_known(credit_code=code, year=2026, as_of=moment) for moment in (before, after)]
        assert [len(facts) for facts in known] == told


def test_what_the_enterprise_bore_is_told_by_both_readings_like_the_count() -> None:
    li_jing = account()
    visited("V1", on(3, 2))
    visited("V2", on(3, 3), joint_id="J")
    visited("V3", on(3, 3), joint_id="J", agency=FIRE)
    corrected("V1", on(4, 1), state="withdrawn")
    corrected("V2", on(4, 1), claim={"state": "voided"})
    told = count(li_jing).json()
    assert (told["count"], told["own"]) == (2, 0)
    # Of the joint visit the other agency's part stands.
    assert (told["enterprise_inspections"], told["enterprise_unconfirmed"]) == (2, 1)
    corrected("V3", on(5, 1), claim={"purpose": "service"})
    told = count(li_jing).json()
    assert (told["enterprise_inspections"], told["enterprise_unconfirmed"]) == (2, 2)
    corrected("V1", on(5, 2), state="voided")
    told = count(li_jing).json()
    assert (told["enterprise_inspections"], told["enterprise_unconfirmed"]) == (1, 1)


def test_flags_of_a_day_stand_as_they_stood_whatever_happened_to_them() -> None:
    li_jing = account()
    for day in (2, 3, 4):
        visited(f"V{day}", on(3, day))
    judged(on(3, 4, 11))
    raised = flags(li_jing, as_of=on(3, 10)).json()
    (flag,) = raised["items"]
    assert (flag["state"], flag["rule"], flag["level"]) == ("raised", "annual_cap", "warning")
    assert flag["evidence"]["counted"] == ["V2", "V3", "V4"]
    visited("V9", on(3, 9), known=on(3, 18))
    judged(on(3, 18))
    corrected("V4", on(4, 1), state="voided")
    corrected("V9", on(4, 1), state="voided")
    judged(on(4, 1), reason="作废已确认")
    assert flags(li_jing, as_of=on(3, 10)).json() == raised
    assert [each["state"] for each in flags(li_jing, as_of=on(3, 20)).json()["items"]] == ["grown"]
    (now,) = flags(li_jing).json()["items"]
    assert (now["state"], now["sentence"]) == ("lowered", "解除：作废已确认。")
    assert flags(li_jing, as_of=on(3, 3)).json()["items"] == []
    assert flags(li_jing, state="open").json()["items"] == []
    assert len(flags(li_jing, state="open", as_of=on(3, 20)).json()["items"]) == 1
    assert len(flags(li_jing, state="lowered").json()["items"]) == 1
    assert flags(li_jing, state="lowered", as_of=on(3, 20)).json()["items"] == []


def test_flags_come_in_pages_the_newest_first_and_are_narrowed() -> None:
    everywhere = account(region="1305", agency="1305-SFJ")
    for number, agency in enumerate((MARKET, FIRE, QINGHE)):
        for door in (BEARINGS, CASHMERE):
            for day in (1, 2, 3):
                visited(f"V{number}-{door}-{day}", on(4, day), agency=agency, door=door)
            judged(on(4, 5), door=door, agencies=(agency,))
    seen: list[int] = []
    before: dict[str, Any] = {}
    for _page in range(3):
        page = flags(everywhere, limit=2, **before).json()
        seen += [each["id"] for each in page["items"]]
        before = {"before": page["next"]}
    assert page["next"] is None
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 6
    narrowed: list[tuple[dict[str, Any], int]] = [
        ({"region": "130534"}, 3),
        ({"agency": FIRE}, 2),
        ({"credit_code": CASHMERE, "agency": FIRE}, 1),
        ({"rule": "annual_cap"}, 6),
        ({"rule": "quiet_days"}, 0),
    ]
    for words, times in narrowed:
        assert len(flags(everywhere, **words).json()["items"]) == times, words


def test_who_does_not_see_the_enterprise_or_the_agency_finds_nothing() -> None:
    for number in range(3):
        visited(f"V{number}", on(3, 2 + number), door=CASHMERE, agency=MARKET)
        visited(f"Q{number}", on(3, 2 + number), door=CASHMERE, agency=QINGHE)
    judged(on(3, 9), door=CASHMERE, agencies=(MARKET, QINGHE))
    li_jing, ningjin = account(), account(region="130528", agency="130528-SFJ")
    # 襄都区司法局 supervises 襄都区市场监督管理局 wherever it goes, and sees nothing else in 清河县.
    assert count(li_jing, credit_code=CASHMERE).json()["count"] == 3
    assert count(li_jing, credit_code=CASHMERE, agency=QINGHE).status_code == 404
    assert count(li_jing, credit_code=CASHMERE, agency=FIRE).status_code == 404
    assert count(ningjin, credit_code=CASHMERE).status_code == 404
    assert count(li_jing, credit_code=NOBODY_KNOWS).status_code == 404
    assert [each["agency_code"] for each in flags(li_jing).json()["items"]] == [MARKET]
    assert flags(ningjin).json()["items"] == []
    leader = account("agency_leader", region="", agency=QINGHE)
    assert count(leader, credit_code=CASHMERE, agency=QINGHE).json()["count"] == 3
    assert count(leader, credit_code=CASHMERE).status_code == 404
    assert [each["agency_code"] for each in flags(leader).json()["items"]] == [QINGHE]
    qinghe = account("discipline", region="130534", agency="")
    assert count(qinghe, credit_code=CASHMERE, agency=FIRE).json()["count"] == 0
    assert len(flags(qinghe).json()["items"]) == 2
    for role in ("system_admin", "agency_admin", "audit_admin"):
        clerk = account(role, region="1305", agency=MARKET)
        assert (count(clerk).status_code, flags(clerk).status_code) == (404, 404)
    assert (count(Client()).status_code, flags(Client()).status_code) == (401, 401)


def test_a_moment_that_has_not_come_and_words_that_mean_nothing_are_refused() -> None:
    li_jing = account()
    for ask in (count, flags):
        answer = ask(li_jing, as_of=on(8, 2))
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/as-of-ahead")
    assert li_jing.get(FLAGS, {"as_of": "2026-03-01T00:00:00"}).status_code == 422
    assert flags(li_jing, region="邢台").status_code == 422
    assert flags(li_jing, state="gone").status_code == 422
    assert flags(li_jing, agency="a\x00").status_code == 422


def test_a_count_and_a_page_cost_the_same_after_a_hundred_visits_as_after_one() -> None:
    li_jing = account()
    costs = []
    for numbers in (range(1), range(1, 100)):
        for number in numbers:
            visited(f"V{number}", on(2, 1 + number % 28))
        judged(on(4, 1), cap=0)
        with CaptureQueriesContext(connection) as asked:
            count(li_jing)
            flags(li_jing)
        costs.append(len(asked))
    assert costs[0] == costs[1]
