"""Figures are those of a fresh count of the facts, folded or not; each in its asker's reach and by its definition."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.actor import Actor
from audit.board import ask
from audit.facts import Purpose
from audit.figures import Definition, Group, Question, Sees, cover
from audit.models import MEASURES, PendingFact, Span
from audit.services.account import create_account
from audit.services.fold import fold
from tests.audit.counted import BEARINGS, CASHMERE, CITY, FIRE, KNOWN, MARKET, change, counted_facts, penalty, tell
from tests.audit.stories import play, stories
from tests.house.admin_world import signed_in

YEAR = (date(2026, 1, 1), date(2026, 12, 31))

days = st.integers(0, 60).map(lambda n: date(2025, 12, 15) + timedelta(days=n))
reaches = st.sampled_from(
    [
        Sees(everything=True),
        Sees(region_prefix="1305"),
        Sees(region_prefix="130502", supervised_by="130502-SFJ"),
        Sees(branch=CITY),
        Sees(branch=FIRE),
        Sees(),
    ]
)
questions = st.builds(
    Question,
    group=st.sampled_from(Group),
    first=days | st.just(date(2025, 1, 1)),
    last=days | st.sampled_from([date(2026, 12, 31), date(2025, 12, 31), date(2026, 1, 31)]),
    span=st.none() | st.sampled_from(Span),
    definition=st.sampled_from(Definition),
    purpose=st.sampled_from(Purpose),
    region_prefix=st.sampled_from(["", "13", "130502", "130534001"]),
    agency_code=st.sampled_from(["", MARKET, CITY]),
    sees=reaches,
    limit=st.sampled_from([1, 2, 100]),
)


def _key(question: Question, one: Any) -> list[tuple[str, ...]]:
    keys: dict[Group, list[tuple[str, ...]]] = {
        Group.ALL: [()],
        Group.AGENCY: [(one.agency_code,)],
        Group.OFFICER: [(number, one.agency_code) for number in sorted({number for number, _name in one.officers})],
        Group.ENTERPRISE: [(one.credit_code, one.region_code)],
        Group.CITY: [(one.region_code[:4],)],
        Group.REGION: [(one.region_code[:6],)],
        Group.TOWN: [(one.region_code,)],
        Group.CATEGORY: [(one.category,)],
    }
    return keys[question.group]


def _in(question: Question, one: Any, day: date) -> bool:
    """Is this visit in the question? In plain words, without the program's own."""
    sees = question.sees
    by_region = bool(sees.region_prefix) and one.region_code.startswith(sees.region_prefix)
    by_agency = (bool(sees.branch) and f"/{sees.branch}/" in one.agency_path) or (
        bool(sees.supervised_by) and one.supervised_by == sees.supervised_by
    )
    if question.group is Group.OFFICER:
        by_region = False
    if question.group is Group.ENTERPRISE and sees.region_prefix and not question.agency_code:
        by_agency = False
    return (
        question.first <= day <= question.last
        and one.purpose == question.purpose
        and (question.group is Group.OFFICER or one.region_code.startswith(question.region_prefix))
        and (not question.agency_code or f"/{question.agency_code}/" in one.agency_path)
        and (sees.everything or by_region or by_agency)
    )


def fresh(question: Question) -> list[tuple[tuple[str, ...], date | None, dict[str, int]]]:
    """The answer counted from the facts."""
    whole: dict[tuple[str, ...], Counter[str]] = {}
    parts: dict[tuple[tuple[str, ...], date | None], Counter[str]] = {}
    for one, day, measures in counted_facts():
        if _in(question, one, day):
            start = question.span.first_day(day) if question.span else None
            for key in _key(question, one):
                whole.setdefault(key, Counter()).update(measures)
                parts.setdefault((key, start), Counter()).update(measures)
    shown = [
        key
        for key, sums in whole.items()
        if any(sums.values()) and (question.group is not Group.ENTERPRISE or sums[question.measure] > 0)
    ]
    shown.sort(key=lambda key: (-whole[key][question.measure], key))
    return [
        (key, start, {name: sums[name] for name in MEASURES})
        for key in shown[: question.limit]
        for (of, start), sums in sorted(parts.items(), key=lambda item: str(item[0][1]))
        if of == key and any(sums.values())
    ]


