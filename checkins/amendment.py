"""What is said anew of a visit: the words of the phones' contract, and what they would change. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from audit.counting import EVERY_INSPECTION, USUAL, why_not
from audit.facts import Category, ExemptReason, Fact, Purpose
from audit.law import Law
from checkins.contract import Flagged

VOIDED: Mapping[str, Any] = {"state": "voided"}
"""The claim that a visit should not have been."""
KIND_WORDS = ("purpose", "category", "reason", "source_no", "superior_ordered")
"""The words that say of what kind a visit is: those of its row, of its fact, and of a classification."""
# The word that a scan must give for these to have been said by it.
_SAID_WITH = {
    "category": "category",
    "superior_ordered": "category",
    "reason": "reason",
    "source_no": "reason",
}
Why = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class VoidingWords(BaseModel):
    """Why the visit should not have been recorded: the wrong enterprise, a trial scan."""

    reason: Why


class KindWords(BaseModel):
    """Of what kind the visit is. What is left out, or null, stays as it is; an empty `reason` takes one back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose | None = None
    category: Category | None = None
    reason: ExemptReason | Literal[""] | None = None
    source_no: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)] | None = None
    superior_ordered: Flagged | None = None

    def said(self) -> dict[str, Any]:
        """The words that are there, as a visit's row has them."""
        found = {name: getattr(self, name) for name in KIND_WORDS}
        return {
            name: value if isinstance(value, bool) else str(value) for name, value in found.items() if value is not None
        }


class ClassificationWords(BaseModel):
    """Of what kind the visit was after all, and why that was not said at the door."""

    visit: Annotated[KindWords, Field(description="only what changes")]
    reason: Why

    @model_validator(mode="after")
    def _says_something(self) -> "ClassificationWords":
        if not self.visit.said():
            raise PydanticCustomError("nothing_said", "visit says nothing")
        return self


def changed(said: Mapping[str, Any], *, stands: Mapping[str, Any]) -> dict[str, Any]:
    """The words that differ from those that stand."""
    return {name: value for name, value in said.items() if stands[name] != value}


def is_missing(word: str, *, scans: Iterable[Mapping[str, Any]], overrides: Mapping[str, Any] | None) -> bool:
    """Has nobody said this of the visit yet, neither a scan (`scans`: their words) nor a classification?

    A purpose is never missing: a scan without one means an inspection.
    """
    if word not in _SAID_WITH or (overrides and word in overrides):
        return False
    return not any(scan["visit"][_SAID_WITH[word]] for scan in scans)


def takes_out(fact: Fact, words: Mapping[str, Any], *, law: Law) -> bool:
    """Would the visit, called so, be left out of any count in which it stands now?

    Asked of the statistics and of each rule that was in force at its start.
    """
    before = replace(fact.standing, claim=None)
    after = replace(before, **words)
    countings = {USUAL, EVERY_INSPECTION, *(rule.counting for rule in law.at(fact))}
    return any(why_not(before, each) is None and why_not(after, each) is not None for each in countings)
