"""The on-site start decides, in Asia/Shanghai: New Year's Eve, leap days, midnight."""

from datetime import UTC, datetime

import pytest

from audit.counting import LeftOut, enterprise_total
from audit.kinds import Kind
from tests.audit.casebook.story import MARKET, cap, counted, flags, only, over_cap, rule, visit, why

EVE = visit("张伟", "12月31日 23:50")


def test_a_visit_begun_on_new_years_eve_is_the_old_years_though_it_went_on_past_midnight() -> None:
    assert (counted([EVE], MARKET), counted([EVE], MARKET, year=2027)) == (1, 0)
    assert why([EVE], MARKET, year=2027) == [LeftOut.OTHER_YEAR]


def test_a_visit_of_new_years_eve_that_was_continued_in_january_stays_one_of_december() -> None:
    """Its second day joined an officer: another version of the same fact, with the same start."""
    continued = visit("张伟", "12月31日 23:50", version=2, beside=["李娜"])
    assert (counted([EVE, continued], MARKET), counted([EVE, continued], MARKET, year=2027)) == (1, 0)


def test_ten_minutes_into_the_new_year_a_new_count_begins() -> None:
    visits = [visit("张伟", "11月5日"), EVE, visit("张伟", "2027年1月1日 0:10")]
    assert flags(visits, cap(2)) == []
    assert flags(visits, cap(1)) == [over_cap(MARKET)]
    assert (counted(visits, MARKET), counted(visits, MARKET, year=2027)) == (2, 1)


def test_two_years_over_the_cap_are_two_flags() -> None:
    visits = [visit("张伟", f"{year}年{month}月1日") for year in (2026, 2027) for month in (3, 5)]
    assert flags(visits, cap(1)) == [over_cap(MARKET), over_cap(MARKET, 2027)]


def test_four_in_the_afternoon_of_new_years_eve_in_london_is_the_new_year_in_xingtai() -> None:
    in_utc = [datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, 0, tzinfo=UTC)]
    last, first = (visit("张伟", "12月31日", visit=f"V{moment:%H}", started_at=moment) for moment in in_utc)
    assert counted([last, first], MARKET) == 1
    assert why([last, first], MARKET, year=2027) == [LeftOut.OTHER_YEAR]


def test_a_late_upload_in_january_of_a_december_visit_makes_decembers_year_over() -> None:
    visits = [visit("张伟", "3月5日"), visit("李娜", "5月6日")]
    late = visit("张伟", "12月29日", known_from=datetime(2027, 1, 7, tzinfo=UTC))
    found = only([*visits, late], cap(2))
    assert (found.period, found.visit) == ("2026", "张伟12月29日")


def test_the_leap_day_is_a_day_of_its_year() -> None:
    visits = [visit("张伟", f"2028年{day}") for day in ("1月5日", "2月29日", "12月31日")]
    assert counted(visits, MARKET, year=2028) == 3
    assert only(visits, cap(2)).counted[1] == "张伟2028年2月29日"


@pytest.mark.parametrize(("year", "days"), [(2028, 3), (2026, 2)])
def test_from_28_february_to_1_march_it_is_three_days_in_a_leap_year(year: int, days: int) -> None:
    visits = [visit("张伟", f"{year}年2月28日"), visit("王强", f"{year}年3月1日")]
    too_often = f"高频检查 企业 {year}"
    assert flags(visits, rule(Kind.ROLLING_WINDOW, days=days, limit=1)) == [too_often]
    assert flags(visits, rule(Kind.ROLLING_WINDOW, days=days - 1, limit=1)) == []


def test_the_longest_window_reaches_back_to_the_day_after_last_years_leap_day() -> None:
    year = rule(Kind.ROLLING_WINDOW, days=366, limit=1, since="2024-01-01")
    assert flags([visit("张伟", "2028年2月29日"), visit("张伟", "2029年2月28日")], year) == ["高频检查 企业 2029"]
    assert flags([visit("张伟", "2028年2月29日"), visit("张伟", "2029年3月1日")], year) == []


def test_a_rule_begins_with_the_first_minute_of_its_day_in_xingtai() -> None:
    july = cap(0, since="2026-07-01")
    assert flags([visit("张伟", "6月30日 23:59")], july) == []
    assert flags([visit("张伟", "7月1日 0:00")], july) == [over_cap(MARKET)]


def test_a_rule_ends_with_the_last_minute_before_its_end() -> None:
    first_half = cap(0, until="2026-07-01")
    assert flags([visit("张伟", "6月30日 23:59")], first_half) == [over_cap(MARKET)]
    assert flags([visit("张伟", "7月1日 0:00")], first_half) == []


def test_a_joint_visit_around_midnight_of_new_years_eve_is_one_in_each_year() -> None:
    """Each agency's visit is of the year of its own start; either year's enterprise was disturbed once."""
    visits = [visit("张伟", "12月31日 23:50", joint_id="J"), visit("王强", "2027年1月1日 0:10", joint_id="J")]
    assert [enterprise_total(visits, year=year) for year in (2026, 2027)] == [1, 1]


def test_a_quiet_day_ends_at_midnight() -> None:
    quiet = rule(Kind.QUIET_DAYS, days=list(range(1, 16)))
    assert flags([visit("张伟", "3月15日 23:59")], quiet) == ["企业宁静日 襄都区市场监督管理局 2026-03"]
    assert flags([visit("张伟", "3月16日 0:00")], quiet) == []
