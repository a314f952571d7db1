"""Which rule applies: versions in time, scopes, the narrowest of several caps, the tiers."""

from typing import Any

import pytest

from audit.facts import Fact
from audit.finding import Finding
from audit.kinds import Kind
from audit.law import Law
from audit.rules import judge
from tests.audit.casebook.story import (
    CITY,
    END_OF_TIME,
    FIRE,
    MARKET,
    cap,
    findings,
    flags,
    only,
    over_cap,
    rule,
    visit,
)
from tests.town import BEARINGS

MONTHLY = [visit("张伟", f"{month}月8日") for month in range(1, 7)]


def test_where_no_rule_says_a_cap_the_configured_one_does() -> None:
    found = judge(MONTHLY[:3], law=Law([], default_cap=2), as_of=END_OF_TIME)
    assert [(one.rule.code, one.rule.version, one.details["cap"]) for one in found] == [("annual_cap", 0, 2)]
    assert judge(MONTHLY, law=Law([]), as_of=END_OF_TIME) == []


def test_a_rule_looks_at_no_visit_from_before_its_first_day() -> None:
    since_april = cap(2, since="2026-04-08")
    assert only(MONTHLY, since_april).counted == ("张伟4月8日", "张伟5月8日", "张伟6月8日")
    assert flags(MONTHLY[:5], since_april) == []


def test_a_repealed_rule_finds_nothing_from_its_last_day_on() -> None:
    repealed = cap(2, version=2, since="2026-03-01", repeals=True)
    assert flags(MONTHLY, cap(2), repealed) == []
    assert only(MONTHLY, cap(1), repealed).counted == ("张伟1月8日", "张伟2月8日")


def test_repealing_the_narrow_cap_uncovers_the_wide_one() -> None:
    """The whitelist is struck; the city's cap holds for 轴承厂 again."""
    city, white = cap(2, code="市"), cap(0, code="白名单", enterprises=(BEARINGS,))
    struck = cap(0, code="白名单", version=2, enterprises=(BEARINGS,), since="2026-04-01", repeals=True)
    assert only(MONTHLY[:1], city, white).rule.code == "白名单"
    assert flags(MONTHLY[3:5], city, white, struck) == []
    assert only(MONTHLY[3:6], city, white, struck).rule.code == "市"
    default = Law([struck], default_cap=2)
    assert [one.rule.version for one in judge(MONTHLY[3:6], law=default, as_of=END_OF_TIME)] == [0]


def test_a_temporary_version_gives_way_to_the_old_one_when_it_ends() -> None:
    """For March alone one visit was allowed."""
    march = cap(1, version=2, since="2026-03-01", until="2026-04-01")
    in_march = [visit("张伟", "3月30日"), visit("张伟", "3月31日")]
    assert only(in_march, cap(3), march).rule.version == 2
    assert flags([visit("张伟", "3月31日"), visit("张伟", "4月1日")], cap(3), march) == []
    assert only([visit("张伟", f"4月{day}日") for day in (1, 2, 3, 4)], cap(3), march).rule.version == 1


def test_each_visit_is_measured_by_the_version_at_its_own_start() -> None:
    """A cap of 4 until June, of 2 from then on: the visit in June is the first over, and nothing before it is."""
    strict = cap(2, version=2, since="2026-06-01")
    assert flags(MONTHLY[:4], cap(4), strict) == []
    found = only([*MONTHLY[:3], MONTHLY[5]], cap(4), strict)
    assert (found.rule.version, found.details["cap"], len(found.counted)) == (2, 2, 4)


def test_a_later_milder_version_takes_back_nothing_that_was_over_under_the_strict_one() -> None:
    mild = cap(9, version=2, since="2026-06-01")
    assert only(MONTHLY, cap(2), mild).rule.version == 1


def test_of_two_versions_from_one_day_the_higher_one_is_in_force() -> None:
    assert only(MONTHLY, cap(9), cap(2, version=2)).rule.version == 2
    assert only(MONTHLY, cap(2, version=2), cap(9)).rule.version == 2


NARROWER: list[dict[str, Any]] = [
    {"region_prefix": "1305"},
    {"region_prefix": "130502"},
    {"levels": ("district",)},
    {"industries": ("C",)},
    {"risk_grades": ("B",)},
    {"agencies": ("130502-SCJG",)},
    {"enterprises": (BEARINGS,)},
]


