"""A phone counts its scans: what it made and did not hand in is seen, and no longer when it comes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.models import Entry
from checkins.gaps import missing, open_gaps, open_repeats
from checkins.models import SequenceGap, SequenceRepeat
from tests.house.admin_world import account_of, signed_in
from tests.town import BEARINGS, CASHMERE, GLASS, Phone, Town, build, scan_body

UNREAD = "https://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=20140"


def _codes(response: Any) -> list[str]:
    return [warning["code"] for warning in response.json()["for_officer"]["warnings"]]


def _open() -> list[tuple[int, int]]:
    gaps = open_gaps(seen_until=datetime.now(UTC))
    return [(one.first, one.last) for gap in gaps.order_by("first") for one in missing(gap)]


def test_counters_without_a_gap_say_nothing(town: Town) -> None:
    for counter in (1, 2, 3):
        assert "sequence_gap" not in _codes(town.zhang_wei.scan(counter=counter))
    assert not SequenceGap.objects.exists()


def test_a_phone_that_does_not_count_says_nothing(town: Town) -> None:
    assert "sequence_gap" not in _codes(town.zhang_wei.scan())
    assert _codes(town.zhang_wei.scan(counter=None)) == _codes(town.zhang_wei.scan(GLASS))


def test_the_scan_after_a_deleted_one_shows_it_and_the_missing_one_closes_it(town: Town) -> None:
    town.zhang_wei.scan(counter=1)
    shown = town.zhang_wei.scan(GLASS, counter=4)
    assert "sequence_gap" in _codes(shown)
    assert _open() == [(2, 3)]
    assert b"sequence_gap" in bytes(Entry.objects.get(subject=shown.json()["scan_id"]).body or b"")
    town.zhang_wei.scan(CASHMERE, counter=3)
    assert _open() == [(2, 2)]
    late = town.zhang_wei.scan(counter=2)
    assert "sequence_gap" not in _codes(late)
    assert _open() == []


def test_a_scan_that_nobody_can_place_yet_shows_the_gap_too_and_only_once(town: Town) -> None:
    shown = town.zhang_wei.scan(code=UNREAD, counter=3)
    assert "sequence_gap" in _codes(shown)
    path = f"/scans/{shown.json()['scan_id']}/resolution"
    resolved = town.zhang_wei.post(path, {"credit_code": BEARINGS})
    assert (resolved.status_code, "sequence_gap" in _codes(resolved)) == (201, False)
    assert _open() == [(1, 2)]


def test_each_phone_counts_for_itself(town: Town) -> None:
    town.zhang_wei.scan(counter=1)
    assert "sequence_gap" in _codes(town.li_na.scan(counter=2))
    assert "sequence_gap" not in _codes(town.zhang_wei.scan(GLASS, counter=2))


def test_a_gap_as_wide_as_numbers_go_costs_no_more_than_a_small_one(town: Town) -> None:
    assert "sequence_gap" in _codes(town.zhang_wei.scan(counter=2**53))
    assert _open() == [(1, 2**53 - 1)]


def test_supervisors_are_told_of_it_after_a_day(town: Town) -> None:
    town.zhang_wei.scan(counter=2)
    shown = SequenceGap.objects.get()
    day = settings.CHECKIN_POLICY.gap_after
    assert not open_gaps(seen_until=shown.at + day - timedelta(seconds=1) - day).exists()
    assert open_gaps(seen_until=shown.at + day - day).get() == shown


def _repeats() -> list[tuple[int, int]]:
    return [(one.counter, one.times) for one in open_repeats().order_by("counter")]  # type: ignore[attr-defined]


def test_a_counter_that_two_scans_bear_is_warned_of_recorded_and_on_the_supervisors_list_once(town: Town) -> None:
    assert "sequence_repeated" not in _codes(town.zhang_wei.scan(counter=1))
    for door in (GLASS, CASHMERE):
        again = town.zhang_wei.scan(door, counter=1)
        assert "sequence_repeated" in _codes(again)
        assert b"sequence_repeated" in bytes(Entry.objects.get(subject=again.json()["scan_id"]).body or b"")
    assert _repeats() == [(1, 3)]
    assert not SequenceGap.objects.exists()
    page = signed_in(account_of("supervisor")).get(reverse("admin:checkins_sequencerepeat_changelist"))
    assert "张伟的手机" in page.content.decode()


def test_a_replay_and_another_phones_counter_repeat_nothing(town: Town) -> None:
    body = scan_body(counter=1)
    first, again = town.zhang_wei.post("/scans", body), town.zhang_wei.post("/scans", body)
    assert (first.status_code, again.status_code) == (201, 200)
    town.li_na.scan(counter=1)
    town.zhang_wei.scan(GLASS)
    town.zhang_wei.scan(CASHMERE)
    assert not SequenceRepeat.objects.exists()


def test_a_repeated_scan_that_nobody_can_place_yet_shows_it_and_only_once(town: Town) -> None:
    town.zhang_wei.scan(counter=1)
    shown = town.zhang_wei.scan(code=UNREAD, counter=1)
    assert "sequence_repeated" in _codes(shown)
    path = f"/scans/{shown.json()['scan_id']}/resolution"
    assert "sequence_repeated" not in _codes(town.zhang_wei.post(path, {"credit_code": BEARINGS}))
    assert (_repeats(), SequenceRepeat.objects.count()) == ([(1, 2)], 1)


class EveryRepeat(TestCase):
    """Whatever arrives, in whatever order, alone or as a queue: each counter borne by several scans is reported."""

    town: Town

    def setup_example(self) -> None:
        super().setup_example()  # type: ignore[no-untyped-call]
        self.town = build()

    @hypothesis_settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(0, 6), st.booleans())
    def test_is_reported(self, counters: list[int], alone: int, placed: bool) -> None:
        phone: Phone = self.town.zhang_wei
        words = {} if placed else {"code": UNREAD}
        bodies = [scan_body(counter=counter, **words) for counter in counters]
        for body in bodies[:alone]:
            assert phone.post("/scans", body).status_code == 201
        if bodies[alone:]:
            told = phone.post("/scans/batch", {"items": bodies[alone:]}).json()["items"]
            assert {item["status"] for item in told} == {201}
        assert _repeats() == sorted((one, times) for one, times in Counter(counters).items() if times > 1)


class EveryGap(TestCase):
    """Whatever arrives, in whatever order: what is missing below the highest counter is reported, and nothing else."""

    town: Town

    def setup_example(self) -> None:
        super().setup_example()  # type: ignore[no-untyped-call]
        self.town = build()

    @hypothesis_settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(st.lists(st.integers(1, 12), min_size=1, max_size=6, unique=True), st.booleans())
    def test_is_reported(self, counters: list[int], placed: bool) -> None:
        phone: Phone = self.town.zhang_wei
        for counter in counters:
            words = {} if placed else {"code": UNREAD}
            assert phone.scan(counter=counter, **words).status_code == 201
        reported = {number for first, last in _open() for number in range(first, last + 1)}
        assert reported == set(range(1, max(counters))) - set(counters)
