"""Reads of what stands behind an officer's screen: one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Value, When

from audit.queries import first_seen
from checkins.attended import departures
from checkins.models import Resolution, Visit
from checkins.screen import Holder, Stay
from officers.electronic_id import Shown
from officers.models import Device, Officer
from officers.rules import state_in

_HOLDER = (
    "name",
    "agency__name",
    "certificate_no",
    "photo_sha256",
    "certified",
    "status",
    "status_since",
    "valid_from",
    "valid_until",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """Who shows the screen, in which visit (None: outside one) and where; has this viewer seen it before?"""

    holder: Holder
    stay: Stay | None
    credit_code: str
    seen: bool


def behind(shown: Shown | None, *, viewer: str, at: datetime, longest: timedelta) -> Behind | None:
    """What stands behind this screen now? None: nothing that we know. One statement. A token that says nothing (None)
    takes the one of a screen in a visit, so that it takes as long as one of no visit; `bench/guesses.py` compares.

    `longest`: how long after a scan its officer is taken to be there.
    """
    if shown is not None and shown.visit is None:
        return _outside(shown.officer_id, taken_back=_taken_back(shown.device_id), viewer=viewer, at=at)
    number, officer_id, device_id = (shown.visit or "", shown.officer_id, shown.device_id) if shown else ("", 0, 0)
    taken_back = _taken_back(device_id)
    return _inside(number, officer_id=officer_id, taken_back=taken_back, viewer=viewer, at=at, longest=longest)


def _taken_back(device_id: int) -> Exists:
    """Is this phone out of service?"""
    return Exists(Device.objects.filter(pk=device_id, revoked_at__isnull=False))


def _outside(officer_id: int, *, taken_back: Exists, viewer: str, at: datetime) -> Behind | None:
    seen = first_seen(viewer=viewer, visit="", certificate_no=OuterRef("certificate_no"))
    row = Officer.objects.filter(pk=officer_id).values(*_HOLDER, seen=seen, taken_back=taken_back).first()
    return Behind(holder=_holder(row, at=at), stay=None, credit_code="", seen=row["seen"]) if row else None


def _inside(
    number: str, *, officer_id: int, taken_back: Exists, viewer: str, at: datetime, longest: timedelta
) -> Behind | None:
    """The officer's scans that have ever been read as this visit, as they are read now; one that stands before one
    that does not, the latest before an earlier one. So an absorbed visit's screens speak of the one that took it in.
    """
    newer = Resolution.objects.filter(scan=OuterRef("scan"), serial__gt=OuterRef("serial"))
    ever = Resolution.objects.filter(visit__number=number, scan__officer=officer_id).values("scan")
    certificate_no = OuterRef("scan__officer__certificate_no")
    row = (
        Resolution.objects.filter(~Exists(newer), scan__in=ever)
        .annotate(
            stands=Case(When(visit__status=Visit.Status.OPEN, then=True), default=False, output_field=BooleanField()),
            left=Exists(departures(at)),
            taken_back=taken_back,
            seen=first_seen(viewer=viewer, visit=Value(number), certificate_no=certificate_no),
        )
        .order_by("-stands", "-onsite_at")
        .values(
            "stands",
            "left",
            "seen",
            "taken_back",
            "onsite_at",
            "credit_code",
            "purpose",
            "visit__purpose",
            "visit__enterprise__name",
            *(f"scan__officer__{name}" for name in _HOLDER),
        )
        .first()
    )
    if row is None:
        return None
    stay = Stay(
        enterprise=row["visit__enterprise__name"] or "",
        purpose=row["visit__purpose"] or row["purpose"],
        arrived_at=row["onsite_at"],
        stands=row["stands"],
        over=row["left"] or row["onsite_at"] <= at - longest,
    )
    told = {name: row[f"scan__officer__{name}"] for name in _HOLDER}
    holder = _holder({**told, "taken_back": row["taken_back"]}, at=at)
    return Behind(holder=holder, stay=stay, credit_code=row["credit_code"], seen=row["seen"])


def _holder(row: Mapping[str, Any], *, at: datetime) -> Holder:
    return Holder(
        name=row["name"],
        agency=row["agency__name"],
        certificate_no=row["certificate_no"],
        photo_sha256=row["photo_sha256"],
        certified=row["certified"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        state=state_in(row, at=at),
        phone_out=row["taken_back"],
    )
