"""Which scans are one visit: the pure function of promise 11."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from checkins.grouping import Group, Leaving, Point, cluster, group, name_groups, standing_openers

MORNING = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)  # nine o'clock in Xingtai
WINDOW = timedelta(hours=6)


def at(hours: float, name: str = "", continues: str | None = None) -> Point:
    return Point(at=MORNING + timedelta(hours=hours), scan_id=name or f"s{hours}", continues=continues)


def names(groups: list[Group]) -> list[list[str]]:
    return [[point.scan_id for point in found.points] for found in groups]


def grouped(*points: Point, opened_by: dict[str, str] | None = None, departures: tuple[float, ...] = ()) -> list[Group]:
    leavings = [Leaving(at=MORNING + timedelta(hours=hours)) for hours in departures]
    return group(points, departures=leavings, opened_by=opened_by or {}, window=WINDOW)


def test_two_officers_at_nine_and_at_ten_are_one_visit_and_a_scan_at_three_is_another() -> None:
    assert names(grouped(at(0), at(1), at(6))) == [["s0", "s1"], ["s6"]]


def test_six_hours_are_counted_from_the_first_scan_not_from_the_last() -> None:
    assert names(grouped(at(0), at(5), at(7))) == [["s0", "s5"], ["s7"]]


def test_just_before_six_hours_still_belongs() -> None:
    assert names(grouped(at(0), at(5.999))) == [["s0", "s5.999"]]


def test_after_a_departure_the_same_door_is_a_new_visit() -> None:
    assert names(grouped(at(0), at(2), departures=(1,))) == [["s0"], ["s2"]]
    assert names(grouped(at(0), at(2), departures=(3,))) == [["s0", "s2"]]


def test_the_second_day_continues_the_visit_that_it_names_and_its_colleagues_follow() -> None:
    found = grouped(at(0, "opening"), at(24, "next-day", continues="RQ-1"), at(25), opened_by={"RQ-1": "opening"})
    assert names(found) == [["opening", "next-day", "s25"]]


def test_a_visit_over_midnight_is_one() -> None:
    assert names(grouped(at(14), at(17))) == [["s14", "s17"]]


def test_nobody_continues_the_future_nor_a_number_that_nobody_knows() -> None:
    assert names(grouped(at(0, "a", continues="RQ-1"), at(12, "b"), opened_by={"RQ-1": "b"})) == [["a"], ["b"]]
    assert names(grouped(at(0, "a", continues="RQ-9"))) == [["a"]]


def test_a_number_follows_its_opening_scan_and_the_earliest_one_names_the_group() -> None:
    opened = {"RQ-1": "s1", "RQ-2": "s2"}
    assert name_groups(grouped(at(0), at(1), at(2)), opened_by=opened) == ["RQ-1"]
    assert name_groups(grouped(at(0), at(7)), opened_by={"RQ-7": "s7"}) == [None, "RQ-7"]


def test_a_visit_whose_opening_scan_was_withdrawn_stands_in_the_earliest_scan_that_it_still_has() -> None:
    left = [at(1), at(2)]
    openers = standing_openers(left, opened_by={"RQ-1": "gone"}, present={"s1": "RQ-1", "s2": "RQ-1"})
    assert openers == {"RQ-1": "s1"}
    assert name_groups(grouped(*left), opened_by=openers) == ["RQ-1"]


def test_a_visit_without_any_scan_stands_nowhere_and_cannot_be_continued() -> None:
    assert standing_openers([at(1)], opened_by={"RQ-1": "gone"}, present={}) == {}


points = st.lists(
    st.builds(
        lambda minutes, number: Point(at=MORNING + timedelta(minutes=minutes), scan_id=f"{number:03}"),
        st.integers(0, 60 * 60),
        st.integers(0, 999),
    ),
    unique_by=lambda point: point.scan_id,
    max_size=14,
)


@given(points, st.randoms())
def test_the_order_of_arrival_does_not_matter(some: list[Point], chance: object) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert group(shuffled, opened_by={}, window=WINDOW) == group(some, opened_by={}, window=WINDOW)


@given(points)
def test_every_scan_is_in_one_group_and_no_group_is_longer_than_the_window(some: list[Point]) -> None:
    groups = group(some, opened_by={}, window=WINDOW)
    assert sorted(point.scan_id for one in groups for point in one.points) == sorted(p.scan_id for p in some)
    assert all(one.points[-1].at - one.started_at < WINDOW for one in groups)


@given(points, st.integers(0, 60 * 60))
def test_what_lies_beyond_the_cluster_cannot_change_a_group(some: list[Point], minutes: int) -> None:
    here = MORNING + timedelta(minutes=minutes)
    mine = Point(at=here, scan_id="mine")
    first, last = cluster([point.at for point in some], at=here, window=WINDOW)
    near = [point for point in some if first <= point.at <= last]

    def of(chosen: list[Point]) -> list[str]:
        groups = group([*chosen, mine], opened_by={}, window=WINDOW)
        return next(
            [point.scan_id for point in one.points]
            for one in groups
            if "mine" in {point.scan_id for point in one.points}
        )

    assert of(near) == of(some)
