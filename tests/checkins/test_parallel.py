"""Promise 2 and promise 11 under real concurrency: threads on PostgreSQL.

Each test was first seen failing without its guard; what was seen stands in docs/adr/0003.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from audit.models import Entry, Filing, VisitFact
from checkins.gaps import open_repeats
from checkins.models import Answer, Scan, SequenceRepeat, Visit
from tests.parallel import at_once
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town, build, scan_body

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

FRESH = {"electronic_id", "filing", "server_time"}


@pytest.fixture
def town() -> Town:
    return build()


def _facts(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in FRESH}


def test_two_hundred_parallel_posts_of_one_scan_are_one_scan(town: Town) -> None:
    body = scan_body()
    responses = at_once([partial(town.zhang_wei.post, "/scans", body)] * 200, threads=32)
    assert Counter(response.status_code for response in responses) == {201: 1, 200: 199}
    first = _facts(responses[0].json())
    assert all(_facts(response.json()) == first for response in responses)
    assert Scan.objects.count() == Visit.objects.count() == VisitFact.objects.count() == 1
    assert Filing.objects.filter(event__startswith="visit.").count() == Entry.objects.filter(kind="scan").count() == 1
    assert Answer.objects.get().replays == 199


def test_of_ten_contents_under_one_id_one_is_stored_and_the_others_are_told_of_it(town: Town) -> None:
    body = scan_body()
    altered = [{**body, "late_reason": f"reason {number}"} for number in range(10)]
    responses = at_once([partial(town.zhang_wei.post, "/scans", one) for one in altered], threads=10)
    assert Counter(response.status_code for response in responses) == {201: 1, 422: 9}
    number = Visit.objects.get().number
    refused = [response.json() for response in responses if response.status_code == 422]
    assert {(problem["type"], problem["visit"]) for problem in refused} == {("/problems/scan-altered", number)}


def test_ten_contents_under_one_id_at_different_enterprises_are_settled_too(town: Town) -> None:
    body = scan_body()
    doors = [BEARINGS, CASHMERE, GLASS, CABLES]
    responses = at_once(
        [partial(town.zhang_wei.post, "/scans", scan_body(door, scan_id=body["scan_id"])) for door in doors], threads=4
    )
    assert Counter(response.status_code for response in responses) == {201: 1, 422: 3}
    assert Visit.objects.count() == Filing.objects.filter(event__startswith="visit.").count() == 1


def test_an_id_that_two_officers_use_at_once_belongs_to_one_and_the_other_learns_nothing(town: Town) -> None:
    body = scan_body()
    deeds = [partial(phone.post, "/scans", body) for phone in (town.zhang_wei, town.wang_qiang)]
    responses = at_once(deeds, threads=2)
    assert sorted(response.status_code for response in responses) == [201, 422]
    problem = next(response.json() for response in responses if response.status_code == 422)
    assert problem["type"] == "/problems/scan-id-taken"
    assert "visit" not in problem


def test_of_scans_with_one_counter_at_once_each_but_the_first_sees_another(town: Town) -> None:
    """At different doors, singly and in batches: nothing else makes them wait for each other."""
    doors = (BEARINGS, CASHMERE, GLASS, CABLES)
    alone = [partial(town.zhang_wei.post, "/scans", scan_body(door, counter=1)) for door in doors * 2]
    queues = [{"items": [scan_body(door, counter=counter) for counter in (1, 2)]} for door in doors]
    batches = [partial(town.zhang_wei.post, "/scans/batch", queue) for queue in queues]
    responses = at_once([*alone, *batches], threads=12)
    assert Counter(response.status_code for response in responses) == {201: 8, 200: 4}
    found = {one.counter: one.times for one in open_repeats()}  # type: ignore[attr-defined]
    assert (found, SequenceRepeat.objects.count()) == ({1: 12, 2: 4}, 11 + 3)


@pytest.mark.parametrize("door", [BEARINGS, CASHMERE, GLASS, CABLES])
def test_two_officers_of_one_agency_at_once_are_one_visit(town: Town, door: str) -> None:
    deeds = [partial(phone.scan, door) for phone in (town.zhang_wei, town.li_na, town.sun_lei) for _ in range(4)]
    responses = at_once(deeds, threads=12)
    assert {response.status_code for response in responses} == {201}
    assert {response.json()["visit"]["number"] for response in responses} == {Visit.objects.get().number}
    last = VisitFact.objects.order_by("-version").first()
    assert last is not None
    assert {officer["name"] for officer in last.officers} == {"张伟", "李娜", "孙磊"}


def test_an_unresolved_scan_resolved_twice_at_once_is_one_visit(town: Town) -> None:
    scan_id = town.zhang_wei.post("/scans", scan_body(code="https://www.sgs.gov.cn/lz/x?entyId=1")).json()["scan_id"]
    path = f"/scans/{scan_id}/resolution"
    deeds = [partial(town.zhang_wei.post, path, {"credit_code": door}) for door in (BEARINGS, CASHMERE) * 4]
    responses = at_once(deeds, threads=8)
    codes = Counter(response.status_code for response in responses)
    assert codes[201] == 1
    assert codes[201] + codes[200] == codes[409] == 4
    assert Visit.objects.count() == Filing.objects.filter(event__startswith="visit.").count() == 1
