"""What is written down of places when phones scan: an officer's day, told by phones; nobody is refused anything."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from stdnum.cn import uscc

from audit.history import save_as
from audit.models import Entry
from checkins.models import PlaceGrade
from enterprises.models import Enterprise, Premises
from officers.models import Device
from officers.queries import token_hash
from tests.house.admin_world import account_of, signed_in
from tests.town import FOUNDER, LONG_AGO, Phone, Town, scan_body

pytestmark = pytest.mark.django_db
NORTH_M, EAST_M = 1 / 111_195, 1 / 88_720  # degrees of one metre, at 邢台
OPAQUE = "http://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=dov73ne25l{}"


def factory(number: int, *, east: float = 0, north: float = 0) -> str:
    """A works so many metres from the centre; its credit code."""
    body = f"91130502{number:09d}"
    code = body + str(uscc.calc_check_digit(body))
    enterprise = Enterprise(credit_code=code, name=f"襄都区第{number}机械厂", region_code="130502")
    place = Premises(
        enterprise=enterprise,
        address=f"{number}号院",
        longitude=114.5 + east * EAST_M,
        latitude=37.07 + north * NORTH_M,
    )
    with transaction.atomic():
        save_as(enterprise, actor=FOUNDER, at=LONG_AGO, new=True)
        save_as(place, actor=FOUNDER, at=LONG_AGO, new=True)
    return code


def second_phone(phone: Phone) -> Phone:
    """The same officer's other phone."""
    device = Device(
        officer=phone.officer,
        name="备用机",
        token_hash=token_hash("spare"),
        enrolled_at=LONG_AGO,
        enrolled_by="test",
    )
    with transaction.atomic():
        save_as(device, actor=FOUNDER, at=LONG_AGO, new=True)
    return Phone(token="spare", officer=phone.officer)


def scanned(
    phone: Phone,
    licence_of: str,
    *,
    ago: float,
    east: float = 0,
    north: float = 0,
    accuracy: float = 20,
    **words: Any,
) -> dict[str, Any]:
    """Scan a licence so many minutes ago, standing so many metres from the centre; the whole answer."""
    location = {
        "longitude": 114.5 + east * EAST_M + ago % 97 * 1e-6,  # no two fixes are quite the same
        "latitude": 37.07 + north * NORTH_M + 0.00007,
        "accuracy_m": accuracy,
        "datum": words.pop("datum", "WGS84"),
        "mock": words.pop("mock", None),
    }
    at = datetime.now(UTC) - timedelta(minutes=ago)
    answer = phone.scan(licence_of, scanned_at=at.isoformat(), location=location, **words)
    assert answer.status_code == 201, answer.content.decode()
    found: dict[str, Any] = answer.json()
    return found


def grade_of(answer: dict[str, Any]) -> str:
    """Grade and codes, as the latest row has them: `A` without one."""
    row = PlaceGrade.objects.filter(scan_id=answer["scan_id"]).order_by("-serial", "-pk").first()
    return " ".join([row.grade, *row.codes]) if row else "A"


def warned(answer: dict[str, Any]) -> set[str]:
    return {one["code"] for one in answer["for_officer"]["warnings"]}


def test_an_honest_day_leaves_no_row(town: Town) -> None:
    for number, ago in enumerate((300, 200, 100)):
        scanned(town.zhang_wei, factory(number, east=3_000 * number), ago=ago, east=3_000 * number)
    assert not PlaceGrade.objects.exists()


def test_a_mock_location_is_written_down_for_the_supervisor_and_in_the_record(town: Town) -> None:
    answer = scanned(town.zhang_wei, factory(1), ago=1, mock=True)
    row = PlaceGrade.objects.get()
    assert (str(row.scan_id), row.serial, row.grade, row.codes) == (answer["scan_id"], 1, "C", ["mock"])
    assert row.sentence == "手机报告定位为模拟定位。"
    assert "mock_location" in warned(answer)
    assert "place_grade" not in str(answer)
    assert row.sentence not in str(answer)
    entry = Entry.objects.get(kind="place-grades", subject=f"place:{answer['scan_id']}")
    assert json.loads(bytes(entry.body or b""))["body"]["grades"] == [
        {"scan": answer["scan_id"], "serial": 1, "grade": "C", "codes": ["mock"], "sentence": row.sentence}
    ]


