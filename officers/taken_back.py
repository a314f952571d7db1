"""Which places in the status list are taken back: certificates that are not valid, phones out of service."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q

from officers.models import StatusPlace
from officers.rules import SHANGHAI
from officers.wallet import spent_places


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenBack:
    """`last`: the greatest place that was given out, 0 before the first."""

    places: list[int]
    last: int


def taken_back(*, at: datetime) -> TakenBack:
    """What `officers.rules.certificate_state` says of officers now, and `spent_places` of phones. Two statements."""
    day = at.astimezone(SHANGHAI).date()
    stopped = Q(officer__status__in=["suspended", "revoked"]) & (
        Q(officer__status_since=None) | Q(officer__status_since__lte=at)
    )
    out_of_time = Q(officer__valid_from__gt=day) | Q(officer__valid_until__lt=day)
    uncertified = Q(officer__certified=False)
    spent = Q(pk__in=spent_places(at=at).values("place"))
    places = StatusPlace.objects.filter(stopped | out_of_time | uncertified | spent).values_list("pk", flat=True)
    last = StatusPlace.objects.aggregate(last=Max("pk"))["last"]
    return TakenBack(places=list(places), last=last or 0)
