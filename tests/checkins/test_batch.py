"""A phone's queue in one request: the same as one by one, one terminal outcome for each scan, and few statements."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.history import save_as
from audit.models import Entry, Filing, Flag, FlagState, VisitFact
from audit.strict_json import DEEPEST
from checkins.gaps import open_gaps
from checkins.models import Answer, Resolution, Scan, Visit
from checkins.services import arrive
from officers.models import Device, Officer
from officers.queries import token_hash
from tests.parallel import at_once
from tests.town import BEARINGS, CABLES, CASHMERE, FOUNDER, GLASS, LONG_AGO, Phone, Town, build, scan_body

DOORS = (BEARINGS, CASHMERE, GLASS, CABLES)
UNREAD = "https://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=20140"
FRESH = {"electronic_id", "server_time"}


def _send(phone: Phone, items: list[Any]) -> list[dict[str, Any]]:
    response = phone.post("/scans/batch", {"items": items})
    assert response.status_code == 200, response.content.decode()[:2000]
    told: list[dict[str, Any]] = response.json()["items"]
    assert [one["scan_id"] for one in told] == [
        item["scan_id"]
        if isinstance(item, dict) and isinstance(item.get("scan_id"), str) and item["scan_id"].isprintable()
        else None
        for item in items
    ]
    return told


def _outcomes(told: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["outcome"], one["status"]) for one in told]


def _queue(*, hours: int = 9, doors: tuple[str, ...] = DOORS, **words: Any) -> list[dict[str, Any]]:
    """A day's scans, an hour apart, the last one an hour ago."""
    now = datetime.now(UTC)
    return [
        scan_body(
            doors[place % len(doors)],
            scanned_at=(now - timedelta(hours=hours - place)).isoformat(),
            counter=place + 1,
            late_reason="隧道内无信号",
            **words,
        )
        for place in range(hours)
    ]


def test_a_queue_is_stored_filed_and_counted_like_single_scans(town: Town) -> None:
    told = _send(town.zhang_wei, _queue())
    assert _outcomes(told) == [("drop", 201)] * 9
    assert Scan.objects.count() == Resolution.objects.count() == Entry.objects.filter(kind="scan").count() == 9
    assert Filing.objects.filter(event__startswith="visit.").count() == VisitFact.objects.count()
    numbers = {one["answer"]["visit"]["number"] for one in told}
    assert set(Visit.objects.values_list("number", flat=True)) == numbers
    history: Any = Visit.history
    first = history.filter(history_type="+")
    assert set(first.values_list("number", flat=True)) == numbers
    assert set(first.values_list("history_user_id", flat=True)) == {"officer:13050200101"}
    assert told[0]["answer"]["electronic_id"]["name"] == "张伟"


def test_sent_twice_it_is_answered_the_same_and_stored_once(town: Town) -> None:
    queue = _queue()
    first = _send(town.zhang_wei, queue)
    again = _send(town.zhang_wei, queue[3:] + queue[:3])
    assert _outcomes(again) == [("drop", 200)] * 9
    known = {one["scan_id"]: one["answer"] for one in first}
    for one in again:
        before = known[one["scan_id"]]
        assert {name: value for name, value in one["answer"].items() if name not in FRESH} == {
            name: value for name, value in before.items() if name not in FRESH
        }
    assert Scan.objects.count() == 9
    assert set(Answer.objects.values_list("replays", flat=True)) == {1}


def test_it_is_the_phones_counter_that_orders_not_the_place_in_the_list(town: Town) -> None:
    queue = _queue(doors=(BEARINGS,), hours=8)
    told = _send(town.zhang_wei, list(reversed(queue)))
    assert [one["answer"]["visit"]["joined"] for one in told] == [True, False, True, True, True, True, True, False]
    assert not open_gaps(seen_until=datetime.now(UTC)).exists()


