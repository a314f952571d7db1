"""Which visits count, and why the others do not. Pure.

Sources: 国办发〔2024〕54号 and its 问题解答 (kinds of inspection; what a superior ordered), 中卫市 (exempt reasons),
深府规〔2025〕6号 (a joint visit counts once for the enterprise).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache

from audit.facts import Category, ExemptReason, Fact, Purpose, State, latest, year_of

EVERY_REASON: frozenset[str] = frozenset(str(reason) for reason in ExemptReason)


class LeftOut(StrEnum):
    """Why a visit does not count against a rule."""

    OTHER_YEAR = "other_year"
    ABSORBED = "absorbed"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    SERVICE = "service"
    EXEMPT = "exempt"
    SUPERIOR_ORDERED = "superior_ordered"
    CASE = "case"
    JOINT_GUEST = "joint_guest"


GONE = frozenset({LeftOut.ABSORBED, LeftOut.WITHDRAWN, LeftOut.VOIDED})
"""A visit that is not there any more; all other reasons speak of one that was made."""
# Plain texts: every visit of the year is asked, and comparing an enumeration's member is twice as slow.
_OPEN, _WITHDRAWN, _SERVICE = str(State.OPEN), str(State.WITHDRAWN), str(Purpose.SERVICE)
_SPECIAL, _CASE = str(Category.SPECIAL), str(Category.CASE)
_STATES = {State.ABSORBED: LeftOut.ABSORBED, State.WITHDRAWN: LeftOut.WITHDRAWN, State.VOIDED: LeftOut.VOIDED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """What a rule counts. `exempt`: reasons that take a visit out if they have a source number. `count_case`: 个案
    counts too (sources conflict, so a rule decides). `joint_each`: each agency of a joint visit counts it (P); else
    only its host does (`hosts`). `count_superior`: 专项 ordered by a superior counts too."""

    exempt: frozenset[str] = EVERY_REASON
    count_case: bool = True
    joint_each: bool = True
    count_superior: bool = False


USUAL = Counting()
EVERY_INSPECTION = Counting(exempt=frozenset())
EVERYTHING = Counting(exempt=frozenset(), count_superior=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One agency at one enterprise in one year: each visit counted, each left out and why.

    `unconfirmed`: of those counted, the ones that the agency itself took back or calls otherwise now, and no
    supervisor has confirmed.
    """

    year: int
    counted: tuple[str, ...]
    left_out: tuple[tuple[str, LeftOut], ...]
    unconfirmed: tuple[str, ...] = ()

    @property
    def own(self) -> int:
        """The count as the agency itself says it is; the count that flags go by is that of `counted`."""
        return len(self.counted) - len(self.unconfirmed)


def why_not(fact: Fact, counting: Counting = USUAL) -> LeftOut | None:
    """Why does a visit, taken by its own words, not count? None: it counts.

    The order is that of the reasons a person would give: is it there, what was it, what for. Where only the host of a
    joint visit counts, that is the one who gave the joint number; whoever has all visits asks `judged_among`.
    """
    if fact.state != _OPEN:
        return _STATES[State(fact.state)]
    if fact.purpose == _SERVICE:
        return LeftOut.SERVICE
    if fact.superior_ordered and fact.category == _SPECIAL and not counting.count_superior:
        return LeftOut.SUPERIOR_ORDERED
    if fact.reason and fact.source_no and fact.reason in counting.exempt:
        return LeftOut.EXEMPT
    if not counting.count_case and fact.category == _CASE:
        return LeftOut.CASE
    if not counting.joint_each and fact.joint_id and fact.joint_id != fact.visit:
        return LeftOut.JOINT_GUEST
    return None


def always_counts(fact: Fact) -> bool:
    """Does it count whatever is asked? So do most; one look saves one for each sort of counting."""
    return (
        fact.claim is None
        and not fact.reason
        and not fact.joint_id
        and not fact.superior_ordered
        and fact.category != _CASE
        and fact.purpose != _SERVICE
        and fact.state == _OPEN
    )


