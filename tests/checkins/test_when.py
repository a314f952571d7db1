"""When an officer was at the door: from the phone's clocks, held against the server's; never refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.canonical import digest
from audit.models import Entry
from checkins.contract import ScanWords
from checkins.models import Resolution
from checkins.when import CLOCK_TOLERANCE, Clock, ClockDoubt, when
from tests.town import Town, scan_body

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
"""Noon in Shanghai: when the server last spoke to 张伟's phone."""
HOUR = timedelta(hours=1)


def _clock(*, ran: timedelta | None, seen: datetime | None = NOON) -> Clock:
    """A phone that had run for a day when it heard the server, and for `ran` since; None: it was rebooted."""
    day = 86_400_000
    if ran is None:
        return Clock(monotonic_ms=60_000, boot_id="b2", server_time_seen=seen, monotonic_at_server_time_ms=None)
    now = day + int(ran / timedelta(milliseconds=1))
    return Clock(monotonic_ms=now, boot_id="b1", server_time_seen=seen, monotonic_at_server_time_ms=day)


def test_without_more_the_phone_is_believed_up_to_the_receipt() -> None:
    found = when(scanned_at=NOON, clock=None, received_at=NOON + HOUR)
    assert (found.earliest, found.best, found.latest, found.doubts) == (NOON, NOON, NOON + HOUR, ())
    ahead = when(scanned_at=NOON + HOUR, clock=None, received_at=NOON)
    assert (ahead.best, ahead.doubts) == (NOON, (ClockDoubt.CLOCK_AHEAD,))


def test_a_steady_clock_that_agrees_narrows_the_interval_to_the_tolerance() -> None:
    scanned = NOON + HOUR + timedelta(seconds=30)
    found = when(scanned_at=scanned, clock=_clock(ran=HOUR), received_at=NOON + 5 * HOUR)
    assert (found.best, found.doubts) == (scanned, ())
    assert (found.earliest, found.latest) == (NOON + HOUR - CLOCK_TOLERANCE, NOON + HOUR + CLOCK_TOLERANCE)


@pytest.mark.parametrize("days", [-10, -1, 1, 10])
def test_a_wall_clock_set_days_off_moves_nothing(days: int) -> None:
    scanned = NOON + HOUR + timedelta(days=days)
    found = when(scanned_at=scanned, clock=_clock(ran=HOUR), received_at=NOON + 11 * 24 * HOUR)
    assert found.best == NOON + HOUR
    assert ClockDoubt.CLOCK_JUMP in found.doubts


def test_after_a_reboot_the_server_time_seen_is_a_lower_bound() -> None:
    behind = when(scanned_at=NOON - 24 * HOUR, clock=_clock(ran=None), received_at=NOON + HOUR)
    assert (behind.earliest, behind.best, behind.latest) == (NOON, NOON, NOON + HOUR)
    assert behind.doubts == (ClockDoubt.CLOCK_BEHIND,)
    fine = when(scanned_at=NOON + HOUR / 2, clock=_clock(ran=None), received_at=NOON + HOUR)
    assert (fine.best, fine.doubts) == (NOON + HOUR / 2, ())


@pytest.mark.parametrize(
    "clock",
    [
        _clock(ran=-HOUR),  # it ran backwards
        _clock(ran=HOUR, seen=NOON + 24 * HOUR),  # it heard a time that has not been yet
    ],
)
def test_a_clock_that_contradicts_itself_is_left_aside(clock: Clock) -> None:
    found = when(scanned_at=NOON - HOUR, clock=clock, received_at=NOON + HOUR)
    assert (found.best, found.doubts) == (NOON - HOUR, (ClockDoubt.CLOCK_UNUSABLE,))


def test_a_phone_that_claims_to_have_run_longer_than_has_passed_is_not_believed() -> None:
    found = when(scanned_at=NOON + HOUR / 2, clock=_clock(ran=240 * HOUR), received_at=NOON + HOUR)
    assert (found.best, found.doubts) == (NOON + HOUR / 2, (ClockDoubt.CLOCK_UNUSABLE,))


moments = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
counts = st.integers(0, 2**53)
clocks = st.none() | st.builds(
    Clock,
    monotonic_ms=counts,
    boot_id=st.just("b"),
    server_time_seen=st.none() | moments,
    monotonic_at_server_time_ms=st.none() | counts,
)


@given(moments, clocks, moments)
@example(NOON, Clock(monotonic_ms=2**53, boot_id="b", server_time_seen=NOON, monotonic_at_server_time_ms=0), NOON)
def test_whatever_a_phone_says_there_is_a_moment_and_never_after_receipt(
    scanned_at: datetime, clock: Clock | None, received_at: datetime
) -> None:
    found = when(scanned_at=scanned_at, clock=clock, received_at=received_at)
    assert found.earliest <= found.best <= found.latest <= received_at


