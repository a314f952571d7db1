"""高频, 重复, 多头: what is too much within some days."""

from audit.counting import LeftOut
from audit.kinds import Kind, Level
from tests.audit.casebook.story import EXEMPT, MARKET, again, findings, flags, only, rule, visit

OFTEN = rule(Kind.ROLLING_WINDOW, days=30, limit=2)
AGAIN = rule(Kind.REPEAT_ITEM, days=90)
MANY = rule(Kind.MANY_AGENCIES, days=15, agencies=3)


def test_day_30_is_inside_a_window_of_30_days_and_day_31_is_not() -> None:
    visits = [visit("张伟", "3月1日"), visit("王强", "3月10日")]
    assert flags([*visits, visit("周洋", "3月30日")], OFTEN) == ["高频检查 企业 2026"]
    assert flags([*visits, visit("周洋", "3月31日")], OFTEN) == []


def test_days_count_not_hours() -> None:
    """From the last minute of 1 March to the first of 30 March it is 28 days and a little, and day 30."""
    visits = [visit("张伟", "3月1日 23:59"), visit("王强", "3月10日")]
    assert len(flags([*visits, visit("周洋", "3月30日 0:00")], OFTEN)) == 1
    assert flags([*visits, visit("周洋", "3月31日 0:00")], OFTEN) == []


def test_a_window_over_new_year_belongs_to_the_year_in_which_it_ends() -> None:
    visits = [visit("张伟", "12月20日"), visit("王强", "12月28日"), visit("周洋", "2027年1月5日")]
    found = only(visits, OFTEN)
    assert (found.period, len(found.counted), found.details["times"]) == ("2027", 3, 3)


def test_three_agencies_together_are_one_visit_of_the_window() -> None:
    joint = [visit(name, "3月5日", joint_id="J") for name in ("张伟", "王强", "周洋")]
    assert flags([*joint, visit("张伟", "3月9日")], OFTEN) == []
    found = only([*joint, visit("张伟", "3月9日"), visit("李娜", "3月20日")], OFTEN)
    assert (found.details["times"], len(found.counted)) == (3, 5)


def test_the_flag_tells_the_worst_window_and_the_visits_of_all_that_went_too_far() -> None:
    spring = [visit("张伟", f"3月{day}日") for day in (1, 2, 3)]
    autumn = [visit("张伟", f"9月{day}日") for day in (1, 2, 3, 4)]
    found = only([*spring, visit("张伟", "6月1日"), *autumn], OFTEN)
    assert found.counted == tuple(fact.visit for fact in [*spring, *autumn])
    assert found.details["times"] == 4


def test_the_flag_names_what_in_its_window_did_not_count() -> None:
    visits = [visit("张伟", f"3月{day}日") for day in (1, 9, 20)]
    found = only([*visits, visit("王强", "3月12日", **EXEMPT), visit("王强", "8月1日", purpose="service")], OFTEN)
    assert found.left_out == (("王强3月12日", LeftOut.EXEMPT),)


def test_a_longer_window_enacted_in_april_looks_back_into_march() -> None:
    """Each visit is measured by the version at its own start, and that looks 60 days back, not 10."""
    versions = [
        rule(Kind.ROLLING_WINDOW, days=10, limit=2),
        rule(Kind.ROLLING_WINDOW, days=60, limit=2, version=2, since="2026-04-01"),
    ]
    visits = [visit("张伟", "3月1日"), visit("王强", "3月25日"), visit("周洋", "4月2日")]
    found = only(visits, *versions)
    assert (found.rule.version, found.counted) == (2, ("张伟3月1日", "王强3月25日", "周洋4月2日"))


def test_one_step_further_is_serious() -> None:
    steps = rule(Kind.ROLLING_WINDOW, days=30, limit=2, serious_over=3)
    visits = [visit("张伟", f"3月{day}日") for day in (1, 9, 20, 28)]
    assert only(visits[:3], steps).level is Level.WARNING
    assert only(visits, steps).level is Level.SERIOUS


def test_the_same_item_on_day_90_is_a_repeat_and_on_day_91_is_not() -> None:
    first = visit("张伟", "1月1日", items=("A01", "A02"))
    assert flags([first, visit("李娜", "3月31日", items=("A01",))], AGAIN) == [f"重复检查 {MARKET} 2026"]
    assert flags([first, visit("李娜", "4月1日", items=("A01",))], AGAIN) == []


def test_another_item_or_another_agency_repeats_nothing() -> None:
    first = visit("张伟", "1月1日", items=("A01",))
    assert flags([first, visit("张伟", "1月9日", items=("A02",))], AGAIN) == []
    assert flags([first, visit("王强", "1月9日", items=("A01",))], AGAIN) == []
    assert flags([first, visit("张伟", "1月9日")], AGAIN) == []


