"""Enterprises and their places come into the register, change, and leave a trace."""

from datetime import UTC, datetime

import pytest

from audit.actor import Actor
from audit.models import Entry
from audit.register import NotRegistrable
from enterprises.models import Enterprise, Premises
from enterprises.services.enterprise import save_enterprise
from enterprises.services.premises import save_premises

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LI_NA = Actor.account("li.na")


def dumpling_house(**fields: object) -> Enterprise:
    values = {"credit_code": "91330000755918469E", "name": "邢台饺子馆", "region_code": "130502"} | fields
    return save_enterprise(enterprise=Enterprise(**values), actor=LI_NA, at=AT)


def test_a_renamed_enterprise_keeps_its_former_names_oldest_first_and_each_once() -> None:
    house = dumpling_house()
    for name in ("邢台面馆", "邢台饺子馆", "邢台大饭店"):
        house.name = name
        save_enterprise(enterprise=house, actor=LI_NA, at=AT)
    assert Enterprise.objects.get().former_names == ["邢台面馆", "邢台饺子馆"]
    assert house.history.count() == 4
    assert Entry.objects.filter(subject="enterprise:91330000755918469E").count() == 4


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"credit_code": "91330104341916223P"}, "不是有效的统一社会信用代码"),
        ({"credit_code": ""}, "统一社会信用代码：不能为空"),
        ({"registration_no": "440106000067509"}, "不是有效的注册号"),
        ({"region_code": "1305"}, "六位地区代码"),
        ({"risk_grade": "很高的风险"}, "超过 4 个字"),
        ({"status": "asleep"}, "应为：存续"),
    ],
)
def test_an_enterprise_with_a_wrong_field_is_refused_in_words(fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(NotRegistrable, match=sentence):
        dumpling_house(**fields)
    assert not Entry.objects.exists()


def test_a_credit_code_is_cleaned_taken_once_and_never_changes() -> None:
    house = dumpling_house(credit_code=" ９1330000755918469e")
    assert house.credit_code == "91330000755918469E"
    with pytest.raises(NotRegistrable, match="已登记"):
        dumpling_house()
    house.credit_code = "911101057263777049"
    with pytest.raises(NotRegistrable, match="不得更改"):
        save_enterprise(enterprise=house, actor=LI_NA, at=AT)


def test_a_place_is_named_once_and_has_both_coordinates_or_none() -> None:
    house = dumpling_house()
    place = Premises(enterprise=house, address="人民路 1 号", longitude=114.5, latitude=37.07)
    save_premises(premises=place, actor=LI_NA, at=AT)
    with pytest.raises(NotRegistrable, match="已登记此地址"):
        save_premises(premises=Premises(enterprise=house, address="人民路 1 号"), actor=LI_NA, at=AT)
    with pytest.raises(NotRegistrable, match="经度与纬度应同时填写"):
        save_premises(premises=Premises(enterprise=house, address="2 号", longitude=114.5), actor=LI_NA, at=AT)
    with pytest.raises(NotRegistrable, match="应在 -90 与 90 之间"):
        save_premises(
            premises=Premises(enterprise=house, address="2 号", longitude=114.5, latitude=91.0), actor=LI_NA, at=AT
        )
    with pytest.raises(NotRegistrable, match="应在 -180 与 180 之间"):
        save_premises(
            premises=Premises(enterprise=house, address="2 号", longitude=float("nan"), latitude=1.0),
            actor=LI_NA,
            at=AT,
        )
    place.address = "人民路 3 号"
    save_premises(premises=place, actor=LI_NA, at=AT)
    assert [row.history_type for row in place.history.all()] == ["~", "+"]
    assert Premises.objects.count() == 1
