"""A scan's entry in the record (part of a deed, not one itself)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.actor import Actor
from audit.pen import Pen
from audit.services.entry import record
from checkins.arrival import Arrival
from checkins.place import Place
from checkins.rules import Warn
from checkins.telling import place_told, when_told
from officers.rules import Caller


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
) -> None:
    """The scan's entry: what arrived, what was made of it, what the supervisor is told of it. One statement.

    `kind`: `scan`, or `resolution` for a scan that its officer resolved later (its arrival has an entry already).
    """
    record(
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
            **({"place_grades": grades} if grades else {}),
        },
        actor=actor,
        at=at,
        pen=pen,
    )
