"""What came of a visit's items, by value: results in versions, and when a later agency is shown them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.facts import Fact, day_of

COMPLIANT = "compliant"
"""合格: what the next agency may recognise instead of inspecting again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One result of one item. `serial` orders the versions; `reinspection_of`: a visit's number or empty."""

    visit: str
    serial: int
    item: str
    outcome: str
    rectify_by: date | None = None
    note: str = ""
    case_no: str = ""
    reinspection_of: str = ""

    @property
    def words(self) -> tuple[Any, ...]:
        """What it says of its item, whoever said it when."""
        return (self.outcome, self.rectify_by, self.note, self.case_no, self.reinspection_of)


def standing(results: Iterable[Said]) -> dict[str, list[Said]]:
    """Of each visit the latest result of each item, in the order in which the items were first said."""
    found: dict[str, dict[str, Said]] = {}
    for one in sorted(results, key=lambda result: result.serial):
        found.setdefault(one.visit, {})[one.item] = one
    return {visit: list(items.values()) for visit, items in found.items()}


def visible(fact: Fact, *, to: str, on: date, days: int) -> bool:
    """May this agency see on that day what came of the visit? Its own always, others' for some `days` (结果互认, P)."""
    return fact.agency_code == to or (on - day_of(fact.started_at)).days < days


def result_told(one: Said) -> Mapping[str, Any]:
    """A result for the officers of another agency: what was found, not what was noted or which case it became."""
    return {
        "item": one.item,
        "outcome": one.outcome,
        "rectify_by": one.rectify_by.isoformat() if one.rectify_by else None,
    }
