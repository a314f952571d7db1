"""The ladder of cases (督办阶梯) as rule data: limits in working days, in versions with a day of effect. Pure.

提醒 `remind` → 限期整改 `rectify` → 约谈并报告政府 `talk` → 通报、移送 `refer`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Rung(StrEnum):
    REMIND = "remind"
    RECTIFY = "rectify"
    TALK = "talk"
    REFER = "refer"


GRADES = ("A", "B", "C")


class UnreadableLadder(ValueError):
    """What is wrong with the file, and in which version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """One version. Days are working days; shares are of one."""

    version: int
    effective_from: date
    source: str
    hand_out_days: int
    near_days: int
    call_back_share: float
    alarm_share: float
    grades: Mapping[str, int]
    days: Mapping[Rung, int]
    reports: frozenset[Rung]

    def limit(self, rung: Rung, *, grade: str) -> int:
        """Within how many working days must the agency answer? A complaint's grade counts on the first rung."""
        return self.grades[grade] if grade and rung is Rung.REMIND else self.days[rung]


def above(rung: Rung) -> Rung | None:
    """The next rung; None on the last."""
    rungs = list(Rung)
    place = rungs.index(rung) + 1
    return rungs[place] if place < len(rungs) else None


def read_ladders(text: str) -> tuple[Ladder, ...]:
    """The versions of a file, the oldest first. Raises UnreadableLadder."""
    try:
        read = [_ladder(words) for words in tomllib.loads(text)["ladder"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableLadder(f"{type(error).__name__}: {error}") from error
    versions = [(one.effective_from, one.version) for one in read]
    if not read or versions != sorted(set(versions)):
        raise UnreadableLadder("versions must follow one another, each with a later day")
    return tuple(read)


def in_force(ladders: Sequence[Ladder], day: date) -> Ladder:
    """The version of that day; before the first one, the first."""
    return [one for one in ladders if one.effective_from <= day or one is ladders[0]][-1]


def _ladder(words: Mapping[str, Any]) -> Ladder:
    days = {Rung(rung["code"]): int(rung["days"]) for rung in words["rungs"]}
    grades = {str(grade): int(limit) for grade, limit in words["grades"].items()}
    found = Ladder(
        version=int(words["version"]),
        effective_from=words["effective_from"],
        source=str(words["source"]),
        hand_out_days=int(words["hand_out_days"]),
        near_days=int(words["near_days"]),
        call_back_share=float(words["call_back_share"]),
        alarm_share=float(words["alarm_share"]),
        grades=grades,
        days=days,
        reports=frozenset(Rung(rung["code"]) for rung in words["rungs"] if rung.get("reports")),
    )
    limits = (found.hand_out_days, *days.values(), *grades.values())
    shares = (found.call_back_share, found.alarm_share)
    if set(days) != set(Rung) or set(grades) != set(GRADES) or not isinstance(found.effective_from, date):
        raise ValueError(f"version {found.version}: every rung, every grade, and a day")
    if not all(1 <= limit <= 250 for limit in limits) or not 0 <= found.near_days <= 250:
        raise ValueError(f"version {found.version}: 1 to 250 working days")
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"version {found.version}: shares of one")
    return found
