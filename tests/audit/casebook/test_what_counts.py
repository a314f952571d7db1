"""Which visits count, line by line of the law (国办发〔2024〕54号 and its 问题解答, 中卫, 深圳)."""

from itertools import permutations

import pytest

from audit.counting import LeftOut, enterprise_total, service_total
from audit.facts import ExemptReason
from tests.audit.casebook.story import (
    CITY,
    EXEMPT,
    FIRE,
    MARKET,
    again,
    cap,
    count_of,
    counted,
    flags,
    only,
    over_cap,
    visit,
    why,
)

TWICE = [visit("张伟", "3月5日"), visit("李娜", "5月6日")]


def test_two_visits_stay_under_a_cap_of_two() -> None:
    assert counted(TWICE, MARKET) == 2
    assert flags(TWICE, cap(2)) == []


def test_the_third_visit_of_the_year_is_over_a_cap_of_two() -> None:
    visits = [*TWICE, visit("张伟", "9月1日")]
    assert counted(visits, MARKET) == 3
    assert flags(visits, cap(2)) == [over_cap(MARKET)]


def test_another_agency_and_another_enterprise_have_counts_of_their_own() -> None:
    visits = [*TWICE, visit("王强", "9月1日")]
    assert (counted(visits, MARKET), counted(visits, FIRE)) == (2, 1)
    assert flags(visits, cap(2)) == []
    assert flags([visit("张伟", day, "玻璃店") for day in ("9月1日", "9月2日")], cap(2)) == []


def test_whoever_of_the_bureau_comes_it_is_the_bureau_that_counts() -> None:
    visits = [visit("张伟", "3月5日"), visit("李娜", "3月20日"), visit("李娜", "4月2日", beside=["张伟"])]
    assert counted(visits, MARKET) == 3


def test_one_visit_counts_once_whatever_its_officers_and_items() -> None:
    visits = [visit("张伟", "3月5日", beside=["李娜"], items=("A01", "A02", "B07"))]
    assert counted(visits, MARKET) == 1
    assert enterprise_total(visits, year=2026) == 1


def test_two_teams_of_one_bureau_in_the_morning_and_in_the_afternoon_are_two() -> None:
    visits = [visit("张伟", "3月5日 9:00"), visit("李娜", "3月5日 15:30")]
    assert counted(visits, MARKET) == 2
    assert flags(visits, cap(1)) == [over_cap(MARKET)]


def test_routine_special_and_case_inspections_count() -> None:
    visits = [
        visit("张伟", "3月5日"),
        visit("张伟", "4月5日", category="special"),
        visit("张伟", "5月5日", category="case"),
    ]
    assert counted(visits, MARKET) == 3
    assert flags(visits, cap(2)) == [over_cap(MARKET)]


def test_where_the_rule_leaves_case_inspections_out_they_do_not_count() -> None:
    """The other reading of 个案 (中卫): the same visits, another configuration."""
    visits = [*TWICE, visit("张伟", "5月5日", category="case")]
    assert flags(visits, cap(2, count_case=True)) == [over_cap(MARKET)]
    assert flags(visits, cap(2, count_case=False)) == []
    assert why(visits, MARKET, count_case=False) == [LeftOut.CASE]


def test_a_special_campaign_ordered_by_a_superior_does_not_count_and_one_of_its_own_does() -> None:
    ordered = visit("张伟", "9月1日", category="special", superior_ordered=True)
    assert flags([*TWICE, ordered], cap(2)) == []
    assert why([*TWICE, ordered], MARKET) == [LeftOut.SUPERIOR_ORDERED]
    assert flags([*TWICE, visit("张伟", "9月1日", category="special")], cap(2)) == [over_cap(MARKET)]


def test_a_superiors_order_frees_a_special_inspection_only() -> None:
    assert counted([visit("张伟", "9月1日", category="routine", superior_ordered=True)], MARKET) == 1


@pytest.mark.parametrize("reason", list(ExemptReason))
def test_each_exempt_reason_with_a_source_number_takes_a_visit_out_of_the_cap(reason: ExemptReason) -> None:
    visits = [*TWICE, visit("张伟", "9月1日", reason=str(reason), source_no="冀20260901-3")]
    assert flags(visits, cap(2)) == []
    assert why(visits, MARKET) == [LeftOut.EXEMPT]


def test_a_reason_without_its_source_number_takes_nothing_out() -> None:
    visits = [*TWICE, visit("张伟", "9月1日", reason="complaint")]
    assert flags(visits, cap(2)) == [over_cap(MARKET)]


def test_a_rule_that_knows_no_media_reports_counts_them() -> None:
    visits = [*TWICE, visit("张伟", "9月1日", reason="media", source_no="邢台日报9月1日")]
    assert flags(visits, cap(2)) == []
    assert flags(visits, cap(2, exempt=["complaint"])) == [over_cap(MARKET)]


def test_exempt_visits_are_inside_what_the_enterprise_bore() -> None:
    visits = [
        *TWICE,
        visit("王强", "9月1日", **EXEMPT),
        visit("王强", "9月9日", category="special", superior_ordered=True),
    ]
    assert enterprise_total(visits, year=2026) == 4


def test_a_service_visit_has_a_counter_of_its_own_outside_every_cap() -> None:
    visits = [*TWICE, *(visit("张伟", f"{month}月1日", purpose="service") for month in range(6, 12))]
    assert counted(visits, MARKET) == 2
    assert flags(visits, cap(2)) == []
    assert (enterprise_total(visits, year=2026), service_total(visits, year=2026)) == (2, 6)