def test_zhang_wei_cannot_be_in_two_towns_within_five_minutes(town: Town) -> None:
    here = scanned(town.zhang_wei, factory(1), ago=65)
    assert grade_of(here) == "A"
    there = scanned(town.zhang_wei, factory(2, east=40_000), ago=60, east=40_000)
    assert (grade_of(here), grade_of(there)) == ("C travel", "C travel")
    assert grade_of(scanned(town.li_na, factory(3), ago=60)) == "A"
    row = PlaceGrade.objects.get(scan_id=here["scan_id"])
    assert row.evidence == [
        {
            "code": "travel",
            "grade": "C",
            "sentence": row.sentence.rstrip("。"),
            "seconds": 300,
            "distance_m": pytest.approx(39_960, abs=40),
            "others": [there["scan_id"]],
        }
    ]


def test_the_fourth_scan_with_one_fix_takes_the_first_three_along_in_one_statement(town: Town) -> None:
    fix = {"longitude": 114.5001234, "latitude": 37.0701234, "accuracy_m": 30, "datum": "WGS84"}
    answers = []
    for number in range(4):
        at = datetime.now(UTC) - timedelta(minutes=200 - 50 * number)
        code = factory(number, east=10 * number)
        with CaptureQueriesContext(connection) as captured:
            answers.append(town.zhang_wei.scan(code, scanned_at=at.isoformat(), location=fix).json())
        assert PlaceGrade.objects.count() == (4 if number == 3 else 0)
    assert [grade_of(one) for one in answers] == ["C frozen_fix"] * 4
    assert sum('INTO "checkins_placegrade"' in query["sql"] for query in captured.captured_queries) == 1


def test_two_phones_of_one_officer_at_two_doors(town: Town) -> None:
    spare = second_phone(town.zhang_wei)
    here = scanned(town.zhang_wei, factory(1), ago=30)
    there = scanned(spare, factory(2, east=700), ago=24, east=700)
    assert (grade_of(here), grade_of(there)) == ("C two_devices", "C two_devices")


def test_far_apart_works_from_one_desk_grow_from_b_to_c(town: Town) -> None:
    places = [(4_000, 0), (0, 5_000), (-6_000, 0)]
    codes = [factory(number, east=east, north=north) for number, (east, north) in enumerate(places)]
    answers = [scanned(town.zhang_wei, code, ago=60 - 5 * number) for number, code in enumerate(codes[:2])]
    assert [grade_of(one) for one in answers] == ["B outside"] * 2
    answers.append(scanned(town.zhang_wei, codes[2], ago=40))
    assert [grade_of(one) for one in answers] == ["C one_desk outside"] * 3
    assert sorted(PlaceGrade.objects.values_list("serial", flat=True)) == [1, 1, 1, 2, 2]
    assert all("far_from_premises" in warned(one) for one in answers)


def test_a_phone_that_declares_the_wrong_datum_is_told_so_and_twice_is_a_pattern(town: Town) -> None:
    """The fix is where GCJ-02 puts it, 527 m off, and is declared WGS-84."""
    east, north = 0.0059246 / EAST_M, 0.0004912 / NORTH_M
    first = scanned(town.zhang_wei, factory(1), ago=90, east=east, north=north)
    assert (grade_of(first), "datum_suspect" in warned(first)) == ("B datum_suspect", True)
    second = scanned(town.zhang_wei, factory(2, east=3_000), ago=30, east=3_000 + east + 3, north=north)
    assert (grade_of(first), grade_of(second)) == ("C datum_wrong datum_suspect",) * 2
    rightly = scanned(town.li_na, factory(3), ago=20, east=east, north=north, datum="GCJ02")
    assert (grade_of(rightly), "datum_suspect" in warned(rightly)) == ("A", False)


def test_an_unresolved_scan_is_seen_when_the_next_one_comes(town: Town) -> None:
    unknown = scanned(town.zhang_wei, "", ago=65, code=OPAQUE.format(1))
    assert unknown["visit"] is None
    assert grade_of(unknown) == "A"
    there = scanned(town.zhang_wei, factory(2, east=40_000), ago=60, east=40_000)
    assert (grade_of(unknown), grade_of(there)) == ("C travel", "C travel")
    assert grade_of(scanned(town.zhang_wei, "", ago=60, mock=True, code=OPAQUE.format(2))) == "C mock"


def test_a_scan_resolved_with_the_spare_phone_was_made_with_the_first_one(town: Town) -> None:
    near, far = factory(1), factory(2, east=4_000)
    honest = scanned(town.zhang_wei, near, ago=5)
    unknown = scanned(town.zhang_wei, "", ago=1, east=30, code=OPAQUE.format(1))
    spare = second_phone(town.zhang_wei)
    answer = spare.post(f"/scans/{unknown['scan_id']}/resolution", {"credit_code": far})
    assert answer.status_code == 201
    assert (grade_of(honest), grade_of(unknown)) == ("A", "B outside")


