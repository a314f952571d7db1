"""What the platform had received before the demo's doors opened: each filing a few seconds after it was made."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _

from audit.addressee import ONLY, Addressee
from audit.models import Filing
from audit.receiving import Archive, read_letter
from audit.services.deliver import claim, settle
from audit.services.share_out import introduce, share_out
from audit.supervision import Receipt
from project.demo.dice import dice

TOGETHER = 200
LEASE = timedelta(minutes=1)
THERE = Addressee(code=ONLY, name="监督平台", url="http://127.0.0.1/filings")
"""The demo's platform; where it listens is known when it is up."""


def hand_over(*, platform: Path, source: str, at: datetime, tell: Callable[[str, float], None]) -> None:
    """Put what is owed to the platform at `at` into the receiver's file, and settle it, by the worker's own deeds.

    Over the wire the weeks of filings would stand for ten seconds before the first scan of a visitor, and would all
    seem to have been late. Interrupted: the worker delivers the rest.
    """
    owed = Filing.objects.filter(status=Filing.Status.PENDING).count()
    chance = dice(seed=owed, noun="wire")
    done = 0
    introduce([THERE])
    while share_out(addressees=[THERE], at=at):
        pass
    with Archive(platform) as archive:
        while some := claim(addressee=THERE, source=source, at=at, limit=TOGETHER, lease=LEASE, probe=LEASE):
            for one in some:
                tell(_("送达监督平台"), done / max(owed, 1))
                letter = one.letter
                moment = letter.time + timedelta(milliseconds=chance.randint(200, 1500))
                status, receipt = archive.take(read_letter(letter.body()), at=moment)
                given = Receipt(status=status, number=receipt, http_status=201)
                settle(claim=one, outcome=given, at=moment, probe=LEASE)
                done += 1
