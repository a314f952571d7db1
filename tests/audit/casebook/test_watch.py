"""What the supervisor watches besides: reasonable frequency, quiet days, single officers, serious cases."""

from datetime import timedelta

from audit.counting import LeftOut
from audit.kinds import Kind, Level
from tests.audit.casebook.story import EXEMPT, MARKET, cap, flags, moment, only, over_cap, rule, visit

WATCH = f"明显超过合理频次 {MARKET} 2026"
QUIET = f"企业宁静日 {MARKET} 2026-03"
ALONE = f"单人执法 {MARKET} 2026-03"
COMPLAINTS = [visit("张伟", f"{month}月1日", **EXEMPT) for month in range(1, 6)]


def test_five_visits_with_reasons_are_over_twice_a_cap_of_two_and_not_over_the_cap() -> None:
    assert flags(COMPLAINTS, cap(2), rule(Kind.REASONABLE_FREQUENCY)) == [WATCH]
    assert flags(COMPLAINTS[:4], cap(2), rule(Kind.REASONABLE_FREQUENCY)) == []


def test_counted_and_exempt_visits_are_added_up() -> None:
    visits = [visit("李娜", "8月1日"), visit("李娜", "9月1日"), *COMPLAINTS[:3]]
    found = only(visits, cap(2), rule(Kind.REASONABLE_FREQUENCY))
    assert (found.level, len(found.counted), found.details["limit"]) == (Level.SERIOUS, 5, 4)
    assert "检查 5 次（含豁免），明显超过合理频次 4 次" in found.sentence


def test_service_visits_and_what_a_superior_ordered_are_outside_the_watch() -> None:
    others = [visit("李娜", "8月1日", purpose="service")]
    others += [visit("李娜", "9月1日", category="special", superior_ordered=True)]
    assert flags([*COMPLAINTS[:4], *others], cap(2), rule(Kind.REASONABLE_FREQUENCY)) == []


def test_where_peers_of_the_industry_and_grade_see_six_visits_the_seventh_stands_out() -> None:
    enacted = rule(Kind.REASONABLE_FREQUENCY, p95={"C34/B": 6, "H62/B": 1})
    visits = [*COMPLAINTS, visit("李娜", "8月1日"), visit("李娜", "9月1日")]
    assert flags(visits[:6], cap(2), enacted) == []
    assert only(visits, cap(2), enacted).details["limit"] == 6


def test_the_percentile_of_peers_lowers_nothing_below_twice_the_cap() -> None:
    assert flags(COMPLAINTS[:4], cap(2), rule(Kind.REASONABLE_FREQUENCY, p95={"C34/B": 1})) == []


def test_where_there_is_no_cap_the_peers_alone_say_what_is_reasonable() -> None:
    assert flags(COMPLAINTS, rule(Kind.REASONABLE_FREQUENCY)) == []
    assert flags(COMPLAINTS, rule(Kind.REASONABLE_FREQUENCY, p95={"C34/B": 3})) == [WATCH]


def test_one_complaint_at_a_whitelisted_enterprise_is_not_beyond_reason() -> None:
    assert flags(COMPLAINTS[:1], cap(0), rule(Kind.REASONABLE_FREQUENCY)) == []


def test_a_routine_visit_on_a_quiet_day_is_told_to_the_supervisor() -> None:
    quiet = rule(Kind.QUIET_DAYS, days=list(range(1, 16)))
    found = only([visit("张伟", "3月5日"), visit("张伟", "3月20日")], quiet)
    assert (found.level, found.counted) == (Level.NOTICE, ("张伟3月5日",))
    assert found.sentence.startswith("襄都区市场监督管理局 2026 年 3 月在企业宁静日上门 1 次")


def test_a_complaint_may_be_looked_into_on_a_quiet_day_and_the_flag_says_so() -> None:
    quiet = rule(Kind.QUIET_DAYS)
    complaint = visit("张伟", "3月6日", **EXEMPT)
    assert flags([complaint], quiet) == []
    assert only([complaint, visit("张伟", "3月5日")], quiet).left_out == (("张伟3月6日", LeftOut.EXEMPT),)