@pytest.mark.parametrize("place", range(len(NARROWER)))
def test_of_several_caps_the_narrowest_applies_mild_or_strict(place: int) -> None:
    """From the city's to the whitelist's: region, level, industry, grade, agency, enterprise."""
    wider = [cap(1, code=f"甲{number}", **scope) for number, scope in enumerate(NARROWER[:place])]
    assert only(MONTHLY, *wider, cap(3, code="窄", **NARROWER[place])).rule.code == "窄"
    assert flags(MONTHLY[:3], *wider, cap(3, code="窄", **NARROWER[place])) == []


def test_a_whitelisted_enterprise_may_not_be_visited_without_cause() -> None:
    """苏州: low risk, good credit, no complaint. 玻璃店 is not on the list."""
    white = cap(0, code="白名单", enterprises=(BEARINGS,))
    assert only(MONTHLY[:1], cap(2), white).rule.code == "白名单"
    assert flags([visit("张伟", "1月8日", "玻璃店")], cap(2), white) == []


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"region_prefix": "130534"},
        {"industries": ("F51",)},
        {"risk_grades": ("A", "D")},
        {"levels": ("city",)},
        {"agencies": ("130502-YJ",)},
    ],
)
def test_a_cap_for_others_does_not_look_here(elsewhere: dict[str, Any]) -> None:
    assert flags(MONTHLY, cap(0, **elsewhere)) == []


def test_a_cap_for_an_agency_holds_for_all_below_it() -> None:
    assert flags(MONTHLY[:1], cap(0, agencies=("130500",))) == [over_cap(MARKET)]


def test_a_higher_risk_grade_from_july_on_is_allowed_more_visits_from_july_on() -> None:
    by_grade = [cap(1, code="低", risk_grades=("B",)), cap(3, code="高", risk_grades=("D",))]
    visits = [visit("张伟", "3月5日"), *(visit("张伟", f"{month}月5日", risk_grade="D") for month in (7, 8))]
    assert flags(visits, *by_grade) == []
    assert only([*visits, visit("李娜", "9月5日", risk_grade="D")], *by_grade).rule.code == "高"


def _tiers(*visits: Fact) -> list[Finding]:
    tiers = [
        rule(Kind.TIER_SUM, code="市级", cap=2, levels=("city",)),
        rule(Kind.TIER_SUM, code="县级", cap=2, levels=("district",)),
        rule(Kind.TIER_SUM, code="合计", cap=4, levels=("city", "district")),
    ]
    return findings(visits, *tiers)


def test_two_of_the_city_and_two_of_the_county_are_what_zhongwei_allows() -> None:
    visits = [visit("周洋", "2月1日"), visit("周洋", "3月1日"), visit("张伟", "4月1日"), visit("王强", "5月1日")]
    assert _tiers(*visits) == []
    assert [one.rule.code for one in _tiers(*visits, visit("周洋", "6月1日"))] == ["合计", "市级"]


def test_the_third_visit_of_a_level_is_over_whichever_agencies_came() -> None:
    (found,) = _tiers(visit("张伟", "4月1日"), visit("王强", "5月1日"), visit("李娜", "6月1日"))
    assert (found.rule.code, found.agency_code, found.details["times"]) == ("县级", "", 3)
    assert found.sentence.startswith("各单位 2026 年对该企业合计检查 3 次，超过合计上限 2 次")


def test_a_joint_visit_of_city_and_county_is_one_in_the_sum() -> None:
    joint = [visit(name, "6月18日", joint_id="J") for name in ("周洋", "张伟", "王强")]
    rest = [
        visit("张伟", "2月1日"),
        visit("周洋", "3月1日"),
        visit("王强", "9月1日", reason="media", source_no="1"),
    ]
    assert _tiers(*joint, *rest) == []


def test_an_agency_over_its_cap_and_one_under_it_are_told_apart() -> None:
    visits = [*MONTHLY[:3], visit("王强", "2月1日"), visit("周洋", "3月1日")]
    assert flags(visits, cap(2)) == [over_cap(MARKET)]
    assert sorted(flags(visits, cap(0))) == sorted(over_cap(agency) for agency in (MARKET, FIRE, CITY))
