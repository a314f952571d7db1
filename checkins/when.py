"""When was the officer at the door? An interval, from the phone's clock and what can be held against it. Pure.

The wall clock of a phone may be wrong or set by hand. Beside it a phone knows how long it has been running (its
monotonic clock, since its last boot) and when it last heard the server's time. Within one boot

    server_time_seen + (monotonic_ms - monotonic_at_server_time_ms)

is a moment that no setting of the wall clock moves. All of it is the phone's own word: it is held against what the
server knows (nobody stood at the door later than the scan arrived), never believed blindly, and never a reason to
refuse a scan (promise 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far apart honest clocks may be: a phone's after an hour without network, a quartz's drift over ten days."""


FIRST_SERVER_TIME = datetime(2025, 1, 1, tzinfo=UTC)
"""No server of this house has told an earlier time: a phone that saw one sends its zero, or makes it up."""


class ClockDoubt(StrEnum):
    """`clock_ahead`: later than receipt. `clock_jump`: not the moment that the monotonic clock gives, which is
    believed. `clock_behind`: earlier than the server time that the phone had seen before. `clock_unusable`: what the
    phone says of its clocks contradicts itself or the server; the wall clock alone is used then."""

    CLOCK_AHEAD = "clock_ahead"
    CLOCK_JUMP = "clock_jump"
    CLOCK_BEHIND = "clock_behind"
    CLOCK_UNUSABLE = "clock_unusable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """The visit's time lies between `earliest` and `latest`; `best` is the moment that counts, between both."""

    earliest: datetime
    latest: datetime
    best: datetime
    doubts: tuple[ClockDoubt, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """What a phone says of its clocks at the scan. Milliseconds since the boot that `boot_id` names.

    `monotonic_at_server_time_ms`: the monotonic clock when `server_time_seen` arrived; None after a reboot since.
    """

    monotonic_ms: int
    boot_id: str
    server_time_seen: datetime | None
    monotonic_at_server_time_ms: int | None

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> "Clock | None":
        """Out of a scan's words in canonical form; None for a phone that sends none of it."""
        told = words.get("clock")
        if not told:
            return None
        seen = told["server_time_seen"]
        return cls(
            monotonic_ms=told["monotonic_ms"],
            boot_id=told["boot_id"],
            server_time_seen=datetime.fromisoformat(seen) if seen else None,
            monotonic_at_server_time_ms=told["monotonic_at_server_time_ms"],
        )


def when(*, scanned_at: datetime, clock: Clock | None, received_at: datetime) -> Interval:
    """Between which moments was the scan made, and which one counts?

    Without `clock`: the phone's moment, but nobody stood at the door later than the scan arrived.
    """
    device = min(scanned_at, received_at)
    doubts = [ClockDoubt.CLOCK_AHEAD] if scanned_at - received_at > CLOCK_TOLERANCE else []
    if clock is None or clock.server_time_seen is None:
        return Interval(earliest=device, latest=received_at, best=device, doubts=tuple(doubts))
    seen = clock.server_time_seen
    ran = _ran(clock)
    impossible = seen - received_at > CLOCK_TOLERANCE or seen < FIRST_SERVER_TIME
    if impossible or (ran is not None and ran < timedelta()):
        return Interval(earliest=device, latest=received_at, best=device, doubts=(*doubts, ClockDoubt.CLOCK_UNUSABLE))
    if ran is None:
        return _since(seen, device=device, received_at=received_at, doubts=doubts)
    if ran > received_at - seen + CLOCK_TOLERANCE:
        # It says that it ran for longer than has passed here.
        unusable = [*doubts, ClockDoubt.CLOCK_UNUSABLE]
        return _since(seen, device=device, received_at=received_at, doubts=unusable)
    steady = min(seen + ran, received_at)
    if abs(scanned_at - (seen + ran)) > CLOCK_TOLERANCE:
        best, doubts = steady, [*doubts, ClockDoubt.CLOCK_JUMP]
    else:
        best = device
    return Interval(
        earliest=min(steady - CLOCK_TOLERANCE, best),
        latest=max(min(steady + CLOCK_TOLERANCE, received_at), best),
        best=best,
        doubts=tuple(doubts),
    )


def _ran(clock: Clock) -> timedelta | None:
    """How long the phone had been running since it heard the server's time; None: it was rebooted in between."""
    if clock.monotonic_at_server_time_ms is None:
        return None
    return timedelta(milliseconds=clock.monotonic_ms - clock.monotonic_at_server_time_ms)


def _since(seen: datetime, *, device: datetime, received_at: datetime, doubts: list[ClockDoubt]) -> Interval:
    """The server's time was seen before the scan, and nothing tells how long before."""
    seen = min(seen, received_at)
    if device < seen - CLOCK_TOLERANCE:
        doubts = [*doubts, ClockDoubt.CLOCK_BEHIND]
    best = max(device, seen)
    return Interval(earliest=seen, latest=received_at, best=best, doubts=tuple(doubts))
