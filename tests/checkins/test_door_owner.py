"""What only the owner sees at the enterprise's page: counts, what must be corrected, the past."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from time_machine import TimeMachineFixture

from enterprises.auth import DOOR_OWNER
from tests.checkins.doors import Browser
from tests.checkins.test_precheck import rule
from tests.town import BEARINGS, GLASS, Town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon")]


def _owner(credit_code: str = BEARINGS) -> Browser:
    browser = Browser(credit_code)
    browser.prove((timezone.now() + timedelta(hours=1)).timestamp())
    return browser


def _ordered(town: Town) -> str:
    """张伟 has inspected, left, and ordered the fire doors to be put right."""
    number: str = town.zhang_wei.scan().json()["visit"]["number"]
    said = {"items": [{"item": "防火门", "outcome": "rectify", "rectify_by": "2026-08-15", "note": "更换闭门器"}]}
    answer = town.zhang_wei.post(f"/visits/{number}/result", said)
    assert answer.status_code in {200, 201}, answer.content.decode()
    return number


def test_whoever_has_only_the_posters_address_sees_no_count_no_order_and_no_past(town: Town) -> None:
    _ordered(town)
    guest = Browser()
    text = guest.said()
    assert "张伟" in text
    for word in ("检查次数", "防火门", "上限"):
        assert word not in text
    refused = guest.get("door-history", 403)
    assert "只给本企业看" in refused
    assert "张伟" not in refused


def test_the_owner_sees_counts_per_agency_against_the_cap_and_whether_today_counts(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    for _day in range(2):
        town.zhang_wei.scan()
        time_machine.shift(timedelta(days=1))
    town.wang_qiang.scan()
    town.zhang_wei.scan()
    text = _owner().said()
    assert "2026 年检查次数" in text
    assert "各单位一共检查 4 次（联合检查算一次），服务走访 0 次" in text
    assert "襄都区市场监督管理局 3 次，上限 2 次 · 已经超过上限 今天这次计入。" in text
    assert "襄都区应急管理局 1 次，上限 2 次 今天这次计入。" in text


def test_a_visit_that_does_not_count_says_why(town: Town) -> None:
    town.zhang_wei.scan(visit={"reason": "complaint", "source_no": "12345-0001"})
    town.wang_qiang.scan(visit={"purpose": "service"})
    text = _owner().said()
    assert "襄都区市场监督管理局 0 次，上限 2 次 今天这次不计入：有豁免事由和来源文号" in text
    assert "今天这次不计入：服务走访，不是检查" in text


def test_the_caps_rule_is_cited(town: Town) -> None:
    rule("annual-cap", "annual_cap", {"cap": 1})
    town.zhang_wei.scan()
    assert "上限依据：" in _owner().said()


def test_what_must_be_corrected_by_when_is_told_until_it_is_settled(
    town: Town, time_machine: TimeMachineFixture
) -> None:
    number = _ordered(town)
    owner = _owner()
    text = owner.said()
    assert "防火门 更换闭门器 2026-08-15 前改正 襄都区市场监督管理局" in text
    time_machine.shift(timedelta(days=51))
    owner = _owner()
    assert "已过 6 天" in owner.said()
    done = {"items": [{"item": "防火门", "outcome": "compliant"}]}
    assert town.zhang_wei.post(f"/visits/{number}/result", done).status_code in {200, 201}
    assert "没有需要改正的" in owner.said()


def test_the_past_says_who_came_how_long_and_what_came_of_it(town: Town, time_machine: TimeMachineFixture) -> None:
    number = _ordered(town)
    time_machine.shift(timedelta(minutes=25))
    town.zhang_wei.post(f"/visits/{number}/departure", {"departed_at": datetime.now().astimezone().isoformat()})
    text = _owner().said("door-history")
    assert "襄都区市场监督管理局 2026-07-01 12:00 · 检查 · 日常 张伟 · 停留 25 分钟 防火门 责令改正" in text
    assert number in text
    assert "还没有检查记录" in _owner(GLASS).said("door-history")


def test_the_proof_is_of_one_door_and_ends(town: Town, time_machine: TimeMachineFixture) -> None:
    owner = _owner()
    owner.get("door-history")
    elsewhere = Browser(GLASS)
    elsewhere.client = owner.client
    elsewhere.get("door-history", 403)
    time_machine.shift(timedelta(hours=1))
    owner.get("door-history", 403)


@pytest.mark.parametrize("proof", ["yes", {"door": "1"}, {"until": 1e12}, {"door": None, "until": "never"}, []])
def test_a_session_that_says_something_else_proves_nothing(town: Town, proof: object) -> None:
    browser = _owner()
    session = browser.client.session
    session[DOOR_OWNER] = proof
    session.save()
    browser.get("door-history", 403)


def test_the_cost_does_not_grow_with_the_past(town: Town, time_machine: TimeMachineFixture) -> None:
    owner = _owner()
    _ordered(town)
    owner.get()
    few = owner.cost(), owner.cost("door-history")
    for _week in range(6):
        time_machine.shift(timedelta(days=7))
        _ordered(town)
        town.wang_qiang.scan()
    owner = _owner()
    owner.get()
    many = owner.cost(), owner.cost("door-history")
    assert many == few == (10, 11), (few, many)


def test_no_time_out_of_an_account_ends_what_the_owner_has_proved(town: Town, time_machine: TimeMachineFixture) -> None:
    owner = Browser()
    owner.prove((timezone.now() + timedelta(hours=2)).timestamp())
    time_machine.shift(timedelta(minutes=119))
    assert "2026 年检查次数" in owner.said()
    time_machine.shift(timedelta(minutes=2))
    assert "2026 年检查次数" not in owner.said()
    assert DOOR_OWNER in owner.client.session, "was the owner's, and is no stranger"
    time_machine.shift(timedelta(hours=10))
    assert DOOR_OWNER not in owner.client.session
