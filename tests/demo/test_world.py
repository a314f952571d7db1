import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest
from geopy.distance import great_circle
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from project.demo.counties import COUNTIES
from project.demo.enterprises import Enterprise
from project.demo.visits import Visit
from project.demo.world import World, world

pytestmark = pytest.mark.embedded

TODAY = date(2026, 11, 22)
OTHER_MORNINGS = [date(2026, 1, 1), date(2026, 2, 17), date(2027, 6, 30), date(2028, 2, 29)]


@pytest.fixture(scope="module")
def city() -> World:
    return world(today=TODAY)


def total(city: World) -> Counter[str]:
    """How often each enterprise was visited, a joint inspection counting once."""
    events = {(visit.credit_code, visit.joint_id or (visit.agency, visit.started_at)) for visit in city.visits}
    return Counter(credit_code for credit_code, _ in events)


def over_the_cap(city: World, *, cap: int = 2) -> set[str]:
    """Enterprises that one agency inspected more often than the cap in a calendar year, exempt visits left out."""
    counted = Counter(
        (visit.agency, visit.credit_code, visit.started_at.year)
        for visit in city.visits
        if visit.purpose == "inspection" and visit.reason is None
    )
    return {credit_code for (_, credit_code, _), times in counted.items() if times > cap}


def register(city: World) -> dict[str, Enterprise]:
    return {enterprise.credit_code: enterprise for enterprise in city.enterprises}


def joint(city: World) -> dict[str, list[Visit]]:
    groups: dict[str, list[Visit]] = defaultdict(list)
    for visit in city.visits:
        if visit.joint_id is not None:
            groups[visit.joint_id].append(visit)
    return groups


def test_the_same_seed_gives_the_same_world(city: World) -> None:
    assert world(today=TODAY) == city


def test_another_seed_gives_another_world(city: World) -> None:
    other = world(today=TODAY, seed=1)
    assert {officer.name for officer in other.officers} != {officer.name for officer in city.officers}
    assert not {e.credit_code for e in other.enterprises} & {e.credit_code for e in city.enterprises}


def test_the_enterprises_are_the_same_tomorrow(city: World) -> None:
    assert world(today=TODAY + timedelta(days=1)).enterprises == city.enterprises


def test_a_world_is_told_in_less_than_three_seconds() -> None:
    start = time.process_time()
    world(today=TODAY)
    assert time.process_time() - start < 3


def test_the_world_has_the_size_it_promises(city: World) -> None:
    assert 20 <= len(city.agencies) <= 24
    assert 55 <= len(city.officers) <= 70
    assert len(city.enterprises) == 2000
    assert 6000 <= len(city.visits) <= 9000


def test_an_agency_stands_after_its_parent_and_its_supervisor(city: World) -> None:
    known: set[str | None] = {None}
    for agency in city.agencies:
        assert agency.code not in known
        assert {agency.parent, agency.supervised_by} <= known
        known.add(agency.code)


def test_each_agency_is_supervised_by_the_judicial_bureau_of_its_own_government(city: World) -> None:
    names = {agency.code: agency.name for agency in city.agencies}
    for agency in city.agencies:
        if agency.inspects:
            assert agency.supervised_by == f"{agency.region_code[:6]}-SFJ"
            assert names[agency.supervised_by].endswith("司法局")


def test_officers_are_told_apart_by_certificate_and_by_name(city: World) -> None:
    assert len({officer.certificate_no for officer in city.officers}) == len(city.officers)
    assert len({officer.name for officer in city.officers}) == len(city.officers)
    assert all(officer.certificate_no.isdigit() and len(officer.certificate_no) == 11 for officer in city.officers)


def test_every_inspecting_agency_has_officers_and_only_they_do(city: World) -> None:
    assert {officer.agency for officer in city.officers} == {a.code for a in city.agencies if a.inspects}


def test_four_officers_may_no_longer_inspect(city: World) -> None:
    assert sum(officer.status != "active" for officer in city.officers) == 2
    expired = [officer for officer in city.officers if officer.valid_until < TODAY]
    assert len(expired) == 2
    assert all(officer.status == "active" for officer in expired)


def test_every_enterprise_has_a_credit_code_that_passes_its_check(city: World) -> None:
    for enterprise in city.enterprises:
        assert uscc.is_valid(enterprise.credit_code)
        assert enterprise.credit_code[:2] in {"91", "92", "93"}
        assert enterprise.credit_code[2:8] == enterprise.county