def test_three_agencies_together_disturb_the_enterprise_once_and_count_one_each() -> None:
    together = [visit(name, "6月18日", joint_id="J-618") for name in ("张伟", "王强", "周洋")]
    assert enterprise_total(together, year=2026) == 1
    assert [counted(together, agency) for agency in (MARKET, FIRE, CITY)] == [1, 1, 1]


def test_where_only_the_host_counts_the_guests_of_a_joint_visit_go_free() -> None:
    """张伟 made the joint visit: its number is his visit's."""
    host = visit("张伟", "6月18日", joint_id="张伟6月18日")
    together = [host, *(visit(name, "6月18日", joint_id=host.visit) for name in ("王强", "周洋"))]
    assert [counted(together, agency, joint_each=False) for agency in (MARKET, FIRE, CITY)] == [1, 0, 0]
    assert flags(together, cap(0, joint="host")) == [over_cap(MARKET)]
    assert len(flags(together, cap(0, joint="each"))) == 3


def test_where_only_the_host_counts_somebody_hosts_when_the_host_was_never_there() -> None:
    """张伟's part is voided: 王强, the first of the others, stands for the joint visit, which still was one."""
    host = visit("张伟", "6月18日", joint_id="张伟6月18日")
    guests = [visit("王强", "6月18日 10:00", joint_id=host.visit), visit("周洋", "6月18日 11:00", joint_id=host.visit)]
    for gone in ({"state": "voided"}, {"purpose": "service"}, dict(EXEMPT)):
        together = [host, again(host, **gone), *guests]
        assert [counted(together, agency, joint_each=False) for agency in (MARKET, FIRE, CITY)] == [0, 1, 0]
        assert flags(together, cap(0, joint="host")) == [over_cap(FIRE)]
        assert why(together, CITY, joint_each=False) == [LeftOut.JOINT_GUEST]


def test_where_only_the_host_counts_one_that_is_taken_back_hosts_until_a_supervisor_confirms() -> None:
    host = visit("张伟", "6月18日", joint_id="张伟6月18日")
    for claim in ({"state": "withdrawn"}, {"claim": {"state": "voided"}}, {"claim": dict(EXEMPT)}):
        together = [host, again(host, **claim), visit("王强", "6月18日", joint_id=host.visit)]
        assert flags(together, cap(0, joint="host")) == [over_cap(MARKET)]
        assert counted(together, FIRE, joint_each=False) == 0


def test_a_guest_that_claims_to_have_counted_takes_the_joint_visit_from_nobody() -> None:
    first = visit("王强", "6月18日 8:00", joint_id="J-618", **EXEMPT)
    together = [first, visit("周洋", "6月18日", joint_id="J-618")]
    assert flags(together, cap(0, joint="host")) == [over_cap(CITY)]
    claimed = again(first, claim={"reason": "", "source_no": ""})
    assert flags([*together, claimed], cap(0, joint="host")) == [over_cap(CITY)]


def test_an_imported_visit_of_the_spring_counts_like_a_scanned_one() -> None:
    visits = [
        visit("张伟", "3月5日", origin="imported"),
        visit("李娜", "5月6日", origin="imported"),
        visit("张伟", "9月1日"),
    ]
    assert flags(visits, cap(2)) == [over_cap(MARKET)]


def test_at_a_stall_without_a_licence_no_rule_looks() -> None:
    visits = [visit("张伟", f"{month}月1日", "无照摊点") for month in range(1, 10)]
    assert flags(visits, cap(0)) == []
    assert enterprise_total(visits, year=2026) == 9


def test_a_flag_tells_every_visit_that_counts_and_why_every_other_does_not() -> None:
    visits = [
        *TWICE,
        visit("张伟", "6月1日", **EXEMPT),
        visit("张伟", "6月2日", purpose="service"),
        visit("李娜", "7月1日", state="voided"),
        visit("张伟", "9月1日"),
    ]
    found = only(visits, cap(2, code="1305-01", version=3))
    assert (found.rule.code, found.rule.version) == ("1305-01", 3)
    assert found.counted == ("张伟3月5日", "李娜5月6日", "张伟9月1日")
    assert found.left_out == (
        ("张伟6月1日", LeftOut.EXEMPT),
        ("张伟6月2日", LeftOut.SERVICE),
        ("李娜7月1日", LeftOut.VOIDED),
    )
    assert found.sentence == (
        "襄都区市场监督管理局 2026 年对该企业检查 3 次，超过年度上限 2 次，另有 3 次不计入"
        "（规则 1305-01 第 3 版，本书）。"
    )


def test_in_whatever_order_the_visits_became_known_the_flag_is_the_same() -> None:
    visits = [*TWICE, visit("张伟", "9月1日"), visit("张伟", "6月1日", **EXEMPT)]
    assert len({str(only(order, cap(2))) for order in permutations(visits)}) == 1


def test_a_backfill_counts_by_its_on_site_start_on_day_9_and_on_day_11_alike() -> None:
    """Facts are never refused: the eleventh day is late, and counted."""
    early, late = (visit("张伟", "3月25日", known_from=TWICE[0].started_at.replace(day=day)) for day in (9, 11))
    for backfilled in (early, late):
        visits = [*TWICE, backfilled]
        assert only(visits, cap(2)).counted == ("张伟3月5日", "张伟3月25日", "李娜5月6日")


def test_a_visit_that_a_late_scan_melted_into_another_counts_no_more() -> None:
    melted = [visit("李娜", "3月5日 11:00"), visit("李娜", "3月5日 11:00", version=2, state="absorbed")]
    assert count_of([*TWICE, *melted], MARKET).left_out == (("李娜3月5日 11:00", LeftOut.ABSORBED),)
    assert counted([*TWICE, *melted], MARKET) == 2
