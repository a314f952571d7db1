"""What speaks against an officer's scans: a table of days, told by metres and minutes around 邢台's centre."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from checkins.patterns import Code, Grade
from checkins.place import Fix, Site, check
from checkins.trust import grades
from checkins.whereabouts import Seen, Spot, apart, measures, metres, moment, seen

POLICY = settings.CHECKIN_POLICY
NINE = datetime(2026, 7, 1, 1, tzinfo=UTC)
CENTRE = (114.5, 37.07)
NORTH_M, EAST_M = 1 / 111_195, 1 / 88_720  # degrees of one metre, here


def spot(east: float = 0, north: float = 0) -> Spot:
    return round(CENTRE[0] + east * EAST_M, 7), round(CENTRE[1] + north * NORTH_M, 7)


def scan(
    minute: float,
    *,
    here: Spot | None,
    site: Spot | None,
    enterprise: str = "",
    accuracy: float | None = 20,
    device: int = 1,
    reads_as: str = "",
    mock: bool = False,
) -> Seen:
    return Seen(
        scan_id=f"scan-{minute:08.3f}-{device}",
        at=NINE + timedelta(minutes=minute),
        device=device,
        enterprise=enterprise or f"E-{site}",
        resolved=True,
        fix=f"{here}" if here else "",
        declared="WGS84" if here else "",
        here=here,
        accuracy_m=accuracy,
        mock=mock,
        site=site,
        reads_as=reads_as,
    )


def told(*scans: Seen) -> list[str]:
    """Grade and codes of each, in order: `A`, `B outside`."""
    found = grades(scans, policy=POLICY)
    return [
        " ".join([found[one.scan_id].grade, *found[one.scan_id].codes]) if one.scan_id in found else "A"
        for one in scans
    ]


def honest(minute: float, east: float = 0, north: float = 0, **more: float) -> Seen:
    """At the door of an enterprise there, some metres off."""
    return scan(minute, here=spot(east + 11, north - 7 + minute / 97), site=spot(east, north), **more)  # type: ignore[arg-type]


def test_an_honest_day_speaks_for_itself() -> None:
    assert told(honest(0), honest(60, 3_000), honest(130, 3_000, 4_000), honest(200, -2_000)) == ["A"] * 4


def test_a_wrong_registered_address_is_odd_and_no_more() -> None:
    elsewhere = scan(0, here=spot(), site=spot(4_000))
    assert told(elsewhere) == ["B outside"]
    three = [scan(minute, here=spot(0, 40 * minute), site=spot(4_000, 99 * minute)) for minute in (0, 50, 100)]
    assert told(*three) == ["B outside"] * 3


@pytest.mark.parametrize(
    ("accuracy", "east", "expected"),
    [
        (20, 219, "A"),
        (20, 222, "B outside"),
        (None, 9_000, "A"),
        (151, 9_000, "A"),
        (150, 349, "A"),
        (150, 352, "B outside"),
    ],
)
def test_the_accuracy_is_given_away_before_anybody_is_outside(
    accuracy: float | None, east: float, expected: str
) -> None:
    assert told(scan(0, here=spot(east), site=spot(), accuracy=accuracy)) == [expected]


def test_mock_location_needs_no_second_scan() -> None:
    assert told(scan(0, here=spot(10), site=spot(), mock=True)) == ["C mock"]


@pytest.mark.parametrize(
    ("km", "minutes", "expected"),
    [(30, 10, "C travel"), (30, 13, "A"), (1.9, 0, "A"), (2.1, 0, "C travel"), (2.1, 0.9, "A")],
)
def test_nobody_drives_faster_than_150(km: float, minutes: float, expected: str) -> None:
    there = scan(minutes + 0.001, here=spot(km * 1_000 + 40), site=spot(km * 1_000))
    assert told(scan(0, here=spot(), site=spot(10)), there) == [expected] * 2


def test_what_two_bad_accuracies_may_hide_is_no_distance() -> None:
    here, there = scan(0, here=spot(), site=None, accuracy=500), scan(1, here=spot(3_500), site=None, accuracy=1_200)
    assert told(here, there) == ["A", "A"]


def test_the_fourth_scan_with_the_same_fix_takes_the_first_three_along() -> None:
    day = [scan(minute, here=spot(5, 6), site=spot(minute), accuracy=60) for minute in (0, 50, 100, 150)]
    assert told(*day[:3]) == ["A"] * 3
    assert told(*day) == ["C frozen_fix"] * 4


def test_at_one_door_a_phone_may_say_the_same_again_and_again() -> None:
    assert told(*[scan(minute, here=spot(5, 6), site=spot(9)) for minute in range(5)]) == ["A"] * 5


def test_two_phones_at_two_doors_within_ten_minutes() -> None:
    here = honest(0)
    assert told(here, honest(9, 700, device=2)) == ["C two_devices"] * 2
    assert told(here, honest(11, 700, device=2)) == ["A"] * 2
    assert told(here, replace(honest(9, device=2), enterprise=here.enterprise)) == ["B two_devices"] * 2


def test_thirteen_enterprises_an_hour_are_too_many_but_in_one_market() -> None:
    town = [honest(4.5 * number, 400 * number) for number in range(13)]
    assert told(*town[:12]) == ["A"] * 12
    assert told(*town) == ["C burst"] * 13
    assert told(*[honest(4.5 * number, 8 * number) for number in range(13)]) == ["B burst"] * 13
    assert told(*[honest(5.1 * number, 400 * number) for number in range(13)]) == ["A"] * 13


def test_a_market_sweep_with_wrong_addresses_is_still_one() -> None:
    sweep = [honest(4.5 * number, 8 * number) for number in range(13)]
    wrong = [
        replace(one, site=spot(900 * number, 2_500)) if number % 5 == 0 else one for number, one in enumerate(sweep)
    ]
    assert set(told(*wrong)) == {"B burst", "B burst outside"}


def test_four_in_a_row_from_far_away() -> None:
    day = [scan(minute, here=spot(80 * minute), site=spot(80 * minute, 1_500)) for minute in (0, 50, 100, 150)]
    assert told(*day) == ["C far_in_a_row outside"] * 4
    unsure = [replace(one, accuracy_m=60.0) for one in day]
    assert told(*unsure) == ["B outside"] * 4
    assert told(*day[:2], honest(75, 6_000), *day[2:]) == ["B outside"] * 2 + ["A"] + ["B outside"] * 2
    silent = scan(75, here=None, site=spot(6_000))
    assert told(*day[:2], silent, *day[2:])[0] == "C far_in_a_row outside"


def test_a_market_registered_in_the_wrong_place_as_a_whole_is_one_wrong_address() -> None:
    stalls = [scan(5 * number, here=spot(9 * number), site=spot(9 * number, 3_000)) for number in range(8)]
    assert told(*stalls) == ["B outside"] * 8


def test_four_wrong_addresses_in_a_row_in_a_market_where_others_are_right_are_no_pattern() -> None:
    wrong = [scan(6 * number, here=spot(9 * number), site=spot(1_500 * number, 2_000)) for number in range(1, 5)]
    assert told(honest(0), *wrong, honest(40, 20)) == ["A", *["B outside"] * 4, "A"]


def test_three_far_apart_enterprises_from_one_desk() -> None:
    sites = [spot(4_000), spot(0, 5_000), spot(-6_000)]
    desk = [scan(3 * number, here=spot(10 * number), site=site, accuracy=70) for number, site in enumerate(sites)]
    assert told(*desk) == ["C one_desk outside"] * 3
    assert told(*desk, honest(40, 2_000)) == ["C one_desk outside"] * 3 + ["A"]
    neighbours = [honest(20 + number, 5 * number) for number in range(4)]
    assert told(*desk, *neighbours) == ["B outside"] * 3 + ["A"] * 4


def test_the_registrys_own_coordinates_twice_are_no_fix() -> None:
    one, other = scan(0, here=spot(), site=spot()), scan(60, here=spot(900), site=spot(900))
    assert told(one) == ["B address_copied"]
    assert told(one, other) == ["C address_copied"] * 2
    assert told(replace(one, enterprise="S1"), replace(other, enterprise="S2")) == ["A"] * 2


@pytest.mark.parametrize(("true", "declared"), list(permutations(["WGS84", "GCJ02", "BD09"], 2)))
def test_every_wrong_declaration_is_recognised_by_its_own_offset(true: str, declared: str) -> None:
    there = {"WGS84": (114.5, 37.07), "GCJ02": (114.5059246, 37.0704912), "BD09": (114.5123920, 37.0765610)}
    site = Site(address="", longitude=114.5, latitude=37.07, datum="WGS84")
    fix = Fix(longitude=there[true][0], latitude=there[true][1], datum=declared, accuracy_m=20)
    place = check(fix=fix, sites=[site], policy=POLICY)
    offset = 527 if "GCJ02" in (true, declared) else 1_314
    assert place.reads_as == true
    assert place.distance_m == pytest.approx(880 if {true, declared} == {"GCJ02", "BD09"} else offset, rel=0.02)
    found = seen(scan_id="1", at=NINE, device=1, credit_code="X", fix=fix, measured=measures(place))
    assert told(found) == ["B datum_suspect"]
    rightly = replace(fix, datum=true)
    assert check(fix=rightly, sites=[site], policy=POLICY).reads_as == ""


def test_the_same_offset_in_another_direction_is_a_wrong_place() -> None:
    site = Site(address="", longitude=114.5, latitude=37.07, datum="WGS84")
    west = Fix(longitude=114.5 - 0.0059246, latitude=37.0704912, datum="WGS84", accuracy_m=20)
    assert check(fix=west, sites=[site], policy=POLICY).reads_as == ""


def test_a_wrong_datum_at_two_sites_of_one_phone_is_a_pattern() -> None:
    one = scan(0, here=spot(527), site=spot(), reads_as="GCJ02")
    other = scan(90, here=spot(3_527), site=spot(3_000), reads_as="GCJ02")
    assert told(one, other) == ["C datum_wrong datum_suspect"] * 2
    assert told(one, replace(other, device=2)) == ["B datum_suspect"] * 2
    assert told(one, replace(other, reads_as="BD09")) == ["B datum_suspect"] * 2
    assert told(one, scan(5, here=spot(540), site=spot(13), reads_as="GCJ02")) == ["B datum_suspect"] * 2


def test_a_grade_says_why_in_one_sentence() -> None:
    found = grades([scan(0, here=spot(4_000), site=spot(), mock=True)], policy=POLICY)["scan-0000.000-1"]
    assert (found.grade, found.codes) == (Grade.C, (Code.MOCK, Code.OUTSIDE))
    assert found.sentence == "手机报告定位为模拟定位；定位距登记的经营场所 4000 米（精度 20 米），在场所之外。"


def test_a_clock_that_runs_ahead_still_tells_how_long_the_way_took() -> None:
    received = NINE + timedelta(hours=8)
    ahead = NINE + timedelta(days=3)
    assert moment(scanned_at=ahead, onsite_at=received, received_at=received) == ahead
    assert moment(scanned_at=NINE, onsite_at=NINE, received_at=received) == NINE


def test_spots_apart_are_counted_once_each() -> None:
    assert len(apart([spot(), spot(100), spot(1_200), spot(1_250)], by=1_000)) == 2
    assert metres(spot(), spot(3_000, 4_000)) == pytest.approx(5_000, rel=0.005)


degrees = st.floats(-180, 180), st.floats(-90, 90)
near = st.builds(spot, st.sampled_from([0, 5, 400, 1_300, 9_000, 60_000]), st.sampled_from([0, 3, 250, 2_000]))
anywhere = st.one_of(near, st.tuples(*degrees), st.none())
some_scans = st.lists(
    st.builds(
        Seen,
        scan_id=st.integers(0, 40).map(str),
        at=st.integers(0, 2_000).map(lambda minute: NINE + timedelta(minutes=minute)),
        device=st.integers(1, 2),
        enterprise=st.sampled_from(["E1", "E2", "E3", "E4", "E5", "S1"]),
        resolved=st.booleans(),
        fix=st.sampled_from(["", "a", "b", "c"]),
        declared=st.just("WGS84"),
        here=anywhere,
        accuracy_m=st.one_of(st.none(), st.floats(0, 1_000_000)),
        mock=st.booleans(),
        site=anywhere,
        reads_as=st.sampled_from(["", "GCJ02", "BD09"]),
    ),
    max_size=30,
    unique_by=lambda one: one.scan_id,
)


@given(some_scans, st.randoms(use_true_random=False))
def test_whatever_is_scanned_is_graded_the_same_in_any_order(scans: list[Seen], chance: object) -> None:
    found = grades(scans, policy=POLICY)
    shuffled = scans[:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert grades([*shuffled, *scans[:3]], policy=POLICY) == found
    assert set(found) <= {one.scan_id for one in scans}
    for one in found.values():
        assert one.grade in (Grade.B, Grade.C)
        assert one.grade == max(finding.grade for finding in one.findings)
        assert all(isinstance(value, int | str) for finding in one.findings for value in finding.numbers.values())
        assert {other for finding in one.findings for other in finding.others} < {scan.scan_id for scan in scans}


@given(st.tuples(*degrees), st.tuples(*degrees), st.sampled_from(["WGS84", "GCJ02", "BD09"]), st.floats(0, 1_000_000))
def test_no_place_on_earth_is_too_odd_to_be_measured(fix: Spot, site: Spot, datum: str, accuracy: float) -> None:
    place = check(
        fix=Fix(longitude=fix[0], latitude=fix[1], datum=datum, accuracy_m=accuracy),
        sites=[Site(address="", longitude=site[0], latitude=site[1], datum="GCJ02")],
        policy=POLICY,
    )
    found = measures(place)
    assert found is not None
    assert place.reads_as != datum
