"""Let an officer's choice teach what an opaque licence code means (part of a deed, not one itself)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.actor import Actor
from checkins.services.settle import Settled
from enterprises.licence import read
from enterprises.queries import taught
from enterprises.services.alias import teach


def learn(settled: Settled, *, scan_id: str, licence: Mapping[str, Any], actor: Actor, at: datetime) -> None:
    """A choice for an opaque code, of an enterprise that the registry knows, is a lesson. One statement, or none."""
    enterprise = settled.facts["enterprise"]
    reading = read(licence["text"] or "")
    if reading.learnable and reading.opaque_id is not None and enterprise["status"] != "unknown":
        teach(
            scheme=reading.scheme.value,
            opaque_id=reading.opaque_id,
            credit_code=enterprise["credit_code"],
            scan=scan_id,
            actor=actor,
            at=at,
        )


def unlearn(*, scan_id: str, code: str | None, actor: Actor, at: datetime) -> None:
    """A withdrawn or voided choice teaches nothing: the lesson of this very scan, if it gave one that stands, is taken
    back. `actor`: who gave it, for each teacher's latest lesson counts."""
    reading = read(code or "")
    if reading.learnable and reading.opaque_id is not None and taught(scan_id):
        teach(
            scheme=reading.scheme.value, opaque_id=reading.opaque_id, credit_code="", scan=scan_id, actor=actor, at=at
        )