def test_old_enterprises_have_a_registration_number_that_passes_its_check(city: World) -> None:
    numbers = [e.registration_no for e in city.enterprises if e.registration_no is not None]
    assert 300 < len(numbers) < 800
    assert all(len(number) == 15 and mod_11_10.is_valid(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_no_two_enterprises_share_a_code_or_a_name(city: World) -> None:
    assert len({enterprise.credit_code for enterprise in city.enterprises}) == 2000
    assert len({enterprise.name for enterprise in city.enterprises}) == 2000


def test_a_former_name_is_not_the_present_one(city: World) -> None:
    renamed = [enterprise for enterprise in city.enterprises if enterprise.former_names]
    assert 50 < len(renamed) < 250
    assert all(enterprise.name not in enterprise.former_names for enterprise in renamed)


@pytest.mark.parametrize(
    ("county", "industry_code", "word"),
    [
        ("130534", "C17", "绒"),
        ("130535", "C34", "轴承"),
        ("130582", "C30", "玻璃"),
        ("130528", "C38", "缆"),
        ("130525", "C14", "食品"),
        ("130532", "C37", "车"),
    ],
)
def test_a_county_makes_what_it_is_famous_for(city: World, county: str, industry_code: str, word: str) -> None:
    here = [e for e in city.enterprises if e.county == county]
    famous = [e for e in here if e.industry_code == industry_code and word in e.name]
    assert len(famous) > len(here) / 7


def test_premises_lie_within_ten_kilometres_of_their_county_seat(city: World) -> None:
    centres = {county.code: (county.latitude, county.longitude) for county in COUNTIES}
    for enterprise in city.enterprises:
        assert enterprise.premises
        for place in enterprise.premises:
            assert place.datum == "WGS84"
            assert great_circle((place.latitude, place.longitude), centres[enterprise.county]).km < 10


def test_some_enterprises_have_several_premises(city: World) -> None:
    assert 80 < sum(len(enterprise.premises) > 1 for enterprise in city.enterprises) < 300


def test_visits_are_in_order_and_end_yesterday(city: World) -> None:
    assert all(one.started_at <= next_one.started_at for one, next_one in pairwise(city.visits))
    days = [visit.started_at.date() for visit in city.visits]
    assert TODAY - timedelta(days=365) <= min(days) < TODAY - timedelta(days=358)
    assert TODAY - timedelta(days=4) <= max(days) < TODAY


def test_visits_name_only_what_the_world_has(city: World) -> None:
    agencies = {agency.code for agency in city.agencies}
    staff = {officer.certificate_no: officer.agency for officer in city.officers}
    codes = register(city)
    for visit in city.visits:
        assert visit.agency in agencies
        assert visit.credit_code in codes
        assert {staff[number] for number in visit.certificate_nos} == {visit.agency}


def test_officers_inspect_only_with_a_good_certificate(city: World) -> None:
    staff = {officer.certificate_no: officer for officer in city.officers}
    for visit in city.visits:
        day = visit.started_at.date()
        assert all(staff[number].valid(since=day, until=day) for number in visit.certificate_nos)


def test_nobody_is_in_two_places_at_once(city: World) -> None:
    diaries = defaultdict(list)
    for visit in city.visits:
        for number in visit.certificate_nos:
            diaries[number].append(visit.started_at)
    for moments in diaries.values():
        assert all(later - earlier >= timedelta(minutes=20) for earlier, later in pairwise(moments))


def test_nobody_is_in_two_counties_on_one_day(city: World) -> None:
    codes = register(city)
    counties = defaultdict(set)
    for visit in city.visits:
        for number in visit.certificate_nos:
            counties[number, visit.started_at.date()].add(codes[visit.credit_code].county)
    assert all(len(places) == 1 for places in counties.values())


def test_officers_mostly_come_in_pairs(city: World) -> None:
    sizes = Counter(len(visit.certificate_nos) for visit in city.visits)
    assert set(sizes) == {1, 2, 3}
    assert sizes[2] > 0.8 * len(city.visits)
    assert 0 < sizes[1] < 0.05 * len(city.visits)


def test_agencies_mostly_stay_in_their_own_region(city: World) -> None:
    codes = register(city)
    for agency in city.agencies:
        regions = [codes[visit.credit_code].region_code for visit in city.visits if visit.agency == agency.code]
        assert agency.inspects == bool(regions)
        assert sum(region.startswith(agency.home) for region in regions) >= 0.9 * len(regions)


def test_weekends_and_holidays_are_nearly_free_of_visits(city: World) -> None:
    weekdays = Counter(visit.started_at.weekday() for visit in city.visits)
    assert 0 < weekdays[5] + weekdays[6] < 0.05 * len(city.visits)
    new_year = sum(date(2026, 2, 16) <= visit.started_at.date() <= date(2026, 2, 23) for visit in city.visits)
    assert new_year < 12


def test_spring_and_autumn_are_busier_than_high_summer_and_new_year(city: World) -> None:
    months = Counter(visit.started_at.month for visit in city.visits if visit.started_at.year == 2026)
    assert min(months[3], months[4], months[6], months[9]) > max(months[7], months[8]) > 2 * months[2]


def test_about_one_visit_in_eight_is_a_service(city: World) -> None:
    services = [visit for visit in city.visits if visit.purpose == "service"]
    assert 0.09 < len(services) / len(city.visits) < 0.15
    assert all(visit.reason is None and visit.joint_id is None for visit in services)


def test_inspections_are_routine_for_the_most_part(city: World) -> None:
    kinds = Counter(visit.category for visit in city.visits if visit.purpose == "inspection")
    assert kinds["routine"] > kinds["special"] > kinds["case"] > 300


def test_an_exempt_visit_carries_its_source_number_and_no_other_does(city: World) -> None:
    assert all((visit.reason is None) == (visit.source_no is None) for visit in city.visits)
    complaints = [visit for visit in city.visits if visit.reason == "投诉举报"]
    assert len(complaints) > 100
    for visit in complaints:
        assert visit.source_no is not None
        assert visit.source_no.startswith("12345-")
        assert visit.source_no[6:14] <= f"{visit.started_at:%Y%m%d}"


def test_joint_visits_bring_two_or_three_agencies_to_one_door_at_one_time(city: World) -> None:
    groups = joint(city)
    assert 80 < len(groups) < 200
    for group in groups.values():
        assert len({(visit.credit_code, visit.started_at, visit.category) for visit in group}) == 1
        assert len({visit.agency for visit in group}) == len(group)
    assert {len(group) for group in groups.values()} == {2, 3}


def test_most_enterprises_are_visited_at_most_six_times(city: World) -> None:
    times = total(city)
    rarely = sum(times[enterprise.credit_code] <= 6 for enterprise in city.enterprises)
    assert rarely > 0.9 * len(city.enterprises)
    assert sum(times[enterprise.credit_code] == 0 for enterprise in city.enterprises) > 100


def test_some_enterprises_are_inspected_far_too_often(city: World) -> None:
    often = {credit_code for credit_code, times in total(city).items() if times >= 8}
    assert 18 <= len(often) <= 22
    assert max(total(city).values()) <= 20
    for credit_code in often:
        assert len({visit.agency for visit in city.visits if visit.credit_code == credit_code}) >= 3


def test_some_of_them_are_over_the_cap_of_one_agency(city: World) -> None:
    often = {credit_code for credit_code, times in total(city).items() if times >= 8}
    assert 8 <= len(over_the_cap(city) & often) <= 20
    assert len(over_the_cap(city)) <= 30


def test_closed_and_revoked_enterprises_exist_and_are_left_alone(city: World) -> None:
    gone = {e.credit_code for e in city.enterprises if e.status in {"closed", "revoked"}}
    assert len(gone) > 20
    assert not gone & {visit.credit_code for visit in city.visits}


@pytest.mark.parametrize("today", OTHER_MORNINGS, ids=str)
def test_a_world_can_be_told_on_any_morning(today: date) -> None:
    city = world(today=today)
    assert 5500 <= len(city.visits) <= 9000
    assert max(visit.started_at.date() for visit in city.visits) < today
    assert len(over_the_cap(city)) >= 5


@pytest.mark.parametrize("number", [1, 30, 300])
def test_a_small_world_has_few_visits(number: int) -> None:
    city = world(today=TODAY, enterprises=number)
    assert len(city.enterprises) == number
    assert len(city.visits) <= 4 * number + 50


def test_a_world_without_enterprises_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one enterprise"):
        world(today=TODAY, enterprises=0)
