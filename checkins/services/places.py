"""What a scan teaches the registry about places: a subject without a licence, an unlisted shop (parts of a deed)."""

from datetime import datetime

from audit.actor import Actor
from audit.register import NotRegistrable
from checkins.arrival import Arrival
from checkins.contract import ScanWords
from checkins.gathering import Gathered
from checkins.rules import Warn
from enterprises.models import Premises
from enterprises.services.premises import save_premises
from enterprises.services.subject import register_subject
from officers.rules import Caller


def keep_subject(words: ScanWords, *, number: str, caller: Caller, actor: Actor, at: datetime) -> None:
    """Register whom the officer found without a licence, where the officer stands, in the agency's region."""
    subject, location = words.subject, words.location
    if subject is None:
        return
    register_subject(
        number=number,
        name=subject.name,
        address=subject.address,
        responsible=subject.responsible,
        region_code=caller.agency_region,
        longitude=location.longitude if location else None,
        latitude=location.latitude if location else None,
        datum=location.datum.value if location else "WGS84",
        actor=actor,
        at=at,
    )


def learn_premises(arrival: Arrival, *, gathered: Gathered, actor: Actor, at: datetime) -> list[Warn]:
    """An unlisted shop of a known enterprise, confirmed by the officer who stands in it, is premises from now on.

    This scan is still judged against the places that were listed. An address that the registry cannot take is a
    warning, never a reason to refuse the scan.
    """
    address = clean_line(str(arrival.words.get("premises_address") or ""))
    enterprise = gathered.enterprise
    if not address or enterprise is None:
        return []
    if Premises.objects.filter(enterprise_id=enterprise.id, address=address).exists():
        return []
    fix = arrival.fix
    place = Premises(
        enterprise_id=enterprise.id,
        address=address,
        longitude=fix.longitude if fix else None,
        latitude=fix.latitude if fix else None,
        datum=fix.datum if fix else "WGS84",
    )
    try:
        save_premises(premises=place, actor=actor, at=at, reason=f"scan {arrival.scan_id}")
    except NotRegistrable:
        return [Warn.PREMISES_NOT_LEARNED]
    return [Warn.PREMISES_LEARNED]


def clean_line(text: str) -> str:
    """One line of printable text: control characters and runs of white space become one space."""
    return " ".join("".join(symbol if symbol.isprintable() else " " for symbol in text).split())