def test_a_reason_without_its_number_opens_no_door_on_a_quiet_day() -> None:
    assert flags([visit("张伟", "3月6日", reason="complaint")], rule(Kind.QUIET_DAYS)) == [QUIET]


def test_the_days_of_the_examinations_are_quiet_too() -> None:
    exams = rule(Kind.QUIET_DAYS, days=[31], dates=["2026-06-07", "2026-06-08"])
    assert flags([visit("张伟", "6月7日"), visit("张伟", "6月9日")], exams) == [f"企业宁静日 {MARKET} 2026-06"]


def test_help_may_come_on_any_day() -> None:
    assert flags([visit("张伟", "3月5日", purpose="service")], rule(Kind.QUIET_DAYS)) == []


def test_an_officer_who_is_still_alone_after_15_minutes_is_told() -> None:
    alone, begun = [visit("张伟", "3月20日 9:00")], moment("3月20日 9:00")
    single = rule(Kind.SINGLE_OFFICER)
    assert flags(alone, single, as_of=begun + timedelta(minutes=14, seconds=59)) == []
    assert flags(alone, single, as_of=begun + timedelta(minutes=15)) == [ALONE]


def test_a_colleague_who_joins_makes_them_two_even_after_the_quarter_of_an_hour() -> None:
    visits = [visit("张伟", "3月20日"), visit("张伟", "3月20日", version=2, beside=["李娜"])]
    assert flags(visits, rule(Kind.SINGLE_OFFICER)) == []


def test_two_are_demanded_for_a_complaint_and_for_what_a_superior_ordered_too() -> None:
    single = rule(Kind.SINGLE_OFFICER)
    assert flags([visit("张伟", "3月20日", **EXEMPT)], single) == [ALONE]
    assert flags([visit("张伟", "3月20日", category="special", superior_ordered=True)], single) == [ALONE]
    assert flags([visit("张伟", "3月20日", purpose="service")], single) == []


def test_an_imported_visit_does_not_say_who_scanned() -> None:
    assert flags([visit("张伟", "3月20日", origin="imported")], rule(Kind.SINGLE_OFFICER)) == []


def test_a_voided_visit_of_one_officer_is_told_beside_the_one_that_stands() -> None:
    visits = [visit("张伟", "3月20日"), visit("李娜", "3月25日", state="voided")]
    found = only(visits, rule(Kind.SINGLE_OFFICER))
    assert (found.counted, found.left_out) == (("张伟3月20日",), (("李娜3月25日", LeftOut.VOIDED),))
    assert flags(visits[1:], rule(Kind.SINGLE_OFFICER)) == []


def test_the_flag_of_a_month_tells_the_version_of_its_last_visit_that_counts() -> None:
    """The version of mid-March asks for three; only a voided visit stood under it."""
    versions = [rule(Kind.SINGLE_OFFICER), rule(Kind.SINGLE_OFFICER, officers=3, version=2, since="2026-03-15")]
    visits = [visit("张伟", "3月3日"), visit("李娜", "3月25日", state="voided")]
    found = only(visits, *versions)
    assert (found.rule.version, found.details["officers"]) == (1, 2)


def test_far_over_the_cap_is_serious() -> None:
    stepped = cap(2, serious_over=4)
    visits = [visit("张伟", f"{month}月1日") for month in range(1, 6)]
    assert only(visits[:4], stepped).level is Level.WARNING
    assert only(visits, stepped).level is Level.SERIOUS
    assert only(visits, cap(2)).level is Level.WARNING


def test_one_visit_may_break_three_rules_and_each_tells_it() -> None:
    visits = [visit("张伟", day, items=("A01",)) for day in ("3月2日", "3月3日", "3月4日")]
    rules = [cap(2), rule(Kind.QUIET_DAYS), rule(Kind.REPEAT_ITEM, days=90)]
    assert flags(visits, *rules) == [over_cap(MARKET), QUIET, f"重复检查 {MARKET} 2026"]
