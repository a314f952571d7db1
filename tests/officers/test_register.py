"""Agencies and officers come into the register, change, and leave a trace."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image

from audit.actor import Actor
from audit.models import Entry
from audit.register import NotRegistrable
from officers.models import Agency, Officer, Photo
from officers.portrait import UnreadablePhoto
from officers.services.agency import save_agency
from officers.services.officer import save_officer
from officers.services.photo import set_photo

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LI_NA = Actor.account("li.na")


def agency(code: str, parent: Agency | None = None, **fields: str) -> Agency:
    values = {"name": f"{code}局", "region_code": "130500", "level": "city", "supervised_by": "130500-SFJ"} | fields
    return save_agency(agency=Agency(code=code, parent=parent, **values), actor=LI_NA, at=AT)


def zhang_wei(**fields: object) -> Officer:
    values = {"certificate_no": "冀E0501001", "name": "张伟", "agency": fields.get("agency") or agency("SCJG")} | {
        "valid_from": date(2024, 1, 1),
        "valid_until": date(2028, 12, 31),
    }
    return Officer(**(values | fields))


def test_a_district_bureau_stands_below_the_city_bureau_and_its_town_team_below_it() -> None:
    city = agency("SCJG")
    district = agency("SCJG-XD", city, level="district", region_code="130503")
    town = agency("SCJG-XD-1", district, level="town", region_code="130503001")
    assert [row.path for row in (city, district, town)] == ["/SCJG/", "/SCJG/SCJG-XD/", "/SCJG/SCJG-XD/SCJG-XD-1/"]


def test_when_the_district_bureau_moves_its_whole_branch_moves_and_says_who_moved_it() -> None:
    city, other = agency("SCJG"), agency("ZHZF")
    district = agency("XD", city, level="district", region_code="130503")
    town = agency("XD1", district, level="town", region_code="130503001")
    lower_case = agency("xd", city)
    district.parent = other
    save_agency(agency=district, actor=Actor.account("wang"), at=AT + timedelta(days=1))
    town.refresh_from_db()
    lower_case.refresh_from_db()
    assert town.path == "/ZHZF/XD/XD1/"
    assert lower_case.path == "/SCJG/xd/"
    assert town.history.first().history_user == "account:wang"
    assert town.history.count() == 2
    assert lower_case.history.count() == 1


def test_a_bureau_cannot_be_put_below_its_own_town_team() -> None:
    city = agency("SCJG")
    town = agency("XD1", city, level="town", region_code="130503001")
    city.parent = town
    with pytest.raises(NotRegistrable, match="上级单位不能是自己或自己的下级"):
        save_agency(agency=city, actor=LI_NA, at=AT)
    itself = Agency.objects.get(code="SCJG")
    itself.parent = itself
    with pytest.raises(NotRegistrable, match="上级单位不能是自己"):
        save_agency(agency=itself, actor=LI_NA, at=AT)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"region_code": "13050"}, "六位地区代码"),
        ({"region_code": "990500"}, "六位地区代码"),
        ({"level": "town"}, "九位地区代码"),
        ({"region_code": "130503001"}, "应为乡镇级"),
        ({"level": "country"}, "应为：市级"),
        ({"name": ""}, "不能为空"),
        ({"name": "局\x00"}, "无法识别的字符"),
        ({"name": "长" * 101}, "超过 100 个字"),
    ],
)
def test_an_agency_with_a_wrong_field_is_refused_in_words(fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(NotRegistrable, match=sentence) as caught:
        agency("SCJG", None, **fields)
    assert caught.value.body()["errors"]
    assert not Agency.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize("code", ["SC/JG", "SC JG", "", "S" * 41, "1.3E+10"])
def test_an_agency_code_that_would_break_the_path_is_refused(code: str) -> None:
    with pytest.raises(NotRegistrable):
        agency(code)


def test_a_taken_code_is_refused_and_a_registered_code_stays() -> None:
    first = agency("SCJG")
    with pytest.raises(NotRegistrable, match="已登记"):
        agency("SCJG")
    first.code = "SCJG2"
    with pytest.raises(NotRegistrable, match="不得更改"):
        save_agency(agency=first, actor=LI_NA, at=AT)


def test_a_tree_too_deep_for_its_path_is_refused() -> None:
    parent = None
    for number in range(6):
        parent = agency(f"{number}" * 40, parent)
    with pytest.raises(NotRegistrable, match="层级过深"):
        agency("6" * 40, parent)


def test_saving_an_unchanged_row_leaves_no_trace() -> None:
    officer = save_officer(officer=zhang_wei(), actor=LI_NA, at=AT)
    entries = Entry.objects.count()
    save_officer(officer=Officer.objects.get(), actor=LI_NA, at=AT + timedelta(days=1))
    save_agency(agency=Agency.objects.get(), actor=LI_NA, at=AT + timedelta(days=1))
    assert officer.history.count() == 1
    assert Entry.objects.count() == entries


def test_the_entry_says_what_changed_from_what_to_what() -> None:
    officer = save_officer(officer=zhang_wei(), actor=LI_NA, at=AT)
    officer.name = "张玮"
    save_officer(officer=officer, actor=LI_NA, at=AT, reason="公安更正")
    entry = Entry.objects.order_by("-id")[0]
    assert (entry.kind, entry.subject) == ("officer_changed", "officer:冀E0501001")
    assert '"changed":{"name":["张伟","张玮"]}' in bytes(entry.body or b"").decode()
    assert officer.history.first().history_user == "account:li.na"
    assert officer.history.first().history_change_reason == "公安更正"


def test_zhang_weis_suspension_counts_from_the_moment_it_is_entered_unless_a_date_is_given() -> None:
    officer = save_officer(officer=zhang_wei(), actor=LI_NA, at=AT)
    assert officer.status_since is None
    officer.status = "suspended"
    save_officer(officer=officer, actor=LI_NA, at=AT + timedelta(days=1))
    assert officer.status_since == AT + timedelta(days=1)
    officer.status, officer.status_since = "revoked", AT + timedelta(hours=3)
    save_officer(officer=officer, actor=LI_NA, at=AT + timedelta(days=2))
    assert officer.status_since == AT + timedelta(hours=3)
    officer.status_since = None
    save_officer(officer=officer, actor=LI_NA, at=AT + timedelta(days=3))
    assert officer.status_since == AT + timedelta(days=3)


def test_an_officer_who_is_registered_as_revoked_is_revoked_from_then_on() -> None:
    officer = save_officer(officer=zhang_wei(status="revoked"), actor=LI_NA, at=AT)
    assert officer.status_since == AT


def test_a_validity_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(NotRegistrable, match="早于有效期起"):
        save_officer(officer=zhang_wei(valid_until=date(2023, 1, 1)), actor=LI_NA, at=AT)


def test_a_certificate_number_is_taken_once_and_never_changes() -> None:
    officer = save_officer(officer=zhang_wei(), actor=LI_NA, at=AT)
    officer.certificate_no = "冀E0501002"
    with pytest.raises(NotRegistrable, match="请吊销旧证"):
        save_officer(officer=officer, actor=LI_NA, at=AT)
    again = zhang_wei(agency=officer.agency, certificate_no="冀E0501001")
    with pytest.raises(NotRegistrable, match="已登记"):
        save_officer(officer=again, actor=LI_NA, at=AT)


def _picture(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "somebody's phone"
    exif[0x0112] = 6  # taken with the phone on its side
    Image.new("RGB", size, "teal").save(out, kind, exif=exif, comment="at home")
    return out.getvalue()


def test_a_photo_is_kept_small_upright_and_without_where_it_was_taken() -> None:
    officer = set_photo(officer=zhang_wei(), image=_picture((2000, 1000)), actor=LI_NA, at=AT)
    photo = Photo.objects.get(sha256=officer.photo_sha256)
    kept = Image.open(io.BytesIO(bytes(photo.image)))
    assert kept.format == "JPEG"
    assert kept.size == (320, 640)
    assert not kept.getexif()
    assert b"home" not in bytes(photo.image)
    set_photo(officer=officer, image=_picture((2000, 1000)), actor=LI_NA, at=AT)
    assert officer.history.count() == 1
    set_photo(officer=officer, image=_picture((300, 400), "PNG"), actor=LI_NA, at=AT)
    assert Photo.objects.count() == 2, "the old face stays with the electronic IDs that showed it"


@pytest.mark.parametrize("image", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 broken", b"<svg/>", _picture((40, 40))[:300]])
def test_what_is_not_a_picture_is_refused(image: bytes) -> None:
    with pytest.raises(UnreadablePhoto):
        set_photo(officer=zhang_wei(), image=image, actor=LI_NA, at=AT)
    assert not Officer.objects.exists()
