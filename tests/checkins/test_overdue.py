"""An urgent inspection is approved afterwards, or its supervisor is told: once, by the worker."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import Actor
from audit.models import Entry, Filing
from checkins.models import OverdueApproval, Urgency, Visit
from checkins.services.raise_overdue import raise_overdue
from checkins.unapproved import unapproved
from tests.checkins.test_together import approve, scanned
from tests.house.admin_world import account_of, signed_in
from tests.house.operations import rows
from tests.parallel import at_once
from tests.town import BEARINGS, CASHMERE, GLASS, Town, build

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
DAY = timedelta(hours=24)
WORKER = Actor.command("work")
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def sweep(hours: float) -> int:
    return raise_overdue(actor=WORKER, at=NOON + timedelta(hours=hours))


def raised() -> list[str]:
    return list(OverdueApproval.objects.order_by("raised_at").values_list("visit__number", flat=True))


def body(kind: str) -> dict[str, Any]:
    entry = Entry.objects.get(kind=kind)
    told: dict[str, Any] = json.loads(bytes(entry.body or b""))["body"]
    return told


def test_it_is_raised_once_after_its_limit_told_to_the_platform_and_written_down(town: Town, clock: Any) -> None:
    number = scanned(town.zhang_wei, emergency=True)["visit"]["number"]
    scanned(town.wang_qiang)
    assert (sweep(24), raised()) == (0, [])
    assert (sweep(24.1), raised()) == (1, [number])
    flag = OverdueApproval.objects.get()
    assert (flag.due_at, flag.raised_at) == (NOON + DAY, NOON + timedelta(hours=24.1))
    filing = Filing.objects.get(event="visit.approval_overdue")
    assert (filing.visit, filing.payload["due_at"]) == (number, "2026-07-02T04:00:00.000000Z")
    assert body("approval-overdue")["due_at"] == "2026-07-02T04:00:00.000000Z"
    before = rows()
    assert (sweep(24.2), sweep(100)) == (0, 0)
    assert rows() == before


def test_an_approval_in_time_or_of_nothing_urgent_raises_nothing(town: Town, clock: Any) -> None:
    number = scanned(town.zhang_wei, emergency=True)["visit"]["number"]
    clock.move_to(NOON + DAY)
    assert approve(town.li_na, number)["late"] is False
    unhurried = scanned(town.zhang_wei, GLASS)["visit"]["number"]
    clock.move_to(NOON + 3 * DAY)
    assert approve(town.li_na, unhurried)["late"] is False
    assert (sweep(72), raised()) == (0, [])
    assert approve(town.li_na, number, approval_no="襄市监审〔2026〕4号")["late"] is False, "another came in time"


def test_a_late_approval_settles_it_and_is_recorded_as_late(town: Town, clock: Any) -> None:
    number = scanned(town.zhang_wei, emergency=True)["visit"]["number"]
    sweep(25)
    clock.move_to(NOON + timedelta(hours=30))
    assert approve(town.li_na, number) == {"visit": number, "approvals": ["襄市监审〔2026〕3号"], "late": True}
    assert approve(town.li_na, number)["late"] is True
    assert (body("approved")["late"], body("approved")["due_at"]) == (True, "2026-07-02T04:00:00.000000Z")
    assert Filing.objects.get(event="visit.approved").payload["late"] is True
    assert list(unapproved(at=NOON + timedelta(hours=31))) == []
    assert (sweep(31), raised()) == (0, [number])


def test_its_supervisor_sees_what_became_of_each(town: Town, clock: Any) -> None:
    numbers = [scanned(town.zhang_wei, door, emergency=True) for door in (BEARINGS, GLASS, CASHMERE)]
    assert sweep(25) == 3
    clock.move_to(NOON + timedelta(hours=30))
    approve(town.li_na, numbers[0]["visit"]["number"])
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        town.zhang_wei.post(f"/scans/{numbers[1]['scan_id']}/withdrawal", {"reason": "试扫"})
    browser = signed_in(account_of("supervisor"))
    page = browser.get(reverse("admin:checkins_overdueapproval_changelist")).content.decode()
    assert "逾期补批 襄市监审〔2026〕3号（2026-07-02 18:00）" in page
    assert ("尚未补批" in page, "入企已撤回或作废" in page) == (True, True)


def test_what_was_raised_or_approved_of_a_visit_holds_of_the_one_that_takes_it_in(town: Town, clock: Any) -> None:
    earlier = {door: scanned(town.li_na, door) for door in (BEARINGS, GLASS)}
    clock.move_to(NOON + timedelta(hours=7))
    later = {door: scanned(town.zhang_wei, door, emergency=True)["visit"]["number"] for door in (BEARINGS, GLASS)}
    clock.move_to(NOON + timedelta(hours=32))
    assert approve(town.li_na, later[GLASS])["late"] is True
    assert (sweep(32), raised()) == (1, [later[BEARINGS]])
    for door in (BEARINGS, GLASS):
        at = (NOON + timedelta(hours=5.9)).isoformat()
        town.li_na.scan(door, scanned_at=at, visit={"continues": earlier[door]["visit"]["number"]})
    assert {Visit.objects.get(number=number).status for number in later.values()} == {"absorbed"}
    assert [row.visit_number for row in unapproved(at=NOON + 2 * DAY)] == [earlier[BEARINGS]["visit"]["number"]]  # type: ignore[attr-defined]
    assert (sweep(48), len(raised())) == (0, 1)


def test_a_visit_that_was_taken_back_is_not_raised_and_one_put_off_too_long_neither(town: Town, clock: Any) -> None:
    urgent = scanned(town.zhang_wei, emergency=True)
    town.zhang_wei.post(f"/scans/{urgent['scan_id']}/withdrawal", {"reason": "扫错了门"})
    assert sweep(25) == 0
    scanned(town.zhang_wei, GLASS, emergency=True)
    assert (sweep(24 * 62), sweep(24 * 60)) == (0, 1)


def test_a_round_with_nothing_to_do_is_one_statement(town: Town, clock: Any) -> None:
    scanned(town.zhang_wei, emergency=True)
    with CaptureQueriesContext(connection) as captured:
        assert sweep(1) == 0
    assert len(captured) == 1


def test_the_worker_goes_the_round(town: Town) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        number = scanned(town.zhang_wei, emergency=True)["visit"]["number"]
        clock.move_to(NOON + timedelta(hours=25))
        told = StringIO()
        call_command("work", "--once", stdout=told)
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert {"event": "overdue_raised", "visits": 1}.items() <= next(
        line.items() for line in lines if line["event"] == "overdue_raised"
    )
    assert raised() == [number]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_raise_each_visit_once() -> None:
    """Seen failing without the lane: the second one breaks on the visit, raised already."""
    town = build()
    for door in (BEARINGS, GLASS, CASHMERE):
        scanned(town.zhang_wei, door, emergency=True)
    due = Urgency.objects.latest("due_at").due_at
    deeds = [partial(raise_overdue, actor=WORKER, at=due + HOUR)] * 4
    assert sum(at_once(deeds, threads=4)) == 3
    assert OverdueApproval.objects.count() == Filing.objects.filter(event="visit.approval_overdue").count() == 3