class TestAnyQuestion(TestCase):
    @settings(
        max_examples=60, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
    )
    @given(story=stories, asked=st.lists(questions, min_size=6, max_size=12))
    def test_after_any_story_every_answer_is_a_fresh_count_folded_or_not(
        self, story: list[Any], asked: list[Question]
    ) -> None:
        play(story)
        for question in asked:
            answer = ask(question)
            assert [(line.key, line.start, dict(line.measures)) for line in answer.lines] == fresh(question), question
            assert answer.waiting == 0


@given(first=st.dates(date(2019, 1, 1), date(2027, 1, 1)), length=st.integers(0, 2000), largest=st.sampled_from(Span))
def test_any_window_is_covered_by_sums_each_day_once(first: date, length: int, largest: Span) -> None:
    last = first + timedelta(days=length)
    pieces = cover(first, last, largest)
    covered = [piece.first + timedelta(days=n) for piece in pieces for n in range((piece.end - piece.first).days)]
    assert covered == [first + timedelta(days=n) for n in range(length + 1)]
    assert all(piece.span.first_day(piece.first) == piece.first for piece in pieces)
    assert all(piece.span.first_day(piece.end) == piece.end for piece in pieces)
    assert len(pieces) <= 5


@pytest.mark.django_db
class TestOneFigure:
    def test_a_figure_is_right_before_anything_is_folded_and_after(self) -> None:
        for hour, agency in enumerate((MARKET, FIRE)):
            tell(f"V{hour}", agency_code=agency, joint_id="J", started_at=datetime(2026, 3, 2, hour, tzinfo=UTC))
        tell("V3", started_at=datetime(2026, 5, 2, 1, tzinfo=UTC))
        question = Question(group=Group.ENTERPRISE, first=YEAR[0], last=YEAR[1])
        before = ask(question)
        assert PendingFact.objects.count() == 3
        assert fold() == 3
        assert ask(question) == before
        assert [(line.name, line.measures["once"]) for line in before.lines] == [("某企业", 2)]
        assert before.lines[0].joint_share == 2 / 3

    def test_the_annual_report_leaves_out_what_led_to_a_penalty_and_the_scans_do_not(self) -> None:
        tell("V1")
        tell("V2", started_at=datetime(2026, 4, 2, 1, tzinfo=UTC))
        penalty("P1")
        question = Question(group=Group.AGENCY, first=YEAR[0], last=YEAR[1])
        scans = ask(question)
        report = ask(replace(question, definition=Definition.ANNUAL_REPORT))
        assert scans.lines[0].measures[scans.question.measure] == 2
        assert report.lines[0].measures[report.question.measure] == 1

    def test_what_the_own_agency_takes_back_is_told_apart_until_a_supervisor_confirms(self) -> None:
        tell("V1")
        fold()
        change("V1", state="withdrawn")
        line = ask(Question(group=Group.ALL, first=YEAR[0], last=YEAR[1])).lines[0]
        assert (line.measures["visits"], line.measures["withdrawn"]) == (0, 1)
        assert (line.measures["counted"], line.measures["unconfirmed"]) == (1, 1)
        change("V1", state="voided")
        line = ask(Question(group=Group.ALL, first=YEAR[0], last=YEAR[1])).lines[0]
        assert (line.measures["counted"], line.measures["unconfirmed"], line.measures["voided"]) == (0, 0, 1)

    def test_after_a_large_import_an_answer_says_how_much_is_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("audit.board.TAIL_LIMIT", 2)
        for number in range(5):
            tell(f"V{number}")
        answer = ask(Question(group=Group.ALL, first=YEAR[0], last=YEAR[1]))
        assert (answer.lines[0].measures["visits"], answer.waiting) == (2, 3)


