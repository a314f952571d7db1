"""The words of what is said after a visit: departures and results. v1 only ever gains."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from audit.canonical import utc_text
from checkins.contract import ClockWords, Location, Moment, Words

MOST_RESULTS = 50
Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]


class DepartureWords(Words):
    """When the officer left, by the phone's clocks; `location` and `clock` as in a scan."""

    departed_at: Moment
    location: Location | None = None
    clock: ClockWords | None = None

    def clock_told(self) -> dict[str, Any]:
        """The clocks as checkins/when.py reads them out of a scan's words."""
        if self.clock is None:
            return {}
        seen = self.clock.server_time_seen
        return {
            "clock": {
                "monotonic_ms": self.clock.monotonic_ms,
                "boot_id": self.clock.boot_id,
                "server_time_seen": seen and utc_text(seen),
                "monotonic_at_server_time_ms": self.clock.monotonic_at_server_time_ms,
            }
        }


class Outcome(StrEnum):
    """合格, 责令改正, 首违不罚, 轻微免罚, 立案 (checkins/models/departure.py, Result)."""

    COMPLIANT = "compliant"
    RECTIFY = "rectify"
    FIRST_VIOLATION_WAIVED = "first_violation_waived"
    MINOR_WAIVED = "minor_waived"
    CASE_OPENED = "case_opened"


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _written_day(value: Any) -> Any:
    """2026-03-02 and nothing else: no number of seconds."""
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise PydanticCustomError("day", "a day is written 2026-03-02")
    return value


def _left_out(value: Any) -> Any:
    """A form sends an empty text for a day that was not filled in."""
    return None if value == "" else value


Day = Annotated[Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2100, 1, 1))] | None, BeforeValidator(_written_day)]


class ItemResultWords(BaseModel):
    """What came of one item. `rectify_by`: the last day (Asia/Shanghai) to put it right, for `rectify` only."""

    model_config = ConfigDict(frozen=True)

    item: Annotated[Text, StringConstraints(min_length=1, max_length=80)]
    outcome: Outcome
    rectify_by: Annotated[Day, BeforeValidator(_left_out)] = None
    note: Annotated[Text, StringConstraints(max_length=200)] = ""
    case_no: Annotated[Text, StringConstraints(max_length=80)] = ""

    @model_validator(mode="after")
    def _a_term_is_for_rectifying(self) -> "ItemResultWords":
        if self.rectify_by is not None and self.outcome is not Outcome.RECTIFY:
            raise PydanticCustomError("rectify_by", "rectify_by goes with outcome rectify")
        if self.case_no and self.outcome is not Outcome.CASE_OPENED:
            raise PydanticCustomError("case_no", "case_no goes with outcome case_opened")
        return self


class PlanLinkWords(BaseModel):
    """Which plan the visit carried out. `plan_no`: the server's number of it, the agency's own reference, or that of a
    plan which is kept elsewhere; `source`: by which system (default: the one that says it, none for an officer)."""

    plan_no: Annotated[Text, StringConstraints(min_length=1, max_length=80)]
    source: Annotated[Text, StringConstraints(max_length=80)] = ""


class ResultWords(BaseModel):
    """What came of a visit, item by item; later words about an item replace earlier ones.

    `reinspection_of`: the number of the visit whose orders to rectify this one looked after.
    """

    items: Annotated[list[ItemResultWords], Field(min_length=1, max_length=MOST_RESULTS)]
    reinspection_of: Annotated[Text, StringConstraints(max_length=64)] = ""

    @model_validator(mode="after")
    def _each_item_once(self) -> "ResultWords":
        if len({one.item for one in self.items}) < len(self.items):
            raise PydanticCustomError("item_repeated", "each item once")
        return self
