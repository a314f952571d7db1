"""What a phone has to show off the network: its key, its officer's place in the status list, its latest credential."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from officers.models import Credential, Device, StatusPlace


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet:
    """`place`: null where the officer has none or it is spent. `body`: the latest credential, which may be over."""

    public_key: Mapping[str, str] | None
    revoked_at: datetime | None
    place: int | None
    body: bytes | None
    body_place: int | None
    expires_at: datetime | None


def spent_places(*, at: datetime) -> QuerySet[Credential]:
    """Living credentials whose phone has been taken out of service: their places are spent."""
    return Credential.objects.filter(expires_at__gt=at, device__revoked_at__isnull=False)


def wallet(device_id: int, *, at: datetime) -> Wallet:
    """One statement."""
    place = StatusPlace.objects.filter(officer=OuterRef("officer")).order_by("-pk")
    latest = Credential.objects.filter(device=OuterRef("pk")).order_by("-expires_at", "-pk")
    row: Any = (
        Device.objects.filter(pk=device_id)
        .annotate(
            place=Subquery(place.values("pk")[:1]),
            spent=Subquery(place.annotate(spent=Exists(_spent_here(at))).values("spent")[:1]),
            body=Subquery(latest.values("body")[:1]),
            body_place=Subquery(latest.values("place")[:1]),
            expires_at=Subquery(latest.values("expires_at")[:1]),
        )
        .values("public_key", "revoked_at", "place", "spent", "body", "body_place", "expires_at")
        .get()
    )
    return Wallet(
        public_key=row["public_key"],
        revoked_at=row["revoked_at"],
        place=None if row["spent"] else row["place"],
        body=None if row["body"] is None else bytes(row["body"]),
        body_place=row["body_place"],
        expires_at=row["expires_at"],
    )


def _spent_here(at: datetime) -> QuerySet[Credential]:
    return spent_places(at=at).filter(place=OuterRef("pk"))
