"""An officer's own visits, and what changed since: nothing is missed, nothing comes twice."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from audit.models import VisitFact
from audit.services.visit_fact import restate
from checkins.cursor import Cursor, Mark, Snapshot
from tests.town import CASHMERE, GLASS, Phone, Town, build, scan_body


def get(phone: Phone, path: str, **asked: Any) -> Any:
    response = phone.client.get(f"/api/v1{path}", asked, headers={"authorization": f"Bearer {phone.token}"})
    assert response.status_code == 200, response.content.decode()
    return response.json()


def numbers(answer: Any) -> list[str]:
    return [visit["number"] for visit in answer["visits"]]


def ago(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def visited(phone: Phone, days: float = 0, **words: Any) -> str:
    found: str = phone.scan(scanned_at=ago(days=days), **words).json()["visit"]["number"]
    return found


class TestOwnVisits:
    def test_zhang_wei_sees_his_own_with_all_that_is_known_of_them(self, town: Town) -> None:
        number = visited(town.zhang_wei, visit={"category": "case", "items": ["消防通道"]})
        visited(town.li_na, code=None, credit_code=GLASS)
        visited(town.wang_qiang)
        town.li_na.post(f"/visits/{number}/voiding", {"reason": "扫错了企业"})
        [visit] = get(town.zhang_wei, "/visits")["visits"]
        assert (visit["number"], visit["enterprise"]) == (number, "邢台轴承有限公司")
        assert {word for word, known in visit["known"].items() if known} == {"category", "items"}
        assert visit["duration_minutes"] is None
        assert [(one["kind"], one["state"], one["claim"]) for one in visit["corrections"]] == [
            ("voiding", "waiting", {"state": "voided"})
        ]

    def test_pages_are_stable_while_new_visits_come(self, town: Town) -> None:
        made = [visited(town.zhang_wei, days=5 - day) for day in range(5)]
        first = get(town.zhang_wei, "/visits", limit=2)
        visited(town.zhang_wei, code=None, credit_code=GLASS)
        second = get(town.zhang_wei, "/visits", limit=2, cursor=first["cursor"])
        third = get(town.zhang_wei, "/visits", limit=2, cursor=second["cursor"])
        assert numbers(first) + numbers(second) + numbers(third) == made[::-1]
        assert third["cursor"] is None

    def test_days_are_those_of_shanghai(self, town: Town, time_machine: Any) -> None:
        time_machine.move_to(datetime(2026, 7, 1, 17, 0, tzinfo=UTC), tick=False)  # one o'clock on the 2nd
        number = visited(town.zhang_wei)
        assert numbers(get(town.zhang_wei, "/visits", since="2026-07-02", until="2026-07-02")) == [number]
        assert numbers(get(town.zhang_wei, "/visits", until="2026-07-01")) == []

    def test_what_is_no_cursor_is_refused(self, town: Town) -> None:
        for path in (
            "/visits?cursor=x",
            "/visits?cursor=%00",
            "/changes?since=x",
            "/changes?since=MS4wLg",
            "/visits?cursor=٣",
        ):
            response = town.zhang_wei.client.get(
                f"/api/v1{path}", headers={"authorization": f"Bearer {town.zhang_wei.token}"}
            )
            assert (response.status_code, response.json()["type"]) == (422, "/problems/cursor-unknown")


@pytest.mark.django_db(transaction=True)  # inside one transaction that never ends nothing is ever settled
class TestChanges:
    def test_each_change_comes_once_to_the_agency_whose_visit_it_is(self, town: Town) -> None:
        mine, colleagues = visited(town.zhang_wei), visited(town.li_na, code=None, credit_code=GLASS)
        visited(town.wang_qiang)
        first = get(town.zhang_wei, "/changes")
        assert numbers(first) == [mine, colleagues]
        nothing = get(town.zhang_wei, "/changes", since=first["cursor"])
        assert (numbers(nothing), nothing["more"]) == ([], False)
        town.li_na.post(f"/visits/{mine}/result", {"items": [{"item": "消防通道", "outcome": "compliant"}]})
        town.zhang_wei.post(f"/visits/{mine}/departure", {"departed_at": datetime.now(UTC).isoformat()})
        [changed] = get(town.zhang_wei, "/changes", since=nothing["cursor"])["visits"]
        assert (changed["version"], changed["results"][0]["title"]) == (3, "合格")
        assert changed["duration_minutes"] == 0

    def test_pages_follow_one_another(self, town: Town) -> None:
        made = [visited(town.zhang_wei, days=6 - day) for day in range(5)]
        found, cursor, more = [], "", True
        while more:
            page = get(town.zhang_wei, "/changes", limit=2, since=cursor)
            found += numbers(page)
            cursor, more = page["cursor"], page["more"]
        assert found == made

    def test_it_costs_the_same_for_one_visit_and_for_many(self, town: Town) -> None:
        assert connection.features.supports_json_field  # SQLite asks itself once in a process
        costs = []
        for days in (9, 8, 7, 6, 5):
            visited(town.zhang_wei, days=days)
            with CaptureQueriesContext(connection) as captured:
                get(town.zhang_wei, "/changes")
            costs.append(len(captured))
        assert set(costs) == {10}


def in_its_transaction(town: Town, number: str) -> None:
    restate(number, changes={"source_no": "12345-1"}, at=datetime.now(UTC))


def in_savepoints(town: Town, number: str) -> None:
    """As deeds are that somebody else's transaction surrounds, an admin page's for one."""
    with transaction.atomic(), transaction.atomic():
        restate(number, changes={"source_no": "12345-1"}, at=datetime.now(UTC))


def in_a_batch(town: Town, number: str) -> None:
    """A phone's queue, whose chunks are then savepoints."""
    told = town.li_na.post("/scans/batch", {"items": [scan_body(), scan_body()]}).json()["items"]
    assert {(one["status"], one["answer"]["visit"]["number"]) for one in told} == {(201, number)}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [in_its_transaction, in_savepoints, in_a_batch])
