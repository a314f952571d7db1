"""Rankings of enterprises over any days are those of adding up everybody, however little of the counters is read."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit import ranking
from audit.board import ask
from audit.figures import Definition, Group, Question, Sees
from audit.ranking import top
from audit.services.fold import fold
from tests.audit.counted import FIRE, MARKET, tell
from tests.audit.test_figures import fresh

SHANGHAI = ZoneInfo("Asia/Shanghai")
DOORS = [f"E{number:017d}" for number in range(9)]
REGIONS = ["130502", "130502003", "130534001"]
BEGIN = date(2024, 11, 20)

days = st.integers(0, 430).map(lambda n: BEGIN + timedelta(days=n))
visits = st.tuples(
    # Few doors have most visits, and many have equally many.
    st.sampled_from(DOORS + DOORS[:2] * 4),
    days | st.sampled_from([date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 1), date(2025, 12, 31)]),
    st.sampled_from(REGIONS),
    st.sampled_from(["", "", "J1", "J2"]),
)
questions = st.builds(
    Question,
    group=st.just(Group.ENTERPRISE),
    first=days,
    last=days,
    definition=st.sampled_from(Definition),
    region_prefix=st.sampled_from(["", "13", "130502"]),
    sees=st.sampled_from([Sees(everything=True), Sees(region_prefix="1305"), Sees(region_prefix="130534")]),
    limit=st.integers(1, 5),
)


def _happen(told: list[tuple[str, date, str, str]]) -> None:
    for number, (door, day, region, joint) in enumerate(told):
        tell(
            f"V{number}",
            credit_code=door,
            region_code=region,
            joint_id=joint,
            agency_code=(MARKET, FIRE)[number % 2],
            started_at=datetime.combine(day, time(9), SHANGHAI),
        )


def _visited(days_of: dict[str, list[date]]) -> None:
    """Each of these enterprises on its days; all of it folded."""
    _happen([(door, day, "130502", "") for door, some in days_of.items() for day in some])
    fold()


class TestAnyWindow(TestCase):
    @settings(
        max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
    )
    @given(
        told=st.lists(visits, min_size=1, max_size=40),
        folded=st.integers(0, 60),
        read=st.integers(1, 3),
        asked=st.lists(questions, min_size=4, max_size=8),
    )
    def test_reading_one_enterprise_of_each_counter_first_finds_the_same_as_counting_all(
        self, told: list[Any], folded: int, read: int, asked: list[Question]
    ) -> None:
        _happen(told)
        if folded:
            fold(limit=folded)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(ranking, "FIRST_READ", read)
            for question in asked:
                answer = ask(question)
                assert [(line.key, line.start, dict(line.measures)) for line in answer.lines] == fresh(question)


@pytest.mark.django_db
class TestReadingFew:
    """From 17 December 2024 to 5 August 2025: counters of December and of 2025."""

    question = Question(group=Group.ENTERPRISE, first=date(2024, 12, 17), last=date(2025, 8, 5), limit=1)

    def _top(self, monkeypatch: pytest.MonkeyPatch, question: Question, **sizes: int) -> tuple[list[str], bool]:
        """Who is first, and was everybody added up for it?"""
        for name, size in {"FIRST_READ": 1, **sizes}.items():
            monkeypatch.setattr(ranking, name, size)
        return sorted(code for code, _region in top(question, limit=question.limit)), (
            ranking._by_threshold(question, question.limit) is None
        )

    def test_whoever_has_much_outside_the_window_hides_nobody_who_has_more_inside(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, inside = DOORS[:2]
        outside = [date(2024, 12, n) for n in range(1, 8)] + [date(2025, 9, n) for n in range(1, 8)]
        _visited({before: outside, inside: [date(2025, 2, 3), date(2025, 2, 4)]})
        assert self._top(monkeypatch, self.question) == ([inside], False)

    def test_among_equals_the_key_decides_also_when_the_first_of_them_is_read_last(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Those read have 3 and 2, one of each outside: what nobody unread exceeds is just what leads by then.
        two = [date(2025, 2, 3), date(2025, 3, 3)]
        _visited({DOORS[5]: [*two, date(2025, 11, 3)], DOORS[0]: [two[0], date(2025, 11, 3)], DOORS[1]: two})
        assert self._top(monkeypatch, self.question, FIRST_READ=2) == ([DOORS[1]], False)

    def test_somebody_first_in_no_counter_may_be_first_in_both_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        december, later, both = DOORS[:3]
        _visited(
            {
                december: [date(2024, 12, n) for n in (20, 21, 22)],
                later: [date(2025, 3, n) for n in (3, 4, 5)],
                both: [date(2024, 12, 20), date(2024, 12, 23), date(2025, 3, 20), date(2025, 3, 23)],
            }
        )
        assert self._top(monkeypatch, self.question) == ([both], False)

    @pytest.mark.parametrize("sizes", [{"MOST_READ": 2}, {"FIRST_READ": 10, "MOST_ADDED": 0}], ids=str)
    def test_where_too_many_can_be_among_the_first_everybody_is_added_up(
        self, monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int]
    ) -> None:
        _visited({door: [date(2025, 3, 3)] for door in reversed(DOORS)})
        assert self._top(monkeypatch, self.question, **sizes) == ([DOORS[0]], True)
