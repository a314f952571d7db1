"""Write down that an officer looked an enterprise up by name, and tell the supervisor when it is too often."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections, router, transaction

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


_BEFORE = """
    SELECT id, at, longest, stroke,
        (SELECT count(*) FROM
            (SELECT 1 FROM audit_lookup WHERE actor = %s AND stroke = 1 AND at > %s AND at <= %s LIMIT %s) opened
        ) AS opened
    FROM audit_lookup WHERE actor = %s ORDER BY at DESC, id DESC LIMIT 1"""


def _before(actor: Actor, *, at: datetime, policy: LookUpPolicy) -> tuple[Stroke | None, int]:
    """The officer's last request, and how many look-ups were opened in the hour before `at`, counted one past the
    limit. One statement: half the town types at once, and Django takes longer to put two together than they take."""
    moment = connections[router.db_for_read(LookUp)].ops.adapt_datetimefield_value
    values = [actor, moment(at - HOUR), moment(at), policy.hourly + 1, actor]
    for last in LookUp.objects.raw(_BEFORE, values):
        opened: int = last.opened  # type: ignore[attr-defined]  # counted by the statement
        return Stroke(longest=last.longest, number=last.stroke, at=last.at), opened
    return None, 0


def log_look_up(*, typed: str, shown: int, asker: Asker, actor: Actor, at: datetime, policy: LookUpPolicy) -> bool:
    """Append the request; past the limit raise a flag, once an hour. Is this officer past it?

    `typed` as compared, at most 60 characters (enterprises/search.py, `normal`). The flag is recorded as an entry too,
    in the transaction of the request that crossed the limit; any other request is one INSERT, and so its own.
    """
    before, opened = _before(actor, at=at, policy=policy)
    stroke = next_stroke(before, typed=typed, at=at, policy=policy)
    row = LookUp(
        actor=actor,
        agency_code=asker.agency_code,
        at=at,
        typed=typed,
        longest=stroke.longest,
        stroke=stroke.number,
        shown=shown,
    )
    look_ups = min(opened + (stroke.number == 1), policy.hourly + 1)
    if not too_many(look_ups, policy=policy):
        row.save(force_insert=True)
        return False
    with transaction.atomic():
        row.save(force_insert=True)
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