def test_what_is_wrong_with_one_is_its_own_trouble(town: Town) -> None:
    good, altered, foreign = _queue(hours=3)
    town.zhang_wei.post("/scans", {**altered, "late_reason": "other"})
    town.li_na.post("/scans", foreign)
    malformed: list[Any] = [
        None,
        "scan",
        [],
        {},
        {"scan_id": "not one"},
        {**good, "scan_id": str(uuid.uuid4()), "scanned_at": "yesterday"},
        {**good, "scan_id": 7},
        {**good, "scan_id": str(uuid.uuid4()), "visit": {"purpose": "tourism"}},
    ]
    told = _send(town.zhang_wei, [*malformed, altered, good, foreign])
    assert _outcomes(told) == [("drop", 422)] * len(malformed) + [("drop", 422), ("drop", 201), ("drop", 422)]
    assert {one["answer"]["type"] for one in told[: len(malformed)]} == {"/problems/invalid-body"}
    assert told[5]["answer"]["errors"][0]["field"] == "scanned_at"
    assert told[len(malformed)]["answer"]["type"] == "/problems/scan-altered"
    assert told[-1]["answer"] == {
        name: value for name, value in told[-1]["answer"].items() if name in {"type", "title", "status", "detail"}
    }


def test_a_text_that_cannot_be_kept_spoils_its_own_scan_and_no_other(town: Town) -> None:
    """A QR code may hold a NUL, and a phone's text half a character; a queue of 200 must not hang on it for ever."""
    nul, half, name, deep, good = _queue(hours=5)
    nul["code"] = "工\x00厂"
    half["visit"] = {"items": ["消防", "\ud83d"]}
    name["visit"] = {"\ud83d": 1}
    for _level in range(DEEPEST):
        deep["visit"] = {"further": deep.get("visit")}
    told = _send(town.zhang_wei, [nul, half, name, deep, good, {"scan_id": "\ud83d"}])
    assert _outcomes(told) == [("drop", 422)] * 4 + [("drop", 201), ("drop", 422)]
    fields = [one["answer"]["errors"][0]["field"] for one in told if one["status"] == 422]
    assert (fields[:3], fields[-1]) == (["code", "visit.items.1", "visit"], "scan_id")
    assert [str(scan_id) for scan_id in Scan.objects.values_list("scan_id", flat=True)] == [good["scan_id"]]


def test_one_id_twice_in_one_batch_is_stored_once(town: Town) -> None:
    body = _queue(hours=1)[0]
    told = _send(town.zhang_wei, [body, body, {**body, "late_reason": "else"}])
    assert _outcomes(told) == [("drop", 201), ("drop", 200), ("drop", 422)]
    assert Scan.objects.count() == 1


def test_what_cannot_be_placed_what_has_no_licence_and_what_teaches_go_in_too(town: Town) -> None:
    now = datetime.now(UTC).isoformat()
    teaches = scan_body(credit_code=BEARINGS, code=UNREAD, scanned_at=now, counter=2)
    told = _send(
        town.zhang_wei,
        [
            scan_body(code="https://www.sgs.gov.cn/lz/x?entyId=1", scanned_at=now, counter=1),
            teaches,
            scan_body(code=UNREAD, scanned_at=now, counter=3),
            scan_body(code=None, subject={"name": "老王烧饼摊"}, scanned_at=now, counter=4),
            scan_body(GLASS, premises_address="襄都区中兴东大街1号", scanned_at=now, counter=5),
        ],
    )
    assert _outcomes(told) == [("drop", 201)] * 5
    assert told[0]["answer"]["standing"]["state"] == "unresolved"
    assert told[2]["answer"]["enterprise"]["credit_code"] == BEARINGS  # it learned from the one before
    assert told[3]["answer"]["enterprise"]["kind"] == "subject"


def test_a_revoked_phone_hands_in_what_it_made_before_and_keeps_the_rest(town: Town) -> None:
    queue = _queue(hours=4)
    device = Device.objects.get(officer=town.zhang_wei.officer)
    revoked = datetime.fromisoformat(queue[2]["scanned_at"]) - timedelta(minutes=1)
    Device.objects.filter(pk=device.pk).update(revoked_at=revoked)
    told = _send(town.zhang_wei, queue)
    assert _outcomes(told) == [("drop", 201), ("drop", 201), ("keep", 401), ("keep", 401)]
    assert told[0]["answer"]["electronic_id"] is None


@pytest.mark.parametrize("body", [{"items": "all"}, {}, {"items": [{}] * 201}, {"items": None}])
def test_a_body_that_is_no_batch_is_told_so(town: Town, body: dict[str, Any]) -> None:
    response = town.zhang_wei.post("/scans/batch", body)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-body")


