"""A visit that the supervision side knows and whose row a restored database lacks: its scan came once more. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audit.facts import Fact, State
from checkins.amendment import KIND_WORDS
from checkins.reading import Read

TAKEN_BACK = (State.WITHDRAWN, State.VOIDED)


def as_known(read: Read, before: Fact) -> tuple[Read, Mapping[str, Any]]:
    """The visit as it was known last, beside what its scan says; and the words in which the two differ.

    What was confirmed, taken back or said by colleagues was lost with its own rows, and is known from the fact alone.
    An absorbed visit stands by itself until the scan that absorbed it has come, too.
    """
    told = read.character
    words = {name: getattr(before, name) for name in KIND_WORDS if getattr(before, name) != getattr(told, name)}
    items = tuple(dict.fromkeys([*before.items, *told.items]))
    taken_back = before.state in TAKEN_BACK
    known = replace(
        read,
        character=replace(told, **words, items=items),
        officers=tuple(dict.fromkeys([*before.officers, *read.officers])),
        uncertified=tuple(dict.fromkeys([*before.uncertified, *read.uncertified])),
        state=before.state if taken_back else read.state,
        event=f"visit.{before.state}" if taken_back else read.event,
    )
    return known, words
