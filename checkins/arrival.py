"""One scan by value, as it came in, and what it must be warned about wherever it was. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkins.place import Fix, Place
from checkins.policy import CheckinPolicy
from checkins.rules import Warn, arrival_warnings, lateness_warnings
from checkins.when import Interval
from officers.rules import Caller, certificate_state


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """`words`: the contract's fields in canonical form; `content`: their SHA-256; `licence`: as the answer tells it.

    `onsite_at`: the moment that counts; `when`: the interval in which it lies.
    """

    scan_id: str
    words: Mapping[str, Any]
    licence: Mapping[str, Any]
    content: bytes
    scanned_at: datetime
    received_at: datetime
    onsite_at: datetime
    when: Interval
    fix: Fix | None


def warnings_of(arrival: Arrival, *, caller: Caller, place: Place, policy: CheckinPolicy) -> list[Warn]:
    """What this arrival must be warned about, wherever it was."""
    return arrival_warnings(
        doubts=arrival.when.doubts,
        late=lateness_warnings(
            onsite_at=arrival.onsite_at,
            received_at=arrival.received_at,
            reason=str(arrival.words.get("late_reason") or "").strip(),
            late_after=policy.late_after,
            backfill_days=policy.backfill_days,
        ),
        certificate=certificate_state(
            status=caller.status,
            status_since=caller.status_since,
            valid_from=caller.valid_from,
            valid_until=caller.valid_until,
            at=arrival.onsite_at,
        ).value,
        place=place,
        has_fix=arrival.fix is not None,
        mock=arrival.fix is not None and arrival.fix.mock,
    )
