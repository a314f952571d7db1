"""Write down that an officer looked an enterprise up by name, and tell the supervisor when it is too often."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.look_ups import HOUR, LookUpPolicy, Stroke, next_stroke, too_many
from audit.models import LookUp, LookUpFlag
from audit.services import entry


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """The officer who asks and the agency, by value."""

    certificate_no: str
    name: str
    agency_code: str
    agency_name: str
    agency_path: str
    agency_region: str
    supervised_by: str


def _opened_lately(actor: Actor, *, at: datetime, policy: LookUpPolicy) -> int:
    """How many look-ups did this officer open in the hour before `at`? Counted one past the limit."""
    opened = LookUp.objects.filter(actor=actor, stroke=1, at__gt=at - HOUR, at__lte=at)
    return opened[: policy.hourly + 1].count()


def log_look_up(*, typed: str, shown: int, asker: Asker, actor: Actor, at: datetime, policy: LookUpPolicy) -> bool:
    """Append the request; past the limit raise a flag, once an hour. Is this officer past it?

    `typed` as compared, at most 60 characters (enterprises/search.py, `normal`). The flag is recorded as an entry too.
    """
    with transaction.atomic():
        last = LookUp.objects.filter(actor=actor).order_by("-at", "-pk").values("longest", "stroke", "at").first()
        before = Stroke(longest=last["longest"], number=last["stroke"], at=last["at"]) if last else None
        stroke = next_stroke(before, typed=typed, at=at, policy=policy)
        LookUp(
            actor=actor,
            agency_code=asker.agency_code,
            at=at,
            typed=typed,
            longest=stroke.longest,
            stroke=stroke.number,
            shown=shown,
        ).save(force_insert=True)
        look_ups = _opened_lately(actor, at=at, policy=policy)
        if not too_many(look_ups, policy=policy):
            return False
        if not LookUpFlag.objects.filter(certificate_no=asker.certificate_no, raised_at__gt=at - HOUR).exists():
            _tell(asker, look_ups=look_ups, actor=actor, at=at, policy=policy)
    return True


def _tell(asker: Asker, *, look_ups: int, actor: Actor, at: datetime, policy: LookUpPolicy) -> None:
    LookUpFlag(
        certificate_no=asker.certificate_no,
        officer_name=asker.name,
        agency_code=asker.agency_code,
        agency_name=asker.agency_name,
        agency_path=asker.agency_path,
        region_code=asker.agency_region,
        supervised_by=asker.supervised_by,
        look_ups=look_ups,
        hourly=policy.hourly,
        raised_at=at,
    ).save(force_insert=True)
    entry.record(
        kind="look_ups_flagged",
        subject=f"officer:{asker.certificate_no}",
        body={"look_ups": look_ups, "hourly": policy.hourly, "agency": asker.agency_code},
        actor=actor,
        at=at,
    )
