"""What is known of a visit, by value: the material of every count. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
# China has kept one offset since 1992; adding it is ten times as fast as asking the zone for each of 1,000 visits.
_OFFSET = timedelta(hours=8)
_ONE_OFFSET_SINCE = 1992


class Purpose(StrEnum):
    INSPECTION = "inspection"
    SERVICE = "service"


class Category(StrEnum):
    """日常, 个案, 专项."""

    ROUTINE = "routine"
    CASE = "case"
    SPECIAL = "special"


class State(StrEnum):
    """`withdrawn`: taken back by its scanner, `voided`: taken back and confirmed by a supervisor (作废), `absorbed`: a
    late scan showed that it was part of another visit."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    ABSORBED = "absorbed"


class ExemptReason(StrEnum):
    """Reasons that take a visit out of the cap, each with a source number (R 中卫)."""

    COMPLAINT = "complaint"
    ASSIGNED = "assigned"
    ASSIST_SUPERIOR = "assist_superior"
    AUDIT = "audit"
    OFFSITE_LEAD = "offsite_lead"
    MEDIA = "media"
    RECTIFICATION = "rectification"
    REQUESTED = "requested"
    LICENSING = "licensing"
    STATUTORY_EMERGENCY = "statutory_emergency"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One visit in one version, by value. `started_at`: the on-site start, which decides day and year.

    `claim`: what its own agency says it should be instead (`state`, `purpose`, `category`, `reason`, `source_no`,
    `superior_ordered`) and no supervisor has confirmed. `items`: codes of what was inspected. `agency_level`: city,
    district or town; empty where it was not kept. `known_from`: since when this version was known; None for one that
    is not written yet. `uncertified`: the numbers of those among `officers` who hold no inspection certificate.
    """

    visit: str
    version: int
    state: str
    origin: str
    agency_code: str
    agency_name: str
    purpose: str
    category: str
    reason: str
    source_no: str
    superior_ordered: bool
    joint_id: str
    started_at: datetime
    officers: tuple[tuple[str, str], ...]
    credit_code: str = ""
    region_code: str = ""
    industry: str = ""
    risk_grade: str = ""
    agency_path: str = ""
    agency_level: str = ""
    supervised_by: str = ""
    items: tuple[str, ...] = ()
    claim: Mapping[str, object] | None = field(default=None, hash=False)
    known_from: datetime | None = None
    uncertified: tuple[str, ...] = ()

    @property
    def standing(self) -> "Fact":
        """The visit as it stands until a supervisor confirms what its own agency took back or called otherwise."""
        return replace(self, state=State.OPEN) if self.state == State.WITHDRAWN else self

    @property
    def claimed(self) -> "Fact":
        """The visit as its own agency says it is."""
        return replace(self, claim=None, **self.claim) if self.claim else self  # type: ignore[arg-type]

    @property
    def together(self) -> str:
        """What joint visits share, and a lone one has to itself: the enterprise was disturbed once."""
        return self.joint_id or self.visit

    @property
    def is_subject(self) -> bool:
        """Was it at a subject without a licence? `S` stands in no credit code's alphabet."""
        return self.credit_code.startswith("S")


def day_of(moment: datetime) -> date:
    """The day in Asia/Shanghai."""
    if moment.tzinfo is UTC and moment.year > _ONE_OFFSET_SINCE:
        return (moment + _OFFSET).date()
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset means nothing")
    return moment.astimezone(SHANGHAI).date()


def year_of(moment: datetime) -> int:
    """The calendar year in Asia/Shanghai."""
    return day_of(moment).year


_IN_ORDER = attrgetter("started_at", "visit")


def latest(facts: Iterable[Fact]) -> list[Fact]:
    """The present of each visit: its highest version, in order of on-site start."""
    newest: dict[str, Fact] = {}
    for fact in facts:
        known = newest.get(fact.visit)
        if known is None or fact.version > known.version:
            newest[fact.visit] = fact
    return sorted(newest.values(), key=_IN_ORDER)


def known_by(facts: Iterable[Fact], moment: datetime) -> list[Fact]:
    """Of these versions, those that were known at a past moment."""
    return [fact for fact in facts if fact.known_from is not None and fact.known_from <= moment]
