"""What may be done to a visit, and what it is afterwards: the one table by which the deeds decide. Pure.

A visit's row says whether it is open; beside it a word of its own agency may wait for a supervisor's ruling. Both
together are its standing. `TABLE` has a cell for each standing under each deed; a deed that is refused anywhere asks
`refusal` under the enterprise's lock, before it writes anything (tests/house/test_states.py); what is never refused
need not ask: scans are facts. A repeated request is no deed: it is answered as before.

The same request may lead to several standings: a withdrawal leaves the visit open while another scan stands in it.
tests/checkins/test_states.py walks every arrow with the real deeds, and docs/reference/states.md is written from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from audit.facts import State


class Standing(StrEnum):
    """A visit's status and what waits for a ruling.

    `withdrawn` always waits for one. `…_claimed`: its agency has said that it should not have been, or was of another
    kind. A visit may be absorbed or voided by what happens to its neighbours while its own claim still waits.
    """

    OPEN = "open"
    VOIDING_CLAIMED = "voiding_claimed"
    CLASSIFICATION_CLAIMED = "classification_claimed"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    VOIDED_CLAIMED = "voided_claimed"
    ABSORBED = "absorbed"
    ABSORBED_CLAIMED = "absorbed_claimed"


class Deed(StrEnum):
    """What is done, each by a service of its own; scans by three (scan, batch, resolve), rulings by rule_on."""

    SCAN = "scan"
    LATE_SCAN = "late_scan"
    WITHDRAWAL = "withdrawal"
    VOIDING_CLAIM = "voiding_claim"
    CLASSIFICATION = "classification"
    CONFIRMATION = "confirmation"
    REJECTION = "rejection"
    ANNULMENT = "annulment"
    MERGE = "merge"
    REGROUPING = "regrouping"
    JOINING = "joining"
    LEAVING = "leaving"
    PRESENCE = "presence"
    APPROVAL = "approval"
    PLANNING = "planning"
    DEPARTURE = "departure"
    RESULT = "result"


MEANINGS: Final[Mapping[Deed, str]] = {
    Deed.SCAN: "A further scan of the agency, within the visit's window or naming it (`visit.continues`).",
    Deed.LATE_SCAN: "A scan from before the visit's start arrives.",
    Deed.WITHDRAWAL: "The scanner takes a scan of the visit back, within minutes.",
    Deed.VOIDING_CLAIM: "A colleague who was not there says that the visit should not have been.",
    Deed.CLASSIFICATION: "Its officers or agency say of what kind the visit was.",
    Deed.CONFIRMATION: "A supervisor confirms what the agency has said.",
    Deed.REJECTION: "A supervisor rejects what the agency has said.",
    Deed.ANNULMENT: "A supervisor voids the visit: word and ruling in one.",
    Deed.MERGE: "The subject without a licence turns out to be an enterprise; its visits move there.",
    Deed.REGROUPING: "Scans of a neighbouring visit are withdrawn or voided, so that others share a visit.",
    Deed.JOINING: "It becomes part of another agency's visit (joint_id).",
    Deed.LEAVING: "It counts by itself again.",
    Deed.PRESENCE: "A partner whom a scan names confirms having been there.",
    Deed.APPROVAL: "Under which number its agency's head approved it, said afterwards.",
    Deed.PLANNING: "Which plan it carried out, said afterwards.",
    Deed.DEPARTURE: "An officer has left; a scan after it belongs to another visit.",
    Deed.RESULT: "What came of it, item by item.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """`to`: what the visit may be afterwards; none where the deed is refused with the problem `refused`.

    `aside`: the deed is done, but to no visit or to the one that holds the scans now; nothing is told of this one. What
    is said of an absorbed visit after its scans were taken back is refused as of one that is not open.
    """

    to: frozenset[Standing] = frozenset()
    refused: str = ""
    aside: bool = False


_CLOSED = (
    Standing.WITHDRAWN,
    Standing.VOIDED,
    Standing.VOIDED_CLAIMED,
    Standing.ABSORBED,
    Standing.ABSORBED_CLAIMED,
)
NOT_OPEN: Final = "visit-not-open"
VOIDING_WAITS: Final = "voiding-waits"
RULED_ALREADY: Final = "correction-ruled-already"


def _to(*standings: Standing) -> Cell:
    return Cell(to=frozenset(standings))


def _aside(*standings: Standing) -> dict[Standing, Cell]:
    return {one: Cell(to=frozenset({one}), aside=True) for one in standings}


def _stays(*standings: Standing) -> dict[Standing, Cell]:
    return {one: _to(one) for one in standings}


def _refused(code: str, *standings: Standing) -> dict[Standing, Cell]:
    return {one: Cell(refused=code) for one in standings}


_OPEN, _VOIDING, _KIND, _WITHDRAWN, _VOIDED, _VOIDED_CLAIMED, _ABSORBED, _ABSORBED_CLAIMED = Standing

_SAID_AFTERWARDS: Final[Mapping[Standing, Cell]] = {
    **_stays(_OPEN, _VOIDING, _KIND),
    **_refused(NOT_OPEN, _WITHDRAWN, _VOIDED, _VOIDED_CLAIMED),
    **_aside(_ABSORBED, _ABSORBED_CLAIMED),
}

TABLE: Final[Mapping[Deed, Mapping[Standing, Cell]]] = {
    Deed.SCAN: {**_stays(_OPEN, _VOIDING, _KIND), **_aside(*_CLOSED)},
    Deed.LATE_SCAN: {
        _OPEN: _to(_OPEN, _ABSORBED),
        _VOIDING: _to(_VOIDING, _ABSORBED_CLAIMED),
        _KIND: _to(_KIND, _ABSORBED_CLAIMED),
        **_aside(_WITHDRAWN, _VOIDED, _VOIDED_CLAIMED),
        _ABSORBED: _to(_ABSORBED, _OPEN),
        _ABSORBED_CLAIMED: _to(_ABSORBED_CLAIMED, _VOIDING, _KIND),
    },
    Deed.WITHDRAWAL: {
        _OPEN: _to(_OPEN, _WITHDRAWN),
        _VOIDING: _to(_VOIDING, _WITHDRAWN),
        _KIND: _to(_KIND, _WITHDRAWN),
        **_aside(*_CLOSED),
    },
    Deed.VOIDING_CLAIM: {
        **{one: _to(_VOIDING) for one in (_OPEN, _VOIDING, _KIND)},
        **_refused(NOT_OPEN, *_CLOSED),
    },
    Deed.CLASSIFICATION: {
        _OPEN: _to(_OPEN, _KIND),
        **_refused(VOIDING_WAITS, _VOIDING),
        _KIND: _to(_OPEN, _KIND),
        **_refused(NOT_OPEN, *_CLOSED),
    },
    Deed.CONFIRMATION: {
        **_refused(RULED_ALREADY, _OPEN, _VOIDED, _ABSORBED),
        _VOIDING: _to(_VOIDED, _OPEN),
        _KIND: _to(_OPEN),
        _WITHDRAWN: _to(_VOIDED),
        _VOIDED_CLAIMED: _to(_VOIDED),
        _ABSORBED_CLAIMED: _to(_ABSORBED),
    },
    Deed.REJECTION: {
        **_refused(RULED_ALREADY, _OPEN, _VOIDED, _ABSORBED),
        _VOIDING: _to(_OPEN),
        _KIND: _to(_OPEN),
        _WITHDRAWN: _to(_OPEN, _ABSORBED),
        _VOIDED_CLAIMED: _to(_VOIDED),
        _ABSORBED_CLAIMED: _to(_ABSORBED),
    },
    Deed.ANNULMENT: {
        **{one: _to(_VOIDED) for one in (_OPEN, _VOIDING, _KIND)},
        **_refused(NOT_OPEN, *_CLOSED),
    },
    Deed.MERGE: _stays(*Standing),
    Deed.REGROUPING: {
        _OPEN: _to(_OPEN, _ABSORBED, _VOIDED),
        _VOIDING: _to(_VOIDING, _ABSORBED_CLAIMED, _VOIDED_CLAIMED),
        _KIND: _to(_KIND, _ABSORBED_CLAIMED, _VOIDED_CLAIMED),
        **_aside(_WITHDRAWN, _VOIDED, _VOIDED_CLAIMED),
        _ABSORBED: _to(_ABSORBED, _OPEN),
        _ABSORBED_CLAIMED: _to(_ABSORBED_CLAIMED, _VOIDING, _KIND),
    },
    Deed.JOINING: {**_stays(_OPEN, _VOIDING, _KIND), **_refused(NOT_OPEN, *_CLOSED)},
    Deed.LEAVING: {**_stays(_OPEN, _VOIDING, _KIND), **_refused(NOT_OPEN, *_CLOSED)},
    Deed.PRESENCE: {**_stays(_OPEN, _VOIDING, _KIND), **_refused(NOT_OPEN, *_CLOSED)},
    Deed.APPROVAL: _SAID_AFTERWARDS,
    Deed.PLANNING: _SAID_AFTERWARDS,
    Deed.RESULT: _SAID_AFTERWARDS,
    Deed.DEPARTURE: {
        **_stays(_OPEN, _VOIDING, _KIND),
        **_refused(NOT_OPEN, _WITHDRAWN, _VOIDED, _VOIDED_CLAIMED),
        _ABSORBED: _to(_ABSORBED, _OPEN),
        _ABSORBED_CLAIMED: _to(_ABSORBED_CLAIMED, _VOIDING, _KIND),
    },
}


def standing_of(*, status: str, waiting: str | None) -> Standing:
    """How does a visit stand whose row has this status? `waiting`: the kind of the correction nobody has ruled on."""
    if status == State.OPEN:
        return {"voiding": _VOIDING, "classification": _KIND}.get(waiting or "", _OPEN)
    if status == State.WITHDRAWN:
        return _WITHDRAWN
    if status == State.VOIDED:
        return _VOIDED_CLAIMED if waiting else _VOIDED
    return _ABSORBED_CLAIMED if waiting else _ABSORBED


def refusal(deed: Deed, standing: Standing) -> str:
    """The code of the problem with which the deed is refused; empty where it is allowed."""
    return TABLE[deed][standing].refused
