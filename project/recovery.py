"""Take back what platforms hold and the database has lost; the registers fill in what letters do not say."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.management.courier import Line
from audit.returned import Belief
from audit.services.recover import Recovered, Registered, highest_keys, recover
from audit.supervision import Held, NotDelivered
from audit.webhook import Trust
from enterprises.queries import facts_of
from officers.queries import agencies_of

ACTOR = Actor.command("recover")
EARLIER = timedelta(days=1)
"""Letters are asked for from so long before the loss: a deed dates its letter before it commits."""


def recover_from(
    line: Line,
    *,
    lines: Sequence[Line],
    trust: Trust,
    source: str,
    since: datetime,
    until: datetime,
    only_list: bool = False,
) -> Iterator[Recovered]:
    """Page by page, each a transaction of its own; it may be broken off and done again. Raises NotDelivered.

    `trust`: our own key, as it signs letters from `source`. What was made after `until` cannot have been lost.
    `only_list`: nothing is written.
    """
    belief = Belief(trust=trust, source=source, since=since - EARLIER, until=until, highest=highest_keys())
    others = [one.addressee for one in lines if one is not line]
    after: int | None = 0
    while after is not None:
        held, more = line.platform.held(since=belief.since, after=after)
        after = read_on(held=held, after=after, more=more)
        yield recover(
            held,
            platform=line.addressee,
            others=others,
            belief=belief,
            registered=_registered(held),
            actor=ACTOR,
            at=timezone.now(),
            only_list=only_list,
        )


def read_on(*, held: Sequence[Held], after: int, more: int | None) -> int | None:
    """Behind which position is the next page? Raises NotDelivered for a list that would have no end."""
    if more is not None and (more <= after or not held):
        raise NotDelivered(_("平台交还的备案没有尽头"))
    return more


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
