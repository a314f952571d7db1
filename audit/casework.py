"""What may be done to a case (督办), by whom, and what it is then: one table. Pure.

Source: 行政执法监督条例 (decree 825): the 司法局 that supervises the agency pursues the case; the agency answers.
Nobody closes his own agency's case.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    OPENED = "opened"
    HANDED = "handed"
    ANSWERED = "answered"
    CLOSED = "closed"


class Deed(StrEnum):
    OPEN = "open"
    HAND_OUT = "hand_out"
    ANSWER = "answer"
    SEND_BACK = "send_back"
    ESCALATE = "escalate"
    CLOSE = "close"
    REOPEN = "reopen"
    REMIND = "remind"
    RATE = "rate"
    CALL_BACK = "call_back"


class Lamp(StrEnum):
    """How near is the due date? Yellow: so near as the ladder says. Red: past it. Green: neither, or nothing is due."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Rating(StrEnum):
    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"


DEMANDS = frozenset({Deed.HAND_OUT, Deed.SEND_BACK, Deed.ESCALATE})
"""After these the agency owes an answer."""

# One row a state, one column a deed: what the case is then; "-": it cannot be done.
_TABLE = """
          hand_out answer   send_back escalate close  reopen remind   rate   call_back
opened    handed   -        -         -        closed -      opened   -      -
handed    handed   answered -         handed   closed -      handed   -      -
answered  handed   -        handed    handed   closed -      answered -      -
closed    -        -        -         -        -      opened -        closed closed
"""


def _read(table: str) -> dict[tuple[State, Deed], State | None]:
    head, *rows = (line.split() for line in table.strip().splitlines())
    return {
        (State(state), Deed(deed)): None if cell == "-" else State(cell)
        for state, *cells in rows
        for deed, cell in zip(head, cells, strict=True)
    }


TABLE = MappingProxyType(_read(_TABLE))


def after(state: State, deed: Deed) -> State | None:
    """What the case is once this is done; None: it cannot be done now."""
    return TABLE[state, deed]


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """An account by value: its role, its agency, its region."""

    role: str
    agency_code: str
    region_prefix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Organ:
    """An agency of the register, by value: whom a case is about, or is handed out to."""

    code: str
    path: str
    name: str
    supervised_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """Whose case: the 司法局 that pursues it and the path of the agency pursued (empty: none was named yet)."""

    supervised_by: str
    agency_path: str


_AGENCY = frozenset({"agency_admin", "agency_leader"})
_NOBODYS = frozenset({Deed.REMIND, Deed.RATE})
"""The worker reminds, the complainant rates: no account does."""


def may_do(deed: Deed, *, party: Party, whose: Whose) -> bool:
    """Is this account the one to do it? An agency's own accounts answer and do nothing else."""
    inside = bool(party.agency_code) and f"/{party.agency_code}/" in whose.agency_path
    if deed in _NOBODYS:
        return False
    if deed is Deed.ANSWER:
        return party.role in _AGENCY and inside
    return party.role == "supervisor" and party.agency_code == whose.supervised_by != "" and not inside


def lamp(due_on: date | None, *, today: date, near: date) -> Lamp:
    """`near`: the last day of the limit that counts as near today."""
    if due_on is None or due_on > near:
        return Lamp.GREEN
    return Lamp.RED if due_on < today else Lamp.YELLOW


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One demand for an answer, with the day of the answer and of the step that took its place, if they came."""

    agency: str
    due_on: date
    answered_on: date | None
    replaced_on: date | None


def in_time(asked: Asked, *, today: date) -> bool | None:
    """Was it answered by its due date? None: not yet to be said, or the supervisor took it back before it was due."""
    if asked.answered_on is not None:
        return asked.answered_on <= asked.due_on
    if asked.replaced_on is not None and asked.replaced_on <= asked.due_on:
        return None
    return None if today <= asked.due_on else False
