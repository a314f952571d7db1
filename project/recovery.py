"""Take back what platforms hold and the database has lost; the registers fill in what letters do not say."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from audit.actor import Actor
from audit.management.courier import Line
from audit.services.recover import Recovered, Registered, recover
from audit.supervision import Held
from enterprises.queries import facts_of
from officers.queries import agencies_of

ACTOR = Actor.command("recover")
EARLIER = timedelta(days=1)
"""Letters are asked for from so long before the loss: a deed dates its letter before it commits."""


def recover_from(line: Line, *, lines: Sequence[Line], since: datetime) -> Iterator[Recovered]:
    """Page by page, each a transaction of its own; it may be broken off and done again. Raises NotDelivered."""
    others = [one.addressee for one in lines if one is not line]
    after: int | None = 0
    while after is not None:
        held, after = line.platform.held(since=since - EARLIER, after=after)
        yield recover(
            held,
            platform=line.addressee,
            others=others,
            registered=_registered(held),
            actor=ACTOR,
            at=timezone.now(),
        )


def _registered(held: Sequence[Held]) -> dict[str, Registered]:
    agencies = agencies_of({str(one.letter.data.get("agency_code")) for one in held})
    enterprises = facts_of({one.letter.lane for one in held})
    found = {}
    for one in held:
        agency = agencies.get(str(one.letter.data.get("agency_code")))
        enterprise = enterprises.get(one.letter.lane)
        found[one.letter.number] = Registered(
            agency_path=agency.path if agency else "",
            agency_level=agency.level if agency else "",
            industry=enterprise.industry if enterprise else "",
            risk_grade=enterprise.risk_grade if enterprise else "",
        )
    return found
