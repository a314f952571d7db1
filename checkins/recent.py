"""What else an officer has scanned around a moment, and how it was graded: two branches of the gathering."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import JSONObject

from audit.queries import moment as parsed
from audit.queries import unpacked
from checkins.models import PlaceGrade, Resolution, Scan
from checkins.place import Fix
from checkins.trust import Stood
from checkins.whereabouts import Seen, moment, seen

MOST = 60
"""So many of the officer's scans at most, the latest received: a day of inspections has a dozen."""
LATEST = timedelta(days=11)
"""A scan that is handed in later than the back-fill's ten days is compared with the last scans of these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recent:
    """The officer's other scans, and this one if it was there before; what the phone's clock said at each; how each
    stands that was graded B or C.

    It grows with each scan that is graded (checkins/services/grade_place.py).
    """

    scans: dict[str, Seen] = field(default_factory=dict)
    clocks: dict[str, datetime] = field(default_factory=dict)
    stood: dict[str, Stood] = field(default_factory=dict)

    def around(self, scanned_at: datetime, *, window: timedelta) -> dict[str, Seen]:
        """Those that one scan's own gathering would have brought, of what was brought for many."""
        return {one: scan for one, scan in self.scans.items() if abs(self.clocks[one] - scanned_at) <= window}


def asked_of(*, officer_id: int, scanned_at: datetime, at: datetime, window: timedelta) -> dict[str, Any]:
    """The parameters of `recent`. Nobody stands anywhere later than it is received, so that the officer's scans from
    `window` before this one on were received since then: an index has them in that order."""
    return {
        "officer_id": officer_id,
        "seen_since": max(min(scanned_at, at), at - LATEST) - window,
        "seen_begin": scanned_at - window,
        "seen_end": scanned_at + window,
    }


LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY: Mapping[str, Any] = {"officer_id": 0, "seen_since": LONG_AGO, "seen_begin": LONG_AGO, "seen_end": LONG_AGO}
"""What a deed asks that grades nothing."""


def recent(asked: Mapping[str, Any]) -> list[QuerySet[Any, Any]]:
    """The branches `near` (each reading of each scan) and `grade`."""
    theirs = (
        Scan.objects.filter(
            officer_id=asked["officer_id"],
            received_at__gte=asked["seen_since"],
            scanned_at__range=(asked["seen_begin"], asked["seen_end"]),
        )
        .order_by("-received_at")
        .values("scan_id")[:MOST]
    )
    return [
        Resolution.objects.filter(scan_id__in=theirs).values(
            branch=Value("near", output_field=CharField()),
            data=JSONObject(
                scan_id=F("scan_id"),
                serial=F("serial"),
                credit_code=F("credit_code"),
                visit_id=F("visit_id"),
                onsite_at=F("onsite_at"),
                measured=F("facts__measured"),
                **{name: F(f"scan__{name}") for name in _SCAN_COLUMNS},
            ),
        ),
        PlaceGrade.objects.filter(scan_id__in=theirs).values(
            branch=Value("grade", output_field=CharField()),
            data=JSONObject(scan_id=F("scan_id"), serial=F("serial"), grade=F("grade"), codes=F("codes"), id=F("pk")),
        ),
    ]


_SCAN_COLUMNS = (
    "device_id", "scanned_at", "received_at", "longitude", "latitude", "accuracy_m", "datum", "mock",
)  # fmt: skip


def recent_around(*, officer_id: int, scanned: Sequence[datetime], at: datetime, window: timedelta) -> Recent:
    """What the officer scanned around these moments, for a deed about many scans. One statement."""
    early = asked_of(officer_id=officer_id, scanned_at=min(scanned), at=at, window=window)
    late = asked_of(officer_id=officer_id, scanned_at=max(scanned), at=at, window=window)
    near, grades = recent({**early, "seen_end": late["seen_end"]})
    rows = near.union(grades, all=True).values_list("branch", "data")
    return read_recent((branch, unpacked(data)) for branch, data in rows)


def read_recent(rows: Iterable[tuple[str, Any]]) -> Recent:
    """Out of the gathering's rows."""
    readings: dict[str, list[Mapping[str, Any]]] = {}
    graded: dict[str, list[Mapping[str, Any]]] = {}
    for branch, data in rows:
        if branch in ("near", "grade"):
            (readings if branch == "near" else graded).setdefault(str(UUID(data["scan_id"])), []).append(data)
    return Recent(
        scans={scan_id: _seen(scan_id, told) for scan_id, told in readings.items()},
        clocks={scan_id: parsed(told[0]["scanned_at"]) for scan_id, told in readings.items()},
        stood={scan_id: _stood(told) for scan_id, told in graded.items()},
    )


def _seen(scan_id: str, readings: list[Mapping[str, Any]]) -> Seen:
    """As its latest reading has it; what was measured, by the latest that measured. A withdrawn scan was at no site."""
    readings = sorted(readings, key=lambda one: one["serial"])
    last = readings[-1]
    measured: dict[str, Any] = next((found for one in reversed(readings) if (found := unpacked(one["measured"]))), {})
    if last["credit_code"] and last["visit_id"] is None:
        measured = {**measured, "site": None, "reads_as": ""}
    fix = None
    if last["longitude"] is not None and last["latitude"] is not None:
        fix = Fix(
            longitude=last["longitude"],
            latitude=last["latitude"],
            datum=last["datum"] or "WGS84",
            accuracy_m=last["accuracy_m"],
            mock=bool(last["mock"]),
        )
    return seen(
        scan_id=scan_id,
        at=moment(
            scanned_at=parsed(last["scanned_at"]),
            onsite_at=parsed(last["onsite_at"]),
            received_at=parsed(last["received_at"]),
        ),
        device=last["device_id"],
        credit_code=last["credit_code"],
        fix=fix,
        measured=measured,
    )


def _stood(grades: list[Mapping[str, Any]]) -> Stood:
    last = max(grades, key=lambda one: (one["serial"], one["id"]))
    return Stood(serial=last["serial"], grade=last["grade"], codes=frozenset(unpacked(last["codes"])))
