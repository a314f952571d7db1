"""Which visits of different agencies may be one joint visit (联合检查)? Pure: facts in, facts out.

Joint visits share a joint id: the number of the visit that the first of the others joined. They count once for the
enterprise and once for each agency (R 深府规〔2025〕6号; P).
"""

from collections.abc import Collection, Iterable
from datetime import timedelta

from audit.facts import Fact, Purpose, State
from checkins.reading import Read, VisitRow
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
    """The visit that this number or this code on an officer's screen names; None if it fits none.

    The number and the code of a joint visit are good while anybody is in it, its host or those who joined.
    """
    for fact in facts:
        named = visit in (fact.visit, fact.together) if visit else shows(fact, code=code)
        if named and _fits(fact, mine=mine, window=window):
            return fact
    return None


def shows(fact: Fact, *, code: str) -> bool:
    """Is, or was, this the code on the screens of the visit's officers: its own, or its joint visit's?"""
    return code.strip().upper() in (joint_code(fact.visit), joint_code(fact.together))


def joint_already(
    read: Read, *, row: VisitRow | None, rows: Iterable[VisitRow], facts: Iterable[Fact], standing: Collection[str]
) -> str:
    """The joint id that a visit of the agency has, or takes over from those that it has absorbed; empty: none.

    `rows`: the agency's visits around it; `standing`: the scans that stand in any of them. Who joined an absorbed visit
    goes by its number, which becomes the joint id of the one that absorbed it, unless others have joined that one
    itself: then they go by its own (services/regroup.py). When the absorbed one stands by itself again, it takes its
    company with it.
    """
    apart = {one.number for one in rows if one.opening_scan in standing and one.opening_scan not in read.scans}
    if row is not None and row.joint_id and row.joint_id not in apart:
        return row.joint_id
    hosts = {fact.joint_id for fact in facts if fact.state == State.OPEN}
    if read.number in hosts:
        return ""
    absorbed = [one for one in rows if one.opening_scan in read.scans and one.number != read.number]
    taken = (one.joint_id or (one.number if one.number in hosts else "") for one in absorbed)
    return next(filter(None, taken), "")


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
