"""The words of what is answered about visits that were made: their lives, departures, results. v1 only ever gains."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from checkins.afterwards import Life
from checkins.answers import VisitOfficerOut
from checkins.models import Correction, Departure, Result
from checkins.outcome import Said


class ResultOut(BaseModel):
    """`outcome`: compliant 合格, rectify 责令改正, first_violation_waived 首违不罚, minor_waived 轻微免罚, case_opened
    立案; `title` in the reader's language."""

    item: str
    outcome: str
    title: str
    rectify_by: date | None
    note: str
    case_no: str
    reinspection_of: str | None


class LifeCorrectionOut(BaseModel):
    """A withdrawal, voiding or classification. `state`: `waiting`, or how it was ruled."""

    kind: str
    claim: dict[str, str | bool]
    reason: str
    claimed_at: datetime
    state: str


class KnownOut(BaseModel):
    """Which words of the visit somebody has said already: nothing supplied is asked again."""

    category: bool
    items: bool
    results: bool
    departure: bool
    plan: bool
    approval: bool


class LifeOut(BaseModel):
    """A visit of the caller's agency as it stands now.

    `state`: `open`, `withdrawn`, `voided` or `absorbed`. `version` grows with everything that becomes known of it.
    `duration_minutes`: 打扰时长, null while no departure was said, which is no fault. `plan_no`: of the plan that it
    carried out, as its scans or a registered system say; `approvals`: under which numbers it was approved.
    """

    number: str
    version: int
    state: str
    credit_code: str
    enterprise: str
    started_at: datetime
    purpose: str
    category: str
    reason: str
    source_no: str
    items: list[str]
    joint_id: str | None
    officers: list[VisitOfficerOut]
    departed_at: datetime | None
    duration_minutes: int | None
    results: list[ResultOut]
    corrections: list[LifeCorrectionOut]
    plan_no: str | None
    approvals: list[str]
    known: KnownOut


class VisitsOut(BaseModel):
    """`cursor`: for the page after; null: this is the last one."""

    visits: list[LifeOut]
    cursor: str | None
    server_time: datetime


class ChangesOut(BaseModel):
    """`cursor`: for `since` the next time, always. `more`: there is more already, ask at once."""

    visits: list[LifeOut]
    cursor: str
    more: bool
    server_time: datetime


class DepartureOut(BaseModel):
    """`departed_at`: the moment that counts. `visit`: as it stands after it."""

    departed_at: datetime
    visit: LifeOut
    server_time: datetime


class ResultsOut(BaseModel):
    visit: LifeOut
    server_time: datetime


class RectificationOut(BaseModel):
    """An order to rectify that nothing has settled yet. `days_overdue`: 0 while the term runs, null without one."""

    visit: str
    agency_code: str
    agency: str
    credit_code: str
    enterprise: str
    item: str
    ordered_at: datetime
    rectify_by: date | None
    days_overdue: int | None
    note: str


class RectificationsOut(BaseModel):
    total: int
    offset: int
    items: list[RectificationOut]


def result_said(one: Said) -> dict[str, Any]:
    """All that the own agency said of an item."""
    return {
        "item": one.item,
        "outcome": one.outcome,
        "title": str(Result.Outcome(one.outcome).label),
        "rectify_by": one.rectify_by,
        "note": one.note,
        "case_no": one.case_no,
        "reinspection_of": one.reinspection_of or None,
    }


def life_told(life: Life, *, minutes: int | None) -> dict[str, Any]:
    """The contract's words of one visit."""
    fact = life.fact
    same = ("version", "state", "credit_code", "started_at", "purpose", "category", "reason", "source_no")
    return {name: getattr(fact, name) for name in same} | {
        "number": fact.visit,
        "enterprise": life.enterprise,
        "items": list(fact.items),
        "joint_id": fact.joint_id or None,
        "officers": [{"certificate_no": number, "name": name} for number, name in fact.officers],
        "departed_at": life.departed_at,
        "duration_minutes": minutes,
        "results": [result_said(one) for one in life.results],
        "corrections": [_correction(one) for one in life.corrections],
        "plan_no": life.plan_no or None,
        "approvals": life.approvals,
        "known": {
            "category": life.category_said,
            "items": bool(fact.items),
            "results": bool(life.results),
            "departure": life.departed_at is not None,
            "plan": bool(life.plan_no),
            "approval": bool(life.approvals),
        },
    }


def _correction(one: Correction) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "claim": one.claim,
        "reason": one.reason,
        "claimed_at": one.at,
        "state": one.ruling.verdict if hasattr(one, "ruling") else "waiting",
    }


def departure_told(departure: Departure, life: Life, *, minutes: int | None, now: datetime) -> dict[str, Any]:
    """The answer to a departure."""
    return {
        "departed_at": departure.departed_at,
        "visit": life_told(life, minutes=minutes),
        "server_time": now,
    }


def rectification_told(one: Result, *, today: date) -> dict[str, Any]:
    """One line of the supervisors' list."""
    return {
        "visit": one.visit.number,
        "agency_code": one.visit.agency.code,
        "agency": one.visit.agency.name,
        "credit_code": one.visit.credit_code,
        "enterprise": one.visit.enterprise.name if one.visit.enterprise else "",
        "item": one.item,
        "ordered_at": one.at,
        "rectify_by": one.rectify_by,
        "days_overdue": None if one.rectify_by is None else max((today - one.rectify_by).days, 0),
        "note": one.note,
    }
