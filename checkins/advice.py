"""What an officer is advised before driving to an enterprise: go, join, give a reason, not today, no need.

Pure; never blocks. 国办发〔2024〕54号: do not come more often than announced, join where possible; 交口 and others:
quiet days.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum


class Advice(StrEnum):
    GO = "go"
    JOIN = "join"
    REASON_NEEDED = "reason_needed"
    NOT_TODAY = "not_today"
    RECOGNISED = "recognised"


class Company(StrEnum):
    """Whom an advice to join means: an open visit, or a plan."""

    NOBODY = ""
    VISIT = "visit"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Situation:
    """`quiet`: coming alone would be flagged for a quiet day. `flagged`: it would raise or grow any flag.

    `visit_helps`, `plan_helps`: there is an open visit, or a plan, with which nothing that is about the own agency
    would be flagged; what is about the enterprise as a whole is no worse, because the others come anyway.
    `found_compliant`: all that is to be inspected was found compliant so lately that it may be recognised (结果互认).
    """

    quiet: bool
    visit_helps: bool
    plan_helps: bool
    flagged: bool
    found_compliant: bool


ADVICE: tuple[tuple[tuple[bool | None, ...], Advice, Company], ...] = (
    ((True, None, None, None, None), Advice.NOT_TODAY, Company.NOBODY),
    ((False, None, None, None, True), Advice.RECOGNISED, Company.NOBODY),
    ((False, True, None, None, False), Advice.JOIN, Company.VISIT),
    ((False, False, True, None, False), Advice.JOIN, Company.PLAN),
    ((False, False, False, True, False), Advice.REASON_NEEDED, Company.NOBODY),
    ((False, False, False, False, False), Advice.GO, Company.NOBODY),
)
"""One row for each situation; None: either. A test proves that every situation has exactly one."""


def advise(situation: Situation) -> tuple[Advice, Company]:
    """What the table says."""
    told = astuple(situation)
    return next(
        (advice, company)
        for pattern, advice, company in ADVICE
        if all(wanted is None or wanted is is_so for wanted, is_so in zip(pattern, told, strict=True))
    )
