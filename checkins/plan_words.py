"""The words of the phones' contract before a visit: plans, and what is asked of a visit that is meant."""

import re
import unicodedata
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from audit.facts import Category, Purpose
from checkins.contract import Flagged, Short
from checkins.plan import Announced

LONGEST_ITEM = 80
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LISTED = re.compile(r"[,，、]")


def _day(value: Any) -> date:
    wrong = PydanticCustomError("day", "not a day like 2026-01-31 from 1970 to 2099")
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise wrong
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise wrong from None
    if not 1970 <= found.year < 2100:
        raise wrong
    return found


def _typeable(text: str) -> str:
    """No control characters: nobody types them, and PostgreSQL keeps no NUL."""
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise ValueError("control characters")
    return text


def _several(value: Any) -> Any:
    """`items=a,b` and `items=a&items=b` say the same. Each is judged here, so that a refusal names the whole field."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return value
    parts = [part.strip() for each in value for part in _LISTED.split(each) if part.strip()]
    if any(len(part) > LONGEST_ITEM for part in parts):
        raise PydanticCustomError("string_too_long", "an item is too long")
    for part in parts:
        _typeable(part)
    return parts


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
Typed = Annotated[Short, AfterValidator(_typeable)]
Item = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ITEM, strip_whitespace=True)]
Listed = Annotated[list[str], BeforeValidator(_several, json_schema_input_type=list[str]), Field(max_length=50)]


class PlanWords(BaseModel):
    """An agency's plan. `source_ref` is its own number for it: the same one again changes the plan."""

    source_ref: Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
    credit_code: Annotated[str, StringConstraints(min_length=18, max_length=40)]
    first_day: Day = Field(description="Asia/Shanghai")
    last_day: Day = Field(description="Asia/Shanghai, inclusive; at most a year after the first day")
    category: Category = Category.ROUTINE
    items: Annotated[list[Item], Field(max_length=50)] = []
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    joint_open: Flagged = Field(default=True, description="would go together with other agencies")
    withdrawn: Flagged = Field(default=False, description="takes the plan back")

    def announced(self) -> Announced:
        return Announced(
            source_ref=self.source_ref,
            credit_code=self.credit_code,
            first_day=self.first_day,
            last_day=self.last_day,
            category=str(self.category),
            items=tuple(dict.fromkeys(self.items)),
            title=self.title,
            joint_open=self.joint_open,
            withdrawn=self.withdrawn,
        )


class PlansAsked(BaseModel):
    """Which of the agency's plans? Those with a day from `from` to `to`, at `enterprise`."""

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")
    enterprise: Annotated[Typed, Field(max_length=40)] | None = Field(default=None, description="credit code")
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=100, ge=1, le=500)


class PrecheckAsked(BaseModel):
    """What kind of visit is meant? Nothing is required; without `on` it is today's."""

    on: Day | None = Field(default=None, description="the day meant, Asia/Shanghai")
    purpose: Purpose = Purpose.INSPECTION
    category: Category = Category.ROUTINE
    items: Listed = Field(default=[], description="codes of the items, repeated or with commas")
    reason: Annotated[Typed, Field(max_length=40)] = Field(default="", description="exempt reason, as in a scan")
    source_no: Typed = Field(default="", description="its source number")
