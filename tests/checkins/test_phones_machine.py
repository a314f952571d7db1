"""Phones with bad networks, wrong clocks and deleted queues: whatever they do, no scan is lost, doubled or moved.

Four phones of two agencies at three doors, through the real address. Requests get lost, or their answers; phones
repeat themselves, send queues whole, in part and in any order, delete what they made, jump in time by up to ten days
and take scans back. In the end every phone hands in what it has, and what came of it all is held against a run without
any fault: the same scans, each sent once, in order of their time, received when they were first received.

Seen failing (docs/adr/0003-guards-seen-failing.md): without the looks for a kept answer, without moving the fellows of
a late scan, and without writing gaps down.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from audit.counting import count
from audit.facts import SHANGHAI, latest
from audit.models import Entry
from audit.queries import dossier_of
from checkins.gaps import missing, open_gaps
from checkins.models import Resolution, Scan, Withdrawal
from tests.town import BEARINGS, CASHMERE, GLASS, Phone, Town, build, scan_body

DOORS = (BEARINGS, CASHMERE, GLASS)
OWNERS = ("zhang_wei", "li_na", "wang_qiang", "sun_lei")
AGENCIES = ("130502-SCJG", "130502-YJ")
MORNING = datetime(2026, 7, 1, 9, tzinfo=SHANGHAI)
TO_WITHDRAW = timedelta(minutes=10)

Fate = Literal["fine", "lost request", "lost answer"]
phones = st.sampled_from(OWNERS)
fates: st.SearchStrategy[Fate] = st.sampled_from(["fine", "fine", "lost request", "lost answer"])
places = st.integers(0, 7)


@dataclass
class Pocket:
    """What one phone holds, and what it was told. By scan id; `queue`: made, and not acknowledged yet."""

    owner: str
    ahead: timedelta = timedelta()
    counter: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)


@dataclass
class Truth:
    """What the server must have by now: bodies, when each arrived first, and when it was taken back."""

    bodies: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    arrived: dict[str, datetime] = field(default_factory=dict)
    withdrawn: dict[str, datetime] = field(default_factory=dict)


class Phones(RuleBasedStateMachine):
    """One example: a fresh town, and what its phones do."""

    def __init__(self) -> None:
        super().__init__()
        self.travel = time_machine.travel(MORNING, tick=False)
        self.clock = self.travel.start()
        self.found()
        self.pockets = {owner: Pocket(owner) for owner in OWNERS}
        self.truth = Truth()

    def found(self) -> None:
        """A town of its own, until `forget`."""
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.town: Town = build()

    def forget(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def phone(self, owner: str) -> Phone:
        phone: Phone = getattr(self.town, owner)
        return phone

    # What happens to phones.

    @rule(minutes=st.sampled_from([1, 5, 90, 300, 700]))
    def time_passes(self, minutes: int) -> None:
        self.clock.shift(timedelta(minutes=minutes))

    @rule(owner=phones, days=st.integers(-10, 10), minutes=st.integers(0, 600))
    def a_clock_jumps(self, owner: str, days: int, minutes: int) -> None:
        self.pockets[owner].ahead = timedelta(days=days, minutes=minutes)

    @rule(
        owner=phones,
        visits=st.lists(
            st.tuples(st.sampled_from(DOORS), st.sampled_from([None, "routine", "case"]), st.integers(0, 200)),
            min_size=1,
            max_size=4,
        ),
    )
    def scans_are_made(self, owner: str, visits: list[tuple[str, str | None, int]]) -> None:
        """Without network; some minutes after each other."""
        pocket = self.pockets[owner]
        for door, category, minutes in visits:
            self.clock.shift(timedelta(minutes=minutes))
            pocket.counter += 1
            body = scan_body(
                door,
                scan_id=str(uuid.uuid4()),
                scanned_at=(timezone.now() + pocket.ahead).isoformat(),
                counter=pocket.counter,
                visit={"category": category},
                late_reason="无信号",
            )
            pocket.queue.append(body)
            self.truth.bodies[body["scan_id"]] = (owner, body)

    @precondition(lambda self: any(pocket.queue for pocket in self.pockets.values()))
    @rule(owner=phones, place=places)
    def an_item_is_deleted(self, owner: str, place: int) -> None:
        """Out of the queue, by hand; the server may have it all the same."""
        pocket = self.pockets[owner]
        if pocket.queue:
            del pocket.queue[place % len(pocket.queue)]

    # What phones send.

    @precondition(lambda self: any(pocket.queue for pocket in self.pockets.values()))
    @rule(owner=phones, place=places, fate=fates)
    def one_is_sent(self, owner: str, place: int, fate: Fate) -> None:
        pocket = self.pockets[owner]
        if pocket.queue and fate != "lost request":
            self.send(pocket, pocket.queue[place % len(pocket.queue)], heard=fate == "fine")

    @precondition(lambda self: any(len(pocket.queue) > 1 for pocket in self.pockets.values()))
    @rule(owner=phones, order=st.randoms(use_true_random=False), cut=st.integers(0, 3), fate=fates)
    def a_queue_is_sent(self, owner: str, order: Any, cut: int, fate: Fate) -> None:
        """In any order, cut in the middle, with one of them twice."""
        pocket = self.pockets[owner]
        items = list(pocket.queue)
        order.shuffle(items)
        if items and fate != "lost request":
            items = items[cut % len(items) :]
            self.send_batch(pocket, [*items, items[-1]], heard=fate == "fine")

    @precondition(lambda self: any(pocket.told for pocket in self.pockets.values()))
    @rule(owner=phones, place=places)
    def one_is_repeated(self, owner: str, place: int) -> None:
        """Though it was acknowledged long ago: the same answer."""
        pocket = self.pockets[owner]
        if pocket.told:
            scan_id = sorted(pocket.told)[place % len(pocket.told)]
            self.send(pocket, self.truth.bodies[scan_id][1], heard=True)

    @precondition(lambda self: any(pocket.told for pocket in self.pockets.values()))
    @rule(owner=phones, place=places, fate=fates)
    def one_is_taken_back(self, owner: str, place: int, fate: Fate) -> None:
        """And, where the answer was lost, once more."""
        recent = [one for one in self.pockets[owner].told if timezone.now() - self.truth.arrived[one] <= TO_WITHDRAW]
        if recent and fate != "lost request":
            scan_id = recent[place % len(recent)]
            for _time in range(2 if fate == "lost answer" else 1):
                self.withdraw(owner, scan_id)

    def send(self, pocket: Pocket, body: dict[str, Any], *, heard: bool) -> None:
        response = self.phone(pocket.owner).post("/scans", body)
        assert response.status_code in (200, 201), response.content.decode()
        self.took(pocket, body, status=response.status_code, answer=response.json(), heard=heard)

    def send_batch(self, pocket: Pocket, items: list[dict[str, Any]], *, heard: bool) -> None:
        response = self.phone(pocket.owner).post("/scans/batch", {"items": items})
        assert response.status_code == 200, response.content.decode()
        for body, one in zip(items, response.json()["items"], strict=True):
            assert one["outcome"] == "drop", one
            if items.count(body) == 1:
                self.took(pocket, body, status=one["status"], answer=one["answer"], heard=heard)
        twice = [one for one in response.json()["items"] if one["scan_id"] == items[-1]["scan_id"]]
        known = items[-1]["scan_id"] in self.truth.arrived
        assert sorted(one["status"] for one in twice) == ([200, 200] if known else [200, 201])
        self.took(pocket, items[-1], status=200 if known else 201, answer=twice[0]["answer"], heard=heard)

    def took(self, pocket: Pocket, body: dict[str, Any], *, status: int, answer: dict[str, Any], heard: bool) -> None:
        """The server has it now; an answer that was heard is the same for ever."""
        scan_id = body["scan_id"]
        assert status == (200 if scan_id in self.truth.arrived else 201)
        self.truth.arrived.setdefault(scan_id, timezone.now())
        if heard:
            assert pocket.told.setdefault(scan_id, answer["visit"]["number"]) == answer["visit"]["number"]
            pocket.queue = [one for one in pocket.queue if one["scan_id"] != scan_id]

    def withdraw(self, owner: str, scan_id: str) -> None:
        response = self.phone(owner).post(f"/scans/{scan_id}/withdrawal", {"reason": "误扫"})
        assert response.status_code == 200, response.content.decode()
        self.truth.withdrawn.setdefault(scan_id, timezone.now())

    # What must hold of it.

    def teardown(self) -> None:
        try:
            for pocket in self.pockets.values():
                for body in list(pocket.queue):
                    self.send(pocket, body, heard=True)
            self.nothing_is_lost_and_nothing_doubled()
            self.every_gap_is_reported()
            found = list(what_came())
            self.forget()
            self.found()
            self.without_any_fault()
            assert found == list(what_came())
        finally:
            self.forget()
            self.travel.stop()

    def nothing_is_lost_and_nothing_doubled(self) -> None:
        told = {scan_id for pocket in self.pockets.values() for scan_id in pocket.told}
        stored = [str(one) for one in Scan.objects.values_list("scan_id", flat=True)]
        assert told <= set(stored)
        assert sorted(stored) == sorted(self.truth.arrived)
        assert sorted(Entry.objects.filter(kind="scan").values_list("subject", flat=True)) == sorted(stored)
        taken_back = {str(one) for one in Withdrawal.objects.values_list("scan_id", flat=True)}
        assert taken_back == set(self.truth.withdrawn)
        for scan_id, resolution in standing().items():
            owner, _body = self.truth.bodies[scan_id]
            assert (resolution.visit is None) == (scan_id in taken_back)
            if resolution.visit is not None:
                assert resolution.visit.status == "open"
                assert resolution.visit.agency_id == self.phone(owner).officer.agency_id

    def every_gap_is_reported(self) -> None:
        reported = [
            (gap.device_id, counter)
            for gap in open_gaps(seen_until=timezone.now())
            for one in missing(gap)
            for counter in range(one.first, one.last + 1)
        ]
        expected = []
        for owner in OWNERS:
            device = self.phone(owner).officer.devices.get().pk
            came = {body["counter"] for one, body in self.truth.bodies.values() if one == owner and self.came(body)}
            expected += [(device, counter) for counter in range(1, max(came, default=0)) if counter not in came]
        assert sorted(reported) == sorted(expected)

    def came(self, body: dict[str, Any]) -> bool:
        return body["scan_id"] in self.truth.arrived

    def without_any_fault(self) -> None:
        def moment(scan_id: str) -> tuple[datetime, str]:
            said = datetime.fromisoformat(self.truth.bodies[scan_id][1]["scanned_at"])
            return min(said, self.truth.arrived[scan_id]), scan_id

        for scan_id in sorted(self.truth.arrived, key=moment):
            owner, body = self.truth.bodies[scan_id]
            self.clock.move_to(self.truth.arrived[scan_id], tick=False)
            assert self.phone(owner).post("/scans", body).status_code == 201
        for scan_id, at in self.truth.withdrawn.items():
            self.clock.move_to(at, tick=False)
            self.withdraw(self.truth.bodies[scan_id][0], scan_id)


def standing() -> dict[str, Resolution]:
    """How each scan is read now."""
    rows = Resolution.objects.select_related("visit").order_by("serial")
    return {str(one.scan_id): one for one in rows}


def what_came() -> Iterator[object]:
    """Visits and counts, but not the numbers of visits, which do depend on what arrived first."""
    members: dict[str, list[str]] = {}
    for scan_id, resolution in standing().items():
        if resolution.visit is not None:
            members.setdefault(resolution.visit.number, []).append(scan_id)
    for door in DOORS:
        facts = dossier_of(credit_code=door, agency_codes=AGENCIES, years=(2026, 2026)).facts
        stand = [fact for fact in latest(facts) if fact.state == "open"]
        yield sorted(
            (one.started_at, one.agency_code, one.category, sorted(one.officers), sorted(members[one.visit]))
            for one in stand
        )
        for agency in AGENCIES:
            found = count(facts, agency_code=agency, year=2026)
            yield door, agency, found.own


@pytest.mark.django_db
def test_whatever_phones_do_the_visits_are_those_of_a_run_without_faults() -> None:
    run_state_machine_as_test(
        Phones,
        settings=settings(
            max_examples=20,
            stateful_step_count=14,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
        ),
    )
