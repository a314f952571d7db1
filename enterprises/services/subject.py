"""Register a subject without a licence, found by an officer at its door (part of a scan's deed)."""

from datetime import datetime

from audit.actor import Actor
from audit.history import save_as
from audit.services.entry import record
from enterprises.models import Enterprise, Premises
from enterprises.services.search_index import keep_names, keep_spots


def register_subject(
    *,
    number: str,
    name: str,
    address: str,
    responsible: str,
    region_code: str,
    longitude: float | None,
    latitude: float | None,
    datum: str,
    actor: Actor,
    at: datetime,
) -> Enterprise:
    """A row like an enterprise's, under a subject's number, with the place where it was found; in the caller's
    transaction. It is visited like an enterprise, outside every cap and inside the statistics."""
    subject = Enterprise(
        credit_code=number,
        kind=Enterprise.Kind.SUBJECT,
        name=name,
        responsible=responsible,
        region_code=region_code,
    )
    save_as(subject, actor=actor, at=at, reason="found at its door", new=True)
    place = Premises(enterprise=subject, address=address or name, longitude=longitude, latitude=latitude, datum=datum)
    save_as(place, actor=actor, at=at, reason="found at its door", new=True)
    keep_names([subject])
    keep_spots([place])
    record(
        kind="subject-registered",
        subject=f"enterprise:{number}",
        body={"name": name, "address": address, "responsible": responsible, "region_code": region_code},
        actor=actor,
        at=at,
    )
    return subject