def test_what_is_committed_late_is_not_passed_over_and_nothing_comes_twice(write: Callable[[Town, str], None]) -> None:
    """Two real transactions: the one with the lower id commits last. See docs/adr/0003 for what was seen to fail."""
    town = build()
    slow, quick = visited(town.zhang_wei), visited(town.zhang_wei, code=None, credit_code=CASHMERE)
    cursor = get(town.zhang_wei, "/changes")["cursor"]
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        try:
            with transaction.atomic():
                write(town, slow)
                written.set()
                assert go_on.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(30)
    with transaction.atomic():
        restate(quick, changes={"source_no": "12345-2"}, at=datetime.now(UTC))
    before = get(town.zhang_wei, "/changes", since=cursor)
    again = get(town.zhang_wei, "/changes", since=before["cursor"])
    go_on.set()
    thread.join(30)
    after = get(town.zhang_wei, "/changes", since=again["cursor"])
    end = get(town.zhang_wei, "/changes", since=after["cursor"])
    assert [numbers(one) for one in (before, again, after, end)] == [[quick], [], [slow], []]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_after_a_restored_backup_all_comes_again_once_and_what_it_brought_along_is_not_late() -> None:
    """A backup brings numbers of transactions that its new server has not had yet, and so does a cursor."""
    town = build()
    first, second = visited(town.zhang_wei), visited(town.zhang_wei, code=None, credit_code=CASHMERE)
    last = VisitFact.objects.latest("pk").pk
    ahead = Cursor(mark=Mark(transaction=1 << 40, row=last + 9), then=Snapshot(next=1 << 41))
    with transaction.atomic():
        restate(first, changes={"transaction": (1 << 40) + 7}, at=datetime.now(UTC))
    found = [get(town.zhang_wei, "/changes", since=str(ahead))]
    for _time in range(2):
        found.append(get(town.zhang_wei, "/changes", since=found[-1]["cursor"]))
    assert [sorted(numbers(one)) for one in found] == [sorted([first, second]), [], []]


MARKS = st.builds(Mark, transaction=st.integers(0, 1 << 40), row=st.integers(0, 1 << 40))
SNAPSHOTS = st.builds(
    Snapshot, next=st.integers(3, 1 << 40), running=st.frozensets(st.integers(3, 1 << 40), max_size=9)
)


@given(MARKS, st.none() | SNAPSHOTS)
def test_a_cursor_is_read_as_it_was_written(mark: Mark, then: Snapshot | None) -> None:
    cursor = Cursor(mark=mark, then=then)
    assert Cursor.of(str(cursor)) == cursor


@given(st.data())
def test_whatever_commits_in_whatever_order_each_row_is_given_once(data: st.DataObject) -> None:
    """A small model of the database: transactions take ids while they run and show them when they end; savepoints take
    numbers too, which no snapshot names and no row keeps."""
    running: dict[int, list[int]] = {}
    shown: list[Mark] = []
    given_rows: list[Mark] = []
    rows, following, ended, cursor = 0, 3, 2, Cursor()

    def read(most: int) -> None:
        nonlocal cursor
        now = Snapshot(next=ended + 1, running=frozenset(one for one in running if one <= ended))
        fresh = sorted(row for row in shown if cursor.is_new(row))
        late = [row for row in fresh if row <= cursor.mark]
        page = [*late, *fresh[len(late) :][:most]]
        given_rows.extend(page)
        cursor = cursor.after(max(page, default=cursor.mark), now=now)

    def commit(one: int) -> None:
        shown.extend(Mark(transaction=one, row=row) for row in running.pop(one))

    steps = ["begin", "write", "write", "savepoint", "commit", "read"]
    for step in data.draw(st.lists(st.sampled_from(steps), max_size=60)):
        if step == "begin":
            running[following] = []
            following += 1
        elif step == "savepoint" and running:
            following += 1
        elif step == "write" and running:
            rows += 1
            running[data.draw(st.sampled_from(sorted(running)))].append(rows)
        elif step == "commit" and running:
            one = data.draw(st.sampled_from(sorted(running)))
            commit(one)
            ended = max(ended, data.draw(st.sampled_from([one, following - 1])))  # its savepoints end with it
        elif step == "read":
            read(data.draw(st.integers(1, 3)))
    for one in list(running):
        commit(one)
    ended = following
    for _page in range(rows + 1):
        read(1)
    assert sorted(given_rows) == sorted(shown)
