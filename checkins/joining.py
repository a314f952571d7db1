"""Which visits of different agencies may be one joint visit (联合检查)? Pure: facts in, facts out.

Joint visits share a joint id: the number of the visit that the first of the others joined. They count once for the
enterprise and once for each agency (R 深府规〔2025〕6号; P).
"""

from collections.abc import Iterable
from datetime import timedelta

from audit.facts import Fact, Purpose, State
from checkins.rules import joint_code


def may_join(other: Fact, *, agency_code: str, purpose: str) -> bool:
    """Is this another agency's open visit with the same purpose? When it began, the caller asks: within the joint
    window (P), because a code is for the inspection at whose door it was shown, not for the year."""
    return (
        other.agency_code != agency_code
        and other.purpose == purpose
        and other.state == State.OPEN
        and other.origin == "scanned"
    )


def offers(facts: Iterable[Fact], *, mine: Fact, window: timedelta) -> list[Fact]:
    """Whom could an inspection that named nobody join? In order of their start, one of each joint visit."""
    if mine.purpose != Purpose.INSPECTION or mine.state != State.OPEN:
        return []
    found: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda one: (one.started_at, one.visit)):
        if fact.together != mine.together and _fits(fact, mine=mine, window=window):
            found.setdefault(fact.together, fact)
    return list(found.values())


def meant(facts: Iterable[Fact], *, mine: Fact, visit: str, code: str, window: timedelta) -> Fact | None:
    """The visit that this number or this code on the first officer's screen names; None if it fits none."""
    wanted = code.strip().upper()
    for fact in facts:
        named = fact.visit == visit if visit else joint_code(fact.visit) == wanted
        if named and _fits(fact, mine=mine, window=window):
            return fact
    return None


def _fits(fact: Fact, *, mine: Fact, window: timedelta) -> bool:
    near = abs(fact.started_at - mine.started_at) <= window
    return near and may_join(fact, agency_code=mine.agency_code, purpose=mine.purpose)


def company(facts: Iterable[Fact], *, mine: Fact) -> list[Fact]:
    """The other open visits that are together with this one."""
    return [
        fact
        for fact in facts
        if fact.visit != mine.visit and fact.together == mine.together and fact.state == State.OPEN
    ]