def test_a_day_handed_in_late_is_graded_like_one_that_was_not(town: Town) -> None:
    days = 5 * 24 * 60
    here = scanned(town.zhang_wei, factory(1), ago=days + 5, late_reason="基站故障")
    scanned(town.zhang_wei, factory(2, east=9_000), ago=10, east=9_000)
    there = scanned(town.zhang_wei, factory(3, east=40_000), ago=days, east=40_000, late_reason="基站故障")
    assert (grade_of(here), grade_of(there)) == ("C travel", "C travel")


def test_a_withdrawn_scan_was_at_no_enterprise(town: Town) -> None:
    wrong = scanned(town.zhang_wei, factory(1, east=4_000), ago=8)
    assert town.zhang_wei.post(f"/scans/{wrong['scan_id']}/withdrawal", {"reason": "扫错了"}).status_code == 200
    two = [scanned(town.zhang_wei, factory(n, north=5_000 * n), ago=8 - 2 * n) for n in (2, 3)]
    assert [grade_of(one) for one in two] == ["B outside"] * 2


def test_the_order_in_which_phones_deliver_does_not_matter(town: Town) -> None:
    def day(phone: Phone, order: list[int], first: int) -> list[str]:
        places = [(4_000, 0), (0, 5_000), (-6_000, 0), (0, -7_000)]
        codes = [factory(first + number, east=east, north=north) for number, (east, north) in enumerate(places)]
        found = {number: scanned(phone, codes[number], ago=200 - 45 * number) for number in order}
        return [grade_of(found[number]) for number in range(4)]

    assert day(town.zhang_wei, [0, 1, 2, 3], 10) == day(town.li_na, [2, 0, 3, 1], 20)


def test_a_replay_is_not_graded_again(town: Town) -> None:
    body = {"scan_id": str(uuid.uuid4()), "scanned_at": datetime.now(UTC).isoformat()}
    fix = {"longitude": 114.5, "latitude": 37.0705, "accuracy_m": 9, "datum": "WGS84", "mock": True}
    code = factory(1)
    assert town.zhang_wei.scan(code, location=fix, **body).status_code == 201
    assert town.zhang_wei.scan(code, location=fix, **body).status_code == 200
    assert PlaceGrade.objects.count() == 1


@pytest.mark.parametrize("location", [None, {"longitude": 180.0, "latitude": -90.0, "datum": "BD09"}])
def test_no_fix_and_the_south_pole_are_taken_in_all_the_same(town: Town, location: Any) -> None:
    for number in range(3):
        assert town.zhang_wei.scan(factory(number), location=location).status_code == 201


def test_the_supervisor_reads_why_and_finds_the_scans_of_a_grade(town: Town) -> None:
    forged = scanned(town.zhang_wei, factory(1), ago=1, mock=True)
    honest = scanned(town.li_na, factory(2), ago=1)
    client = signed_in(account_of("supervisor"))
    shown = client.get(f"/admin/checkins/scan/{forged['scan_id']}/change/").content.decode()
    assert "手机报告定位为模拟定位。" in shown
    assert "C 疑似虚假" in shown
    listed = client.get("/admin/checkins/scan/", {"place": "C"}).content.decode()
    assert forged["scan_id"] in listed
    assert honest["scan_id"] not in listed
    assert honest["scan_id"] in client.get("/admin/checkins/scan/", {"place": "nonsense"}).content.decode()


def test_a_queue_of_scans_is_graded_like_single_ones(town: Town) -> None:
    """A desk seen before the queue and in it, and one scan of the queue that is in two towns at once."""
    early = scanned(town.zhang_wei, factory(1, east=4_000), ago=90)
    places = [(2, 0, 5_000, 0, 80), (3, -6_000, 0, 0, 70), (4, 40_000, 0, 40_000, 68)]
    codes = {number: factory(number, east=east, north=north) for number, east, north, _here, _ago in places}
    scans = [
        scan_body(
            codes[number],
            scanned_at=(datetime.now(UTC) - timedelta(minutes=ago)).isoformat(),
            location={
                "longitude": 114.5 + here * EAST_M,
                "latitude": 37.07006 + number * 1e-6,
                "accuracy_m": 20,
                "datum": "WGS84",
            },
        )
        for number, _east, _north, here, ago in places
    ]
    answer = town.zhang_wei.post("/scans/batch", {"items": scans})
    assert answer.status_code == 200, answer.content.decode()
    assert [grade_of(one) for one in [early, *scans]] == [
        "C one_desk outside",
        "C one_desk outside",
        "C one_desk travel outside",
        "C travel",
    ]