def judged(fact: Fact, counting: Counting = USUAL) -> tuple[LeftOut | None, bool]:
    """Why does it not count, and does it only count until a supervisor confirms?

    What the own agency took back or called otherwise counts as long as one of both readings counts: else an organ
    over its cap would clear itself.
    """
    if fact.claim is None and fact.state != _WITHDRAWN:
        return why_not(fact, counting), False
    stands, claimed = why_not(fact.standing, counting), why_not(fact.claimed, counting)
    if claimed is None:
        return None, False
    return (None, True) if stands is None else (claimed, False)


@cache
def of_each(counting: Counting) -> Counting:
    """The same, but each agency of a joint visit counts it."""
    return replace(counting, joint_each=True)


def hosts(facts: Iterable[Fact], counting: Counting) -> Mapping[str, str]:
    """Which visit stands for each joint one, by joint number, where only the host counts?

    The one who gave the number; if that one is gone or does not count, the first that does: what was one visit of two
    agencies never counts for nobody. What an agency only claims makes it no host while somebody else is one.
    """
    each = of_each(counting)
    found: dict[str, tuple[bool, bool, datetime, str]] = {}
    for fact in facts:
        if fact.joint_id and judged(fact, each)[0] is None:
            only_claimed = why_not(fact.standing, each) is not None
            rank = (only_claimed, fact.visit != fact.joint_id, fact.started_at, fact.visit)
            found[fact.joint_id] = min(rank, found.get(fact.joint_id, rank))
    return {joint_id: visit for joint_id, (_claimed, _guest, _at, visit) in found.items()}


def judged_among(fact: Fact, counting: Counting, hosts: Mapping[str, str]) -> tuple[LeftOut | None, bool]:
    """As `judged`, by whoever knows the hosts of the joint visits that this one may be part of."""
    if counting.joint_each or not fact.joint_id:
        return judged(fact, counting)
    why, pending = judged(fact, of_each(counting))
    return (LeftOut.JOINT_GUEST, False) if why is None and hosts.get(fact.joint_id) != fact.visit else (why, pending)


def count(facts: Iterable[Fact], *, agency_code: str, year: int, counting: Counting = USUAL) -> Count:
    """How often did this agency inspect the enterprise in the year? Other agencies' visits are left unsaid."""
    counted: list[str] = []
    unconfirmed: list[str] = []
    left_out: list[tuple[str, LeftOut]] = []
    visits = latest(facts)
    leading = {} if counting.joint_each else hosts(visits, counting)
    for fact in visits:
        if fact.agency_code != agency_code:
            continue
        why: LeftOut | None = LeftOut.OTHER_YEAR
        pending = False
        if year_of(fact.started_at) == year:
            why, pending = judged_among(fact, counting, leading)
        if why is None:
            counted.append(fact.visit)
            unconfirmed += [fact.visit] if pending else []
        else:
            left_out.append((fact.visit, why))
    return Count(year=year, counted=tuple(counted), left_out=tuple(left_out), unconfirmed=tuple(unconfirmed))


def enterprise_total(facts: Iterable[Fact], *, year: int) -> int:
    """How many inspections did the enterprise bear in the year, whoever came?

    A joint visit counts once (R 深圳). Visits that no cap counts (exempt, ordered by a superior) are inspections too:
    they are always inside the statistics (R 中卫).
    """
    return len(_together(facts, purpose=Purpose.INSPECTION, year=year))


def borne(facts: Iterable[Fact], *, year: int) -> tuple[int, int]:
    """As `enterprise_total`, but as long as one of both readings is an inspection, as flags count; and how many of
    these only until a supervisor confirms: no part of the visit is one by both readings."""
    together: dict[str, bool] = {}
    for fact in latest(facts):
        if year_of(fact.started_at) == year:
            why, pending = judged(fact, EVERYTHING)
            if why is None:
                together[fact.together] = pending and together.get(fact.together, True)
    return len(together), sum(together.values())


def service_total(facts: Iterable[Fact], *, year: int) -> int:
    """Service visits have a counter of their own, outside every cap."""
    return len(_together(facts, purpose=Purpose.SERVICE, year=year))


def _together(facts: Iterable[Fact], *, purpose: Purpose, year: int) -> set[str]:
    return {
        fact.together
        for fact in latest(facts)
        if fact.purpose == purpose and fact.state == State.OPEN and year_of(fact.started_at) == year
    }