@given(st.integers(0, 10 * 24 * 60), st.integers(-14_400, 14_400), st.integers(0, 10 * 24 * 60))
def test_with_a_steady_clock_the_truth_is_inside_however_the_wall_clock_jumps(ran: int, off: int, waited: int) -> None:
    truth = NOON + timedelta(minutes=ran)
    found = when(
        scanned_at=truth + timedelta(minutes=off),
        clock=_clock(ran=timedelta(minutes=ran)),
        received_at=truth + timedelta(minutes=waited),
    )
    assert found.earliest <= truth <= found.latest
    assert abs(found.best - truth) <= CLOCK_TOLERANCE


def _words(now: datetime, *, off: timedelta, ran: timedelta) -> dict[str, Any]:
    seen = now - timedelta(hours=3)
    return {
        "scanned_at": (seen + ran + off).isoformat(),
        "counter": 1,
        "clock": {
            "monotonic_ms": 500_000 + int(ran / timedelta(milliseconds=1)),
            "boot_id": "boot-7",
            "server_time_seen": seen.isoformat(),
            "monotonic_at_server_time_ms": 500_000,
        },
    }


def test_a_scan_whose_wall_clock_was_set_a_week_back_counts_when_it_was(
    town: Town, time_machine_at_noon: datetime
) -> None:
    body = scan_body(**_words(time_machine_at_noon, off=timedelta(days=-7), ran=HOUR), late_reason="隧道内无信号")
    answer = town.zhang_wei.post("/scans", body).json()
    truth = time_machine_at_noon - 2 * HOUR
    assert datetime.fromisoformat(answer["visit"]["started_at"]) == truth
    assert datetime.fromisoformat(answer["onsite"]["earliest"]) == truth - CLOCK_TOLERANCE
    codes = [warning["code"] for warning in answer["for_officer"]["warnings"]]
    assert codes == ["clock_jump", "late_upload"]
    assert Resolution.objects.get().onsite_at == truth
    body_of_entry = Entry.objects.get(kind="scan").body
    assert body_of_entry is not None
    assert b'"latest":' in bytes(body_of_entry)
    again = town.zhang_wei.post("/scans", body)
    assert (again.status_code, again.json()["onsite"]) == (200, answer["onsite"])


@pytest.mark.parametrize(
    ("days", "reason", "codes"),
    [
        (10, "网络故障", ["late_upload"]),
        (11, "网络故障", ["late_upload", "late_beyond_limit"]),
        (10, "  ", ["late_upload", "late_without_reason"]),
        (11, None, ["late_upload", "late_without_reason", "late_beyond_limit"]),
    ],
)
def test_back_fill_within_ten_natural_days_with_a_reason(
    town: Town, time_machine_at_noon: datetime, days: int, reason: str | None, codes: list[str]
) -> None:
    scanned = (time_machine_at_noon - timedelta(days=days)).replace(hour=0, minute=1)
    response = town.zhang_wei.scan(scanned_at=scanned.isoformat(), late_reason=reason)
    assert response.status_code == 201
    assert [warning["code"] for warning in response.json()["for_officer"]["warnings"]] == codes


def test_a_phone_that_sends_none_of_it_says_what_it_always_said() -> None:
    """Replays after the upgrade must match: a field that v1 gained is not in the content while it is absent."""
    words = ScanWords.model_validate(scan_body(counter=None, clock=None))
    assert not {"counter", "clock"} & words.known().keys()
    assert words.content() == digest(words.known())


@pytest.mark.parametrize(
    "wrong",
    [
        {"counter": 0},
        {"counter": 2**53 + 1},
        {"counter": 1.0},
        {"counter": True},
        {"clock": {"monotonic_ms": -1, "boot_id": "b"}},
        {"clock": {"monotonic_ms": 1}},
        {"clock": {"monotonic_ms": 1, "boot_id": "b", "server_time_seen": "yesterday"}},
    ],
)
def test_words_that_are_no_clock_are_told_so(town: Town, wrong: dict[str, Any]) -> None:
    response = town.zhang_wei.scan(**wrong)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-body")


@pytest.mark.parametrize("ran", [HOUR, None])
def test_a_server_time_from_before_there_was_a_server_moves_nothing(ran: timedelta | None) -> None:
    """An app that has not heard the server yet and sends its zero."""
    found = when(scanned_at=NOON, clock=_clock(ran=ran, seen=datetime(1970, 1, 1, tzinfo=UTC)), received_at=NOON + HOUR)
    assert (found.earliest, found.best, found.latest) == (NOON, NOON, NOON + HOUR)
    assert found.doubts == (ClockDoubt.CLOCK_UNUSABLE,)