def _browser(role: str, *, region: str = "", agency: str = "") -> Client:
    return signed_in(
        create_account(
            username="li.jing",
            name="李静",
            role=role,
            region_prefix=region,
            agency_code=agency,
            password=None,
            actor=Actor.command("test"),
            at=KNOWN,
        )
    )


def _ask(browser: Client, **words: Any) -> Any:
    return browser.get("/api/v1/supervision/figures", {"group": "agency", "from": YEAR[0], "to": YEAR[1], **words})


@pytest.mark.django_db
class TestTheAddress:
    @pytest.fixture(autouse=True)
    def _visits(self) -> None:
        tell("V1")
        tell("V2", agency_code=FIRE, credit_code=CASHMERE)
        tell("V3", agency_code=CITY, credit_code=CASHMERE, supervised_by="1305-SFJ")
        fold(limit=1)

    def test_a_supervisor_sees_its_agencies_and_its_region_with_the_definition(self) -> None:
        answer = _ask(_browser("supervisor", region="130502", agency="130502-SFJ")).json()
        assert [(line["key"], line["value"]) for line in answer["lines"]] == [([MARKET], 1), ([FIRE], 1)]
        assert answer["definition"]["code"] == "scans"
        assert "扫码口径" in answer["definition"]["text"]
        assert (answer["measure"], answer["waiting"]) == ("visits", 0)

    def test_a_leader_sees_the_own_branch_and_others_are_not_found(self) -> None:
        browser = _browser("agency_leader", agency=FIRE)
        assert [line["key"] for line in _ask(browser).json()["lines"]] == [[FIRE]]
        assert [line["key"] for line in _ask(browser, group="enterprise").json()["lines"]] == [[CASHMERE, "130534001"]]
        assert _ask(browser, agency=MARKET).status_code == 404
        assert _ask(browser, agency=FIRE).status_code == 200

    def test_the_discipline_organ_sees_its_region_alone(self) -> None:
        browser = _browser("discipline", region="130502")
        assert [line["key"] for line in _ask(browser, group="enterprise").json()["lines"]] == [[BEARINGS, "130502"]]
        assert _ask(browser, region="130534").status_code == 404
        assert _ask(browser, group="officer").json()["lines"] == []

    def test_whoever_has_no_such_duty_finds_nothing_there_and_nobody_is_asked_to_sign_in(self) -> None:
        assert _ask(_browser("system_admin")).status_code == 404
        stranger = _ask(Client())
        assert (stranger.status_code, stranger.json()["type"]) == (401, "/problems/unauthorized")

    def test_one_factor_alone_is_nobody(self) -> None:
        browser = _browser("discipline", region="130502")
        session = browser.session
        del session["otp_device_id"]
        session.save()
        assert _ask(browser).status_code == 401

    @pytest.mark.parametrize(
        ("words", "problem"),
        [
            ({"from": "2026-02-01", "to": "2026-01-31"}, "no-such-window"),
            ({"from": "1980-01-01"}, "no-such-window"),
            ({"from": "2026-02-30"}, "invalid-body"),
            ({"group": "planet"}, "invalid-body"),
            ({"region": "1305020"}, "invalid-body"),
            ({"region": "１３"}, "invalid-body"),
            ({"agency": "a\0b"}, "invalid-body"),
            ({"limit": 0}, "invalid-body"),
            ({"group": "officer", "region": "1305"}, "figure-not-kept"),
        ],
        ids=str,
    )
    def test_a_question_that_makes_no_sense_is_told_so(self, words: dict[str, Any], problem: str) -> None:
        answer = _ask(_browser("supervisor", region="1305", agency="1305-SFJ"), **words)
        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{problem}")

    def test_a_trend_by_month_begins_each_line_on_the_first(self) -> None:
        tell("V4", started_at=datetime(2026, 4, 30, 16, tzinfo=UTC))
        browser = _browser("supervisor", region="1305", agency="1305-SFJ")
        lines = _ask(browser, span="month", agency=MARKET).json()["lines"]
        assert [(line["start"], line["value"]) for line in lines] == [("2026-03-01", 1), ("2026-05-01", 1)]