def test_an_empty_queue_is_answered(town: Town) -> None:
    assert _send(town.zhang_wei, []) == []


def test_a_batch_may_be_larger_than_other_bodies_but_not_boundless(town: Town) -> None:
    queue = [scan_body(counter=n + 1, extra="x" * 3000) for n in range(120)]
    assert {one["status"] for one in _send(town.zhang_wei, queue)} == {201}
    response = town.zhang_wei.post("/scans/batch", {"items": [], "extra": "x" * settings.MAX_BATCH_BYTES})
    assert (response.status_code, response.json()["type"]) == (413, "/problems/body-too-large")


def test_a_chunk_that_fails_goes_in_one_by_one(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bug, met by one scan: the others of its chunk are stored, and it may be sent again."""
    queue = _queue(hours=6)
    cursed = queue[2]["scan_id"]
    real = arrive.conclude

    def conclude(taken: Any, **words: Any) -> Any:
        if taken.arrival.scan_id == cursed:
            raise ZeroDivisionError
        return real(taken, **words)

    monkeypatch.setattr("checkins.services.batch.conclude", conclude)
    monkeypatch.setattr("checkins.services.scan.conclude", conclude)
    told = _send(town.zhang_wei, queue)
    assert _outcomes(told) == [("keep", 500) if item["scan_id"] == cursed else ("drop", 201) for item in queue]
    assert Scan.objects.count() == 5
    monkeypatch.undo()
    assert Counter(_outcomes(_send(town.zhang_wei, queue))) == {("drop", 200): 5, ("drop", 201): 1}


# (minutes after the first, door, whose phone, category, whether it continues the first visit at the door)
queued = st.lists(
    st.tuples(
        st.integers(0, 60 * 60),
        st.sampled_from(DOORS[:2]),
        st.sampled_from([None, "routine", "case"]),
        st.sampled_from(["inspection", "inspection", "service"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda item: item[0],
)


class AsOneByOne(TestCase):
    """The same scans as a batch and one by one: the same visits, facts, filings, flags and answers."""

    town: Town

    def setup_example(self) -> None:
        super().setup_example()  # type: ignore[no-untyped-call]
        self.town = build()

    @hypothesis_settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(queued, st.booleans(), st.integers(1, 4))
    def test_it_is_the_same(self, scans: list[tuple[int, str, str | None, str, bool]], early: bool, chunk: int) -> None:
        now = datetime.now(UTC)
        items = [
            {
                "scan_id": str(uuid.UUID(int=place + 1)),
                "code": None,
                "credit_code": door,
                "scanned_at": (now - timedelta(hours=61) + timedelta(minutes=minutes)).isoformat(),
                "visit": {"category": category, "purpose": purpose},
                "counter": place + 1 + early,
            }
            for place, (minutes, door, category, purpose, _goes_on) in enumerate(scans)
        ]
        before = pytest.MonkeyPatch()
        before.setattr("checkins.services.batch.CHUNK", chunk)
        outcomes = []
        for together in (True, False):
            mark = _Mark()
            told = (
                _send(self.town.zhang_wei, items)
                if together
                else [{"answer": self.town.zhang_wei.post("/scans", item).json()} for item in items]
            )
            outcomes.append((mark.what_came(), [_settled(one["answer"]) for one in told]))
            mark.undo()
        before.undo()
        for batch_way, single_way in zip(outcomes[0][0], outcomes[1][0], strict=True):
            assert batch_way == single_way
        for batch_way, single_way in zip(outcomes[0][1], outcomes[1][1], strict=True):
            assert batch_way == single_way


def _settled(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what the moment of asking decides."""
    kept = {name: value for name, value in answer.items() if name not in FRESH | {"onsite"}}
    kept["onsite"] = answer["onsite"]["at"]
    kept["filing"] = {**answer["filing"], "promise": bool(answer["filing"]["promise"])}  # each entry has its own salt
    return kept


class _Mark:
    """A point to which the database goes back, so that the same ids can be sent again."""

    def __init__(self) -> None:
        self.savepoint = str(connection.savepoint())

    def what_came(self) -> list[Any]:
        latest = {row.scan_id: row for row in Resolution.objects.order_by("serial").select_related("visit")}
        return [
            sorted(
                Visit.objects.values_list(
                    "number", "status", "started_at", "purpose", "category", "credit_code", "joint_id"
                )
            ),
            sorted(
                (one.visit, one.version, one.state, one.started_at, one.category, str(one.officers))
                for one in VisitFact.objects.all()
            ),
            sorted(Filing.objects.filter(event__startswith="visit.").values_list("number", "credit_code", "visit")),
            sorted(Filing.objects.values_list("event", "credit_code", "visit")),
            sorted((str(scan_id), row.serial, row.visit and row.visit.number) for scan_id, row in latest.items()),
            sorted(Flag.objects.values_list("rule", "credit_code", "agency_code", "period", "opened_by_visit")),
            sorted((one.flag.rule, one.flag.credit_code, one.state, str(one.evidence)) for one in
                   FlagState.objects.select_related("flag")),
            sorted(Entry.objects.values_list("kind", "subject")),
            sorted((gap.first, gap.last) for gap in open_gaps(seen_until=datetime.now(UTC))),
        ]  # fmt: skip

    def undo(self) -> None:
        connection.savepoint_rollback(self.savepoint)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_scans_cost_few_statements() -> None:
    """150 enterprises, some of them twice, some replays: at most 6 SQL statements an item (PostgreSQL: under 1)."""
    town = build()
    queue = _queue(hours=200)
    with CaptureQueriesContext(connection) as captured:
        told = _send(town.zhang_wei, queue[:150])
    assert {one["status"] for one in told} == {201}
    assert len(captured) <= 6 * 150, len(captured)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Threads on PostgreSQL; what was seen without each guard stands in docs/adr/0003."""

    def test_overlapping_batches_from_two_phones_of_one_officer_store_each_scan_once(self) -> None:
        town = build()
        second = second_phone(town)
        queue = _queue(hours=40)
        deeds = [
            partial(_send, town.zhang_wei, queue[:30]),
            partial(_send, second, list(reversed(queue[10:]))),
            partial(_send, town.zhang_wei, queue[20:]),
            partial(_send, second, queue[:25]),
        ]
        told = [one for answer in at_once(deeds, threads=4) for one in answer]
        assert {one["outcome"] for one in told} == {"drop"}
        created = Counter(one["scan_id"] for one in told if one["status"] == 201)
        assert created == {item["scan_id"]: 1 for item in queue}
        assert {one["status"] for one in told} <= {200, 201}
        assert Scan.objects.count() == Entry.objects.filter(kind="scan").count() == 40

    def test_batches_and_single_scans_at_the_same_doors_in_any_order_wait_for_each_other_and_never_in_a_circle(
        self,
    ) -> None:
        town = build()
        now = datetime.now(UTC)
        queues = [
            [
                scan_body(door, scanned_at=(now - timedelta(minutes=30 - place)).isoformat(), counter=place + 1)
                for place, door in enumerate(order)
            ]
            for order in (DOORS, tuple(reversed(DOORS)), DOORS[1:] + DOORS[:1], DOORS[2:] + DOORS[:2])
        ]
        phones = [town.zhang_wei, town.li_na, town.wang_qiang, town.sun_lei]
        batches = [partial(_send, phone, queue) for phone, queue in zip(phones, queues, strict=True)]
        singles = [partial(phone.scan, door) for phone in phones[:2] for door in DOORS]
        answers = at_once([*batches, *singles, *batches], threads=16)
        told = [one for answer in answers if isinstance(answer, list) for one in answer]
        assert {one["status"] for one in told} == {200, 201}
        assert {answer.status_code for answer in answers if not isinstance(answer, list)} == {201}
        market = Visit.objects.filter(agency__code="130502-SCJG")
        assert sorted(market.values_list("credit_code", flat=True)) == sorted(DOORS)
        for visit in market:
            last = VisitFact.objects.filter(visit=visit.number).order_by("-version")[0]
            assert {officer["name"] for officer in last.officers} == {"张伟", "李娜", "孙磊"}


def second_phone(town: Town) -> Phone:
    """张伟's second phone."""
    officer = Officer.objects.get(pk=town.zhang_wei.officer.pk)
    device = Device(
        officer=officer, name="另一部", token_hash=token_hash("second"), enrolled_at=LONG_AGO, enrolled_by="test"
    )
    with transaction.atomic():
        save_as(device, actor=FOUNDER, at=LONG_AGO, new=True)
    return Phone(token="second", officer=officer)
