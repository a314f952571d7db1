"""Looking an enterprise up by name at the real address."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from geopy.distance import great_circle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actor import Actor
from audit.intake import Row
from audit.models import Entry
from enterprises.grid import metres
from enterprises.models import Enterprise, NameKey, Premises, Spot
from enterprises.ranking import fewest_slips, missing
from enterprises.search import keys, normal, windows
from enterprises.services.enterprise import save_enterprise
from enterprises.services.import_enterprises import import_enterprises
from enterprises.services.premises import save_premises
from enterprises.services.search_index import empty_index, keep_names, keep_spots
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Phone, Town

pytestmark = pytest.mark.django_db

CLERK = Actor.account("wang.fang")


@pytest.fixture
def indexed(town: Town) -> Town:
    """The town's enterprises as the registry knows them; tests/town.py writes rows without a deed."""
    call_command("reindex_enterprises", verbosity=0)
    return town


def ask(phone: Phone, **words: Any) -> Any:
    return phone.client.get("/api/v1/enterprises", words, headers={"authorization": f"Bearer {phone.token}"})


def found(phone: Phone, q: str, **words: Any) -> list[str]:
    response = ask(phone, q=q, **words)
    assert response.status_code == 200, response.content.decode()
    return [one["name"] for one in response.json()["results"]]


@pytest.mark.parametrize(
    "typed",
    [
        "轴承", "邢台轴承", "邢台轴承有限公司", "邢台 轴承", "轴", "XTZC", "xtzc", "zc", "xingtaizhoucheng", "zhouch",
        "邢台zc", "周成", "邢台周承", "邢台轴城", "邢台轴", "邢台承有限公司", "邢台大轴承", "刑台轴承", BEARINGS[:6],
        BEARINGS.lower(), BEARINGS.replace("0", "O"), "轴承有限公司", "邢台轴承（有限", "轴承有",
    ],
)  # fmt: skip
def test_zhang_wei_finds_the_bearings_works_however_he_types_it(indexed: Town, typed: str) -> None:
    assert found(indexed.zhang_wei, typed)[:1] == ["邢台轴承有限公司"]


@pytest.mark.parametrize(
    "typed", ["不存在", "有限公司", "r", "qqqq", "（）", "公司", "😀", "%%", "__", "' OR 1=1", "9999999"]
)
def test_what_nobody_is_called_finds_nothing_calmly(indexed: Town, typed: str) -> None:
    response = ask(indexed.zhang_wei, q=typed)
    assert response.status_code == 200
    assert response.json() == {"results": [], "more": False, "slowed": False}