def test_a_repeat_names_its_items_and_the_first_visit_of_them() -> None:
    visits = [visit("张伟", "1月1日", items=("A01",)), visit("张伟", "2月1日", items=("B02",))]
    visits += [visit("李娜", "3月1日", items=("A01", "B02"))]
    found = only([*visits, visit("李娜", "2月9日", items=("A01",), **EXEMPT)], AGAIN)
    assert found.details["items"] == "A01、B02"
    assert found.counted == tuple(fact.visit for fact in visits)
    assert found.left_out == (("李娜2月9日", LeftOut.EXEMPT),)


def test_looking_again_at_what_was_to_be_mended_is_no_repeat() -> None:
    again = visit("张伟", "2月1日", items=("A01",), reason="rectification", source_no="整改〔2026〕7号")
    assert flags([visit("张伟", "1月1日", items=("A01",)), again], AGAIN) == []


def test_three_agencies_one_by_one_within_15_days_are_too_many() -> None:
    visits = [visit("张伟", "3月1日"), visit("王强", "3月8日"), visit("周洋", "3月15日")]
    found = only(visits, MANY)
    assert (found.level, found.agency_code, found.details["agencies"]) == (Level.NOTICE, "", 3)
    assert flags([*visits[:2], visit("周洋", "3月16日")], MANY) == []


def test_with_one_joint_number_they_are_one_arrival() -> None:
    joint = [visit(name, "3月1日", joint_id="J") for name in ("张伟", "王强", "周洋")]
    assert flags(joint, MANY) == []
    assert flags([*joint, visit("赵敏", "3月9日")], MANY) == []


def test_two_that_came_together_and_two_that_came_alone_are_three_arrivals() -> None:
    joint = [visit(name, "3月1日", joint_id="J") for name in ("张伟", "王强")]
    found = only([*joint, visit("周洋", "3月9日"), visit("赵敏", "3月12日")], MANY)
    assert (found.details["agencies"], len(found.counted)) == (3, 4)


def test_one_agency_that_comes_three_times_is_not_many() -> None:
    assert flags([visit("张伟", f"3月{day}日") for day in (1, 2, 3)], MANY) == []


def test_help_and_complaints_make_nobody_one_too_many() -> None:
    visits = [visit("张伟", "3月1日"), visit("王强", "3月2日", purpose="service"), visit("周洋", "3月3日", **EXEMPT)]
    assert flags(visits, MANY) == []
    assert flags([*visits, visit("赵敏", "3月4日")], rule(Kind.MANY_AGENCIES, days=15)) == ["多头检查 企业 2026"]


def test_a_visit_that_names_an_item_twice_repeats_nothing() -> None:
    assert flags([visit("张伟", "1月1日", items=("A01", "A01"))], AGAIN) == []


def test_a_repeat_over_new_year_tells_all_that_its_window_holds() -> None:
    visits = [visit("张伟", day, items=("A01",)) for day in ("11月1日", "12月20日", "2027年1月5日")]
    assert [one.counted for one in findings(visits, AGAIN)] == [
        ("张伟11月1日", "张伟12月20日"),
        ("张伟11月1日", "张伟12月20日", "张伟2027年1月5日"),
    ]


def test_a_later_milder_version_takes_nothing_of_its_gravity_from_an_earlier_window() -> None:
    versions = [
        rule(Kind.ROLLING_WINDOW, days=10, limit=1, serious_over=2),
        rule(Kind.ROLLING_WINDOW, days=10, limit=1, version=2, since="2026-06-01"),
    ]
    spring = [visit("张伟", f"3月{day}日") for day in (1, 2, 3)]
    summer = [visit("张伟", f"7月{day}日") for day in (1, 2, 3, 4)]
    found = only([*spring, *summer], *versions)
    assert (found.level, found.rule.version, found.details["times"]) == (Level.SERIOUS, 2, 4)


def test_an_agency_cannot_melt_two_arrivals_into_one_by_its_own_words() -> None:
    """张伟 came to it for a complaint, so 王强 led; now 张伟's bureau says that it came to inspect, and first."""
    joint = visit("张伟", "3月5日 9:00", joint_id="J", **EXEMPT)
    visits = [visit("张伟", "3月1日"), joint, visit("王强", "3月5日 9:05", joint_id="J")]
    two = rule(Kind.MANY_AGENCIES, days=15)
    assert flags(visits, two) == ["多头检查 企业 2026"]
    assert flags([*visits, again(joint, claim={"reason": "", "source_no": ""})], two) == ["多头检查 企业 2026"]
    assert flags([*visits, again(joint, reason="", source_no="")], two) == []
