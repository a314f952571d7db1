"""A queue that names items, plans, joint codes, partners and emergencies: the same as one by one, however sent."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.history import save_as
from checkins.models import Answer, Item, Scan
from tests.checkins.came import Mark, everything, outcome, settled
from tests.checkins.test_batch import second_phone
from tests.checkins.test_plans import announce
from tests.checkins.test_precheck import rule
from tests.checkins.test_together import scanned, uncertified
from tests.town import BEARINGS, CABLES, CASHMERE, FOUNDER, GLASS, LONG_AGO, Phone, Town, build, scan_body

DOORS = (BEARINGS, CASHMERE, GLASS, CABLES)
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
Words = dict[str, Any]
Said = tuple[str, float, Words]
"""Door, hours before noon, the words about the visit."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What is there before the queue: 王强 has been at 明亮玻璃店 since ten, and his plan for 邢台轴承 is open."""

    town: Town
    code: str
    plan: str
    closed: str
    withdrawn: str
    elsewhere: str
    own: str
    yesterday: str


@pytest.fixture
def world(town: Town, time_machine: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    time_machine.move_to(NOON, tick=False)
    wanted = {"special": ("plan_no", "approval_no")}
    monkeypatch.setattr(settings, "CHECKIN_POLICY", replace(settings.CHECKIN_POLICY, required_words=wanted))
    for code, name in (("SC-01", "计量器具"), ("SC-02", "电梯")):
        item = Item(
            code=code, name=name, agency_code="130502-SCJG", region_code="130502", basis="", valid_from="2026-01-01"
        )
        with transaction.atomic():
            save_as(item, actor=FOUNDER, at=LONG_AGO, new=True)
    rule("annual_cap", "annual_cap", {"cap": 1})
    rule("single_officer", "single_officer", {"minutes": 15, "officers": 2})
    days: dict[str, Any] = {"first_day": "2026-06-30", "last_day": "2026-07-02"}
    plan = announce(town.wang_qiang, "联合", **days)["plan"]["number"]
    closed = announce(town.wang_qiang, "不联合", joint_open=False, **days)["plan"]["number"]
    withdrawn = announce(town.wang_qiang, "作罢", **days)["plan"]["number"]
    announce(town.wang_qiang, "作罢", withdrawn=True, **days)
    elsewhere = announce(town.wang_qiang, "别处", credit_code=CABLES, **days)["plan"]["number"]
    own = announce(town.zhang_wei, "计划1", credit_code=CASHMERE, **days)["plan"]["number"]
    scanned_at = (NOON - timedelta(hours=2)).isoformat()
    host = town.wang_qiang.scan(GLASS, scanned_at=scanned_at).json()["visit"]
    before = town.zhang_wei.scan(CABLES, scanned_at=(NOON - timedelta(hours=20)).isoformat()).json()["visit"]
    return World(
        town=town,
        code=host["joint_code"],
        plan=plan,
        closed=closed,
        withdrawn=withdrawn,
        elsewhere=elsewhere,
        own=own,
        yesterday=before["number"],
    )


def items(_world: World) -> list[Said]:
    return [
        (BEARINGS, 5, {"items": ["SC-01"]}),
        (GLASS, 4, {"items": ["电梯", " SC-01 "]}),
        (BEARINGS, 3, {"items": ["没有公布的", "SC-02"]}),
        (BEARINGS, 2, {}),
    ]


def plans(world: World) -> list[Said]:
    return [
        (CASHMERE, 5, {"plan_no": "计划1"}),
        (BEARINGS, 4.5, {"plan_no": world.plan, "category": "special"}),
        (CABLES, 4, {"plan_no": world.elsewhere}),
        (GLASS, 3, {"plan_no": world.plan}),
        (CASHMERE, 2, {"plan_no": world.own, "items": ["SC-01"]}),
        (BEARINGS, 1, {"plan_no": world.closed}),
        (GLASS, 0.9, {"plan_no": world.withdrawn}),
        (GLASS, 0.8, {"plan_no": "没有这个计划"}),
    ]


def a_plan_whose_host_is_there(world: World) -> list[Said]:
    scanned(world.town.wang_qiang, BEARINGS, plan_no=world.plan)
    return [(BEARINGS, 0.5, {}), (CASHMERE, 0.4, {"plan_no": world.plan}), (BEARINGS, 0.3, {"plan_no": world.plan})]


def joint_codes(world: World) -> list[Said]:
    return [
        (GLASS, 1.9, {"joint_code": world.code.lower()}),
        (BEARINGS, 1.8, {"joint_code": world.code}),
        (GLASS, 1.7, {}),
        (CASHMERE, 1.5, {"joint_code": "ABCD2345"}),
    ]


def a_joint_code_that_only_the_second_scan_names(world: World) -> list[Said]:
    return [(GLASS, 1.9, {}), (CABLES, 1.8, {}), (GLASS, 1.7, {"joint_code": world.code}), (GLASS, 1.6, {})]


def partners(world: World) -> list[Said]:
    li_na, wang_qiang, sun_lei = (
        phone.officer.certificate_no for phone in (world.town.li_na, world.town.wang_qiang, world.town.sun_lei)
    )
    return [
        (BEARINGS, 5, {"partners": [li_na]}),
        (GLASS, 4.9, {"partners": [wang_qiang, "无此证号"]}),
        (BEARINGS, 4.6, {"partners": [sun_lei, li_na]}),
        (CASHMERE, 4, {"partners": [], "assistants": 1}),
        (CASHMERE, 3, {"partners": [li_na], "assistants": 3}),
    ]


def emergencies(_world: World) -> list[Said]:
    return [
        (BEARINGS, 5, {"emergency": True}),
        (GLASS, 4.9, {"emergency": True, "approval_no": "襄市监审〔2026〕3号"}),
        (BEARINGS, 4.5, {"emergency": True, "items": ["SC-01"]}),
        (CASHMERE, 4, {"approval_no": "襄市监审〔2026〕4号"}),
        (BEARINGS, 3, {"approval_no": " 襄市监审〔2026〕5号 "}),
        (CASHMERE, 2.5, {"emergency": True}),
        (CABLES, 2, {"emergency": True, "purpose": "service"}),
        (GLASS, 1, {"approval_no": "襄市监审〔2026〕3号"}),
    ]


def reasons(_world: World) -> list[Said]:
    return [
        (BEARINGS, 5, {"reason": "complaint", "source_no": "12345-7"}),
        (GLASS, 4.9, {"category": "case"}),
        (CASHMERE, 4.8, {"category": "special", "superior_ordered": True}),
        (GLASS, 4, {"category": "special", "superior_ordered": True}),
        (GLASS, 3.9, {"reason": "complaint", "source_no": "12345-8"}),
        (CASHMERE, 3.5, {}),
        (CABLES, 3, {"category": "routine"}),
        (CABLES, 2.9, {"reason": "recheck", "source_no": "整改〔2026〕9号"}),
    ]


def many_visits(world: World) -> list[Said]:
    return [
        (BEARINGS, 40, {"items": ["SC-01"]}),
        (BEARINGS, 30, {"emergency": True}),
        (CABLES, 15, {"continues": world.yesterday, "items": ["SC-02"]}),
        (BEARINGS, 14, {"purpose": "service", "partners": [world.town.li_na.officer.certificate_no]}),
        (BEARINGS, 13, {"category": "special"}),
        (GLASS, 12, {"continues": "没有这次入企"}),
        (BEARINGS, 6, {"plan_no": world.plan}),
        (BEARINGS, 1, {"plan_no": world.plan, "approval_no": "襄市监审〔2026〕6号"}),
    ]


def not_certified(world: World) -> list[Said]:
    uncertified(world.town.zhang_wei)
    return [
        (BEARINGS, 2, {"emergency": True}),
        (GLASS, 1, {"joint_code": world.code}),
        (CABLES, 0.5, {"purpose": "service"}),
    ]


def everything_at_once(world: World) -> list[Said]:
    found = [said for case in CASES[:-1] if case is not not_certified for said in case(world)]
    return sorted(found, key=lambda said: -said[1])


CASES: list[Callable[[World], list[Said]]] = [
    items,
    plans,
    a_plan_whose_host_is_there,
    joint_codes,
    a_joint_code_that_only_the_second_scan_names,
    partners,
    emergencies,
    reasons,
    many_visits,
    not_certified,
    everything_at_once,
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)


def queue_of(said: list[Said]) -> list[dict[str, Any]]:
    """In order of time and of the phone's counter, which goes on from the scans that 张伟 made before."""
    return [
        scan_body(
            door,
            scan_id=str(uuid.UUID(int=place + 1)),
            scanned_at=(NOON - timedelta(hours=hours, seconds=-place)).isoformat(),
            counter=place + 1,
            late_reason="无信号",
            visit=words,
        )
        for place, (door, hours, words) in enumerate(said)
    ]


def singly(phone: Phone, queue: list[dict[str, Any]]) -> list[Any]:
    responses = [phone.post("/scans", body) for body in queue]
    assert {response.status_code for response in responses} == {201}
    return [settled(response.json()) for response in responses]


def batch(phone: Phone, queue: list[dict[str, Any]], *, statuses: set[int]) -> dict[str, Any]:
    response = phone.post("/scans/batch", {"items": queue})
    assert response.status_code == 200, response.content.decode()
    told = response.json()["items"]
    assert {one["status"] for one in told} == statuses, told
    return {one["scan_id"]: settled(one["answer"]) for one in told}


@pytest.mark.django_db
@cases
def test_it_comes_out_as_one_by_one_whole_twice_cut_in_the_middle_and_from_two_phones(
    world: World, case: Callable[[World], list[Said]], monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, queue = world.town.zhang_wei, queue_of(case(world))
    kinds = case not in (reasons, everything_at_once)
    mark = Mark()
    answers, rows = singly(phone, queue), everything()
    came, came_of_any_order = outcome(*DOORS), outcome(*DOORS, kinds=kinds)
    mark.undo()
    if case is everything_at_once:
        _every_word_is_met(answers, rows)
    for chunk in (50, 3):
        _the_rows_and_answers_are_those_of_single_scans(phone, queue, answers, rows, chunk=chunk, patch=monkeypatch)
    _sent_in_halves_and_again_it_writes_the_same_rows(phone, queue, rows)
    phones = (phone, second_phone(world.town))
    _from_two_phones_it_comes_out_the_same(phones, queue, came)
    _backwards_and_one_by_one_it_comes_out_the_same(phones, queue, came_of_any_order, kinds=kinds)


def _every_word_is_met(answers: list[Any], rows: dict[str, list[Any]]) -> None:
    said = {warning["code"] for answer in answers for warning in answer["for_officer"]["warnings"]}
    assert said >= {
        "item_not_published",
        "plan_unknown",
        "plan_missing",
        "approval_missing",
        "joint_code_unknown",
        "continues_unknown",
        "partner_unknown",
        "partner_elsewhere",
        "partner_certificate",
        "assistants_changed",
    }
    assert all(rows[table] for table in ("urgencies", "approvals", "corrections", "flags", "grades"))
    assert {bool(answer["visit"]["joint_id"]) for answer in answers} == {True, False}


def _the_rows_and_answers_are_those_of_single_scans(
    phone: Phone,
    queue: list[dict[str, Any]],
    answers: list[Any],
    rows: dict[str, list[Any]],
    *,
    chunk: int,
    patch: pytest.MonkeyPatch,
) -> None:
    mark = Mark()
    with patch.context() as context:
        context.setattr("checkins.services.batch.CHUNK", chunk)
        told = batch(phone, queue[::-1], statuses={201})
    for body, answer in zip(queue, answers, strict=True):
        assert told[body["scan_id"]] == answer
    for table, found in everything().items():
        assert found == rows[table], table
    mark.undo()


def _sent_in_halves_and_again_it_writes_the_same_rows(
    phone: Phone, queue: list[dict[str, Any]], rows: dict[str, list[Any]]
) -> None:
    middle, mark = len(queue) // 2, Mark()
    first = batch(phone, queue[:middle], statuses={201})
    first |= batch(phone, queue[middle:], statuses={201})
    assert everything() == rows
    assert batch(phone, queue, statuses={200}) == first
    assert everything() == rows
    assert set(Answer.objects.values_list("replays", flat=True)) == {1}
    mark.undo()


def _from_two_phones_it_comes_out_the_same(
    phones: tuple[Phone, Phone], queue: list[dict[str, Any]], came: list[object]
) -> None:
    """Whatever both have sent, and the later half before the earlier."""
    phone, second, middle = *phones, len(queue) // 2
    mark = Mark()
    batch(phone, queue[: middle + 1], statuses={201})
    batch(second, queue, statuses={200, 201} if middle + 1 < len(queue) else {200})
    assert outcome(*DOORS) == came
    mark.undo()

    mark = Mark()
    batch(phone, queue[middle:], statuses={201})
    batch(second, queue[:middle], statuses={201})
    assert outcome(*DOORS) == came
    mark.undo()


def _backwards_and_one_by_one_it_comes_out_the_same(
    phones: tuple[Phone, Phone], queue: list[dict[str, Any]], came: list[object], *, kinds: bool
) -> None:
    mark = Mark()
    for place, body in enumerate(reversed(queue)):
        batch(phones[place % 2], [body], statuses={201})
    assert outcome(*DOORS, kinds=kinds) == came
    assert Scan.objects.filter(scan_id__in=[body["scan_id"] for body in queue]).count() == len(queue)
    mark.undo()


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_names_everything_costs_at_most_six_statements_an_item() -> None:
    town = build()
    plan = announce(town.wang_qiang, first_day="2026-01-01", last_day="2026-12-31")["plan"]["number"]
    words = {
        "items": ["SC-01", "没有公布的"],
        "plan_no": plan,
        "partners": [town.li_na.officer.certificate_no],
        "emergency": True,
        "approval_no": "襄市监审〔2026〕3号",
    }
    now = datetime.now(UTC)
    queue = [
        scan_body(
            DOORS[place % 4],
            scanned_at=(now - timedelta(hours=100 - place)).isoformat(),
            counter=place + 1,
            visit=words,
        )
        for place in range(100)
    ]
    with CaptureQueriesContext(connection) as captured:
        batch(town.zhang_wei, queue, statuses={201})
    assert len(captured) <= 6 * len(queue), len(captured)