@pytest.mark.parametrize(
    "words",
    [
        {}, {"q": ""}, {"q": "轴" * 61}, {"q": "轴承\x00"}, {"q": "轴承", "near": "114.5"},
        {"q": "轴承", "near": "181,37"},
        {"q": "轴承", "near": "114.5,91"}, {"q": "轴承", "near": "114.5,37,XX"}, {"q": "轴承", "near": "nan,nan"},
        {"q": "轴承", "limit": 0}, {"q": "轴承", "limit": 51}, {"q": "轴承", "limit": "many"},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_read_is_answered_with_a_problem(indexed: Town, words: dict[str, Any]) -> None:
    response = ask(indexed.zhang_wei, **words)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"


def test_nobody_looks_up_without_a_token(indexed: Town) -> None:
    assert indexed.zhang_wei.client.get("/api/v1/enterprises", {"q": "轴承"}).status_code == 401


def test_an_answer_says_what_is_needed_to_choose(indexed: Town) -> None:
    response = ask(indexed.li_na, q="羊绒", near="114.5,37.07")
    assert response["Cache-Control"] == "no-store"
    assert response.json()["results"] == [
        {
            "credit_code": CASHMERE,
            "name": "清河县暖阳羊绒有限公司",
            "former_name": None,
            "matched": "name",
            "status": "open",
            "region_code": "130534",
            "address": "清河县暖阳羊绒有限公司厂区",
            "distance_m": 0,
        }
    ]
    assert ask(indexed.li_na, q="羊绒").json()["results"][0]["distance_m"] is None


def test_a_former_name_is_found_and_told(indexed: Town) -> None:
    glass = Enterprise.objects.get(credit_code=GLASS)
    glass.name = "襄都区光辉灯具店"
    save_enterprise(enterprise=glass, actor=CLERK, at=timezone.now())
    (result,) = ask(indexed.zhang_wei, q="明亮玻璃").json()["results"]
    assert (result["name"], result["former_name"], result["matched"]) == (
        "襄都区光辉灯具店", "襄都区明亮玻璃店", "former_name",
    )  # fmt: skip
    assert found(indexed.zhang_wei, "光辉灯具") == ["襄都区光辉灯具店"]


def test_an_old_registration_number_is_found_by_its_beginning(indexed: Town) -> None:
    cables = Enterprise.objects.get(credit_code=CABLES)
    cables.registration_no = "440106000067508"
    save_enterprise(enterprise=cables, actor=CLERK, at=timezone.now())
    (result,) = ask(indexed.zhang_wei, q="44010600").json()["results"]
    assert (result["credit_code"], result["matched"]) == (CABLES, "registration_no")


def _shop(number: int, name: str, longitude: float | None, datum: str = "WGS84", status: str = "open") -> Enterprise:
    shop = Enterprise(credit_code=f"SHOP{number:014d}", name=name, region_code="130502", status=status)
    with transaction.atomic():
        from audit.history import save_as

        save_as(shop, actor=CLERK, at=timezone.now(), new=True)
        keep_names([shop])
        if longitude is not None:
            save_premises(
                premises=Premises(
                    enterprise=shop, address=f"{number}号", longitude=longitude, latitude=37.07, datum=datum
                ),
                actor=CLERK,
                at=timezone.now(),
            )
    return shop


def test_of_two_shops_of_one_name_the_one_at_the_door_comes_first_in_any_datum(indexed: Town) -> None:
    _shop(1, "襄都区好再来饭店", 114.60)
    _shop(2, "信都区好再来饭店", 114.50)
    assert found(indexed.zhang_wei, "好再来", near="114.5,37.07") == ["信都区好再来饭店", "襄都区好再来饭店"]
    assert found(indexed.zhang_wei, "好再来", near="114.6,37.07") == ["襄都区好再来饭店", "信都区好再来饭店"]
    for datum in ("GCJ02", "BD09"):
        assert ask(indexed.zhang_wei, q="好再来", near=f"114.5,37.07,{datum}").json()["results"][0]["distance_m"] > 400


def test_a_place_given_in_another_datum_is_measured_in_one(indexed: Town) -> None:
    _shop(1, "襄都区好再来饭店", 114.5062, "GCJ02")
    (result,) = ask(indexed.zhang_wei, q="好再来", near="114.5062,37.07,GCJ02").json()["results"]
    assert result["distance_m"] <= 1


def test_a_shop_that_moved_is_found_where_it_is_now(indexed: Town) -> None:
    place = Premises.objects.get(enterprise__credit_code=GLASS)
    place.longitude, place.latitude = 114.9, 37.07
    save_premises(premises=place, actor=CLERK, at=timezone.now())
    assert ask(indexed.zhang_wei, q="玻璃", near="114.9,37.07").json()["results"][0]["distance_m"] == 0
    place.longitude = place.latitude = None
    save_premises(premises=place, actor=CLERK, at=timezone.now())
    assert ask(indexed.zhang_wei, q="玻璃", near="114.9,37.07").json()["results"][0]["distance_m"] is None


def test_an_open_enterprise_comes_before_a_cancelled_one(indexed: Town) -> None:
    _shop(1, "甲好再来饭店", None, status="cancelled")
    _shop(2, "乙好再来饭店", None)
    assert found(indexed.zhang_wei, "好再来") == ["乙好再来饭店", "甲好再来饭店"]


def test_among_a_thousand_of_one_name_the_one_at_the_door_is_still_first(indexed: Town) -> None:
    """More than a look-up takes along, and more than it counts."""
    for many in (1_000, 3_200):
        start = Enterprise.objects.count()
        rows = [
            Enterprise(
                credit_code=f"S{start + number:017d}", name=f"邢台顺达商贸{start + number}店", region_code="130502"
            )
            for number in range(many)
        ]
        rows = Enterprise.objects.bulk_create(rows)
        places = Premises.objects.bulk_create(
            Premises(enterprise=row, address="某街", longitude=114.6 + number / 10_000, latitude=37.07)
            for number, row in enumerate(rows)
        )
        with transaction.atomic():
            keep_names(rows)
            keep_spots(places)
        last = rows[-1]
        near = f"{114.6 + (many - 1) / 10_000},37.07"
        for typed in ("商贸", "顺达商贸", "sdsm", "shangmao"):
            response = ask(indexed.zhang_wei, q=typed, near=near, limit=5).json()
            assert response["results"][0]["name"] == last.name, (typed, many)
            assert response["more"]


def test_the_whole_index_is_built_anew_by_a_command(indexed: Town) -> None:
    before = (set(NameKey.objects.values_list("key", "enterprise_id")), Spot.objects.count())
    assert before[0]
    empty_index()
    assert found(indexed.zhang_wei, "轴承") == []
    call_command("reindex_enterprises", verbosity=0)
    call_command("reindex_enterprises", from_scratch=True, verbosity=0)
    assert (set(NameKey.objects.values_list("key", "enterprise_id")), Spot.objects.count()) == before


def test_the_index_stands_or_falls_with_the_row(indexed: Town) -> None:
    glass = Enterprise.objects.get(credit_code=GLASS)
    glass.name = "襄都区光辉灯具店"
    entries = Entry.objects.count()
    try:
        with transaction.atomic():
            save_enterprise(enterprise=glass, actor=CLERK, at=timezone.now() + timedelta(seconds=1))
            raise RuntimeError
    except RuntimeError:
        pass
    assert found(indexed.zhang_wei, "光辉灯具") == []
    assert Entry.objects.count() == entries


SIGNS = st.sampled_from("邢台市轴承商贸鑫瑞顺行长乐重庆有限公司厂店A9（）·")
NAMES = st.lists(
    st.text(SIGNS, min_size=2, max_size=12).filter(lambda name: len(normal(name)) > 1), min_size=1, max_size=6
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES)
def test_every_name_is_found_by_each_of_its_windows_that_tell_something(town: Town, names: list[str]) -> None:
    with register_of(names):
        for name in names:
            text = normal(name)
            for place in windows(text):
                typed = text[place : place + 2]
                if windows(typed):
                    assert name in found(town.zhang_wei, typed, limit=50), (typed, names)


@given(typed=st.text(SIGNS, max_size=8), name=st.text(SIGNS, max_size=12))
def test_what_is_missing_of_a_name_is_never_more_than_its_slips(typed: str, name: str) -> None:
    assert missing(typed, name) <= fewest_slips(typed, name) + 1e-9


@given(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
)
def test_metres_are_those_of_the_great_circle(one: tuple[float, float], two: tuple[float, float]) -> None:
    told = metres(longitude=one[0], latitude=one[1], to=two)
    assert told == pytest.approx(great_circle(one[::-1], two[::-1]).m, abs=1.0)


@contextmanager
def register_of(names: list[str]) -> Iterator[None]:
    """These names and no others, gone afterwards."""
    point = transaction.savepoint()
    NameKey.objects.all().delete()
    rows = [
        Enterprise(credit_code=f"H{number:017d}", name=name, region_code="130502") for number, name in enumerate(names)
    ]
    keep_names(Enterprise.objects.bulk_create(rows))
    yield
    transaction.savepoint_rollback(point)


def test_an_imported_register_is_found_at_once(indexed: Town) -> None:
    values = {
        "credit_code": "911101057263777049", "name": "内丘县富岗苹果专业合作社", "region_code": "130523",
        "address": "岗底村", "longitude": 114.3, "latitude": 37.2,
    }  # fmt: skip
    import_enterprises(rows=[Row(1, values)], actor=CLERK, at=timezone.now())
    assert found(indexed.zhang_wei, "富岗") == ["内丘县富岗苹果专业合作社"]
    renamed = {"credit_code": "911101057263777049", "name": "内丘县太行苹果专业合作社"}
    import_enterprises(rows=[Row(1, renamed)], actor=CLERK, at=timezone.now())
    for typed in ("富岗", "太行", "fgpg", "thpg", "taihang"):
        assert found(indexed.zhang_wei, typed) == ["内丘县太行苹果专业合作社"], typed
    assert NameKey.objects.count() == sum(len(keys([row.name, *row.former_names])) for row in Enterprise.objects.all())
