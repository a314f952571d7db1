"""When is what was typed one look-up, and how many are too many? Pure: no clock, no database.

An officer at a door types a name once, key by key. Who types one name after another reads the register. Being slow and
being seen is the answer to that; a refusal would stop an inspection (facts are never refused).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """One request of a look-up: the longest text typed in it so far, which request it is (1: the first), when."""

    longest: str
    number: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpPolicy:
    """The numbers that a jurisdiction sets.

    `hourly`: look-ups of one officer in an hour before the supervisor is told. `pause`: the longest wait between two
    requests of one look-up; `strokes`: the most requests that are one. Past `hourly` an answer takes `delay` longer
    and holds at most `fewest` enterprises.
    """

    hourly: int = 60
    pause: timedelta = timedelta(seconds=30)
    strokes: int = 40
    delay: timedelta = timedelta(seconds=1)
    fewest: int = 5


def next_stroke(last: Stroke | None, *, typed: str, at: datetime, policy: LookUpPolicy) -> Stroke:
    """Does this request go on with the officer's last look-up, or does it open one (`number` 1)?

    It goes on while it follows within the pause and says the beginning or more of the longest text typed so far: one
    may type on and take back. Taking back and typing something else is another name, however much of it is common;
    else a register could be read as one look-up that never ends. So could the same text asked for all over the map:
    a look-up ends after so many requests.
    """
    if (
        last is not None
        and timedelta(0) <= at - last.at <= policy.pause
        and last.number < policy.strokes
        and (typed.startswith(last.longest) or last.longest.startswith(typed))
    ):
        return Stroke(longest=max(typed, last.longest, key=len), number=last.number + 1, at=at)
    return Stroke(longest=typed, number=1, at=at)


def too_many(look_ups: int, *, policy: LookUpPolicy) -> bool:
    """Is that many in an hour more than a day at the doors explains?"""
    return look_ups > policy.hourly
