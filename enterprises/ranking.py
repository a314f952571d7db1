"""Which of the enterprises found was meant? How well the name fits, then how near it is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from enterprises.pinyin import readings, sounds_like
from enterprises.search import Query, normal

HALF_WAY_M = 300.0
"""P: at this distance being near is worth half of what it is at the door."""
NEARNESS = 0.35
"""P: what standing at the door is worth, beside a perfect name's 1."""
GONE = 0.1
"""P: what an enterprise that is not open loses."""
SAME_SOUND = 0.4
"""P: of a slip, a character that sounds as the right one does."""


class By(StrEnum):
    """What fitted."""

    NAME = "name"
    FORMER_NAME = "former_name"
    CREDIT_CODE = "credit_code"
    REGISTRATION_NO = "registration_no"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """How well it fits (0 to 1), by what, and the former name if that was it."""

    grade: float
    by: By
    former_name: str | None = None


def fit(query: Query, *, name: str, former_names: Sequence[str], credit_code: str, registration_no: str) -> Fit | None:
    """How well does this enterprise answer the query? None: not at all; it only shared a window."""
    if query.code:
        if credit_code.startswith(query.code):
            return Fit(grade=1.0, by=By.CREDIT_CODE)
        if registration_no.startswith(query.code):
            return Fit(grade=1.0, by=By.REGISTRATION_NO)
    best: Fit | None = None
    for former, each in ((None, name), *((old, old) for old in former_names)):
        grade = likeness(query.text, normal(each)) * (1.0 if former is None else 0.95)
        if grade > (best.grade if best else 0.0):
            best = Fit(grade=grade, by=By.NAME if former is None else By.FORMER_NAME, former_name=former)
    return best


def likeness(typed: str, name: str) -> float:
    """1 the whole name, 0.8 to 0.95 a part of it, 0.7 to 0.8 by its sound, below by all but one or two characters,
    0 not at all. Both are normal."""
    if not typed or not name:
        return 0.0
    if typed == name:
        return 1.0
    share = len(typed) / len(name)
    place = name.find(typed)
    if place >= 0:
        return 0.8 + 0.1 * share + (0.05 if place == 0 else 0.0)
    place = sounds_like(typed, name)
    if place >= 0:
        return 0.7 + 0.05 * share + (0.05 if place == 0 else 0.0)
    allowed = 0.8 if len(typed) < 3 else 1.0 if len(typed) < 6 else 2.0
    if missing(typed, name) > allowed:
        return 0.0
    slips = fewest_slips(typed, name)
    if slips > allowed:
        return 0.0
    return 0.65 * (1 - slips / len(typed)) * (0.5 + 0.5 * _overlap(typed, name))


def _overlap(typed: str, name: str) -> float:
    """The share of the typed windows of two characters that the name has."""
    pairs = [typed[place : place + 2] for place in range(len(typed) - 1)]
    return sum(pair in name for pair in pairs) / len(pairs) if pairs else 0.0


def missing(typed: str, name: str) -> float:
    """There are at least so many slips, which is quickly told: what was typed stands nowhere in the name."""
    lost = [sign for sign in typed if sign not in name]
    if not lost:
        return 0.0
    heard = {readings(other) for other in name}
    return sum(SAME_SOUND if (told := readings(sign)) and told in heard else 1.0 for sign in lost)


@lru_cache(maxsize=65_536)
def _wrong(sign: str, other: str) -> float:
    heard = readings(sign)
    return SAME_SOUND if heard and heard == readings(other) else 1.0


def fewest_slips(typed: str, name: str) -> float:
    """The fewest characters wrong, missing or too many, wherever in the name it stands; a character that sounds the
    same is SAME_SOUND of one."""
    row = [0.0] * (len(name) + 1)
    for count, sign in enumerate(typed, start=1):
        above, row = row, [float(count)]
        for place, other in enumerate(name, start=1):
            cost = 0.0 if sign == other else _wrong(sign, other)
            row.append(min(above[place - 1] + cost, above[place] + 1, row[place - 1] + 1))
    return min(row)


def order(found: Fit, *, is_open: bool, distance_m: float | None) -> float:
    """The higher, the further up."""
    near = 0.0 if distance_m is None else NEARNESS * HALF_WAY_M / (HALF_WAY_M + distance_m)
    return found.grade + near - (0.0 if is_open else GONE)
