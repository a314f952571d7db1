"""A scan's entry in the record (part of a deed, not one itself)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.canonical import utc_text
from audit.models import Entry
from audit.pen import Pen
from audit.services.entry import Draft, record_all
from checkins.arrival import Arrival
from checkins.place import Place
from checkins.rules import Warn
from checkins.services.grade_place import grades_draft
from checkins.telling import place_told, when_told
from officers.rules import Caller

# What the enterprise sees of a visit (PIPL): who, of which organ, when, of what kind.
SHOWN = (
    "visit", "version", "credit_code", "enterprise", "agency_code", "agency", "purpose", "category", "joint_id",
    "started_at", "officers",
)  # fmt: skip


def record_scan(
    arrival: Arrival,
    *,
    kind: str,
    caller: Caller,
    place: Place,
    warnings: list[Warn],
    facts: list[Mapping[str, Any]],
    findings: list[Mapping[str, Any]],
    grades: list[Mapping[str, Any]],
    actor: Actor,
    at: datetime,
    pen: Pen | None = None,
    shown: Mapping[str, Any] | None = None,
) -> Entry:
    """The scan's entry, returned; beside it, in the same statement, what others than its officer may prove.

    The officer's receipt opens what arrived and what was made of it; the enterprise's only who was there (`shown`, the
    visit's fact by value); what speaks against the place is for the supervisor alone. `kind`: `scan`, or `resolution`
    for a scan that its officer resolved later (its arrival has an entry already).
    """
    scan = Draft(
        kind=kind,
        subject=arrival.scan_id,
        body={
            "content": arrival.content.hex(),
            "words": dict(arrival.words),
            "received_at": arrival.received_at,
            "onsite_at": arrival.onsite_at,
            "onsite": when_told(arrival.when),
            "device": caller.device_id,
            "certificate_no": caller.certificate_no,
            "place": place_told(place),
            "warnings": [code.value for code in warnings],
            "facts": facts,
            "findings": findings,
        },
    )
    drafts = [scan]
    if shown is not None:
        body = {name: shown[name] for name in SHOWN}
        drafts.append(Draft(kind="visit-shown", subject=f"visit:{shown['visit']}", body=body))
    if grades:
        drafts.append(grades_draft(arrival.scan_id, grades=grades))
    return record_all(drafts, actor=actor, at=at, pen=pen)[0]


def with_leaf(told: Mapping[str, Any], *, entry: Entry) -> dict[str, Any]:
    """The answer with what a promise is made of: the leaf of its entry (hex), and when it was recorded."""
    return {**told, "filing": {**told["filing"], "leaf": bytes(entry.leaf).hex(), "recorded_at": utc_text(entry.at)}}
