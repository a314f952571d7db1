"""Write down that somebody of the supervision side read a complaint (查看记录), or called up who complained."""

import json
from datetime import datetime, timedelta

from django.db import transaction

from audit.actor import Actor
from audit.cells import SHANGHAI
from audit.models import Complaint, Entry
from audit.services.entry import record

KIND = "complaint-viewed"


def view_complaint(complaint: Complaint, *, actor: Actor, at: datetime) -> None:
    """Recorded once for each reader, complaint and day in Shanghai, pictures and all. If that fails, show nothing."""
    with transaction.atomic():
        # Locked, so that of two windows opened at once the second finds what the first wrote.
        Complaint.objects.select_for_update(no_key=True).only("pk").get(pk=complaint.pk)
        if not _read_today(complaint, actor=actor, at=at):
            record(kind=KIND, subject=f"complaint:{complaint.number}", body={}, actor=actor, at=at)


def reveal_complainant(complaint: Complaint, *, reason: str, actor: Actor, at: datetime) -> str:
    """The complainant's telephone number in clear, to somebody who has to call; recorded each time, with the reason."""
    with transaction.atomic():
        phone = Complaint.objects.values_list("phone", flat=True).get(pk=complaint.pk)
        record(
            kind="complainant-revealed",
            subject=f"complaint:{complaint.number}",
            body={"reason": reason},
            actor=actor,
            at=at,
        )
    return phone or ""


def _read_today(complaint: Complaint, *, actor: Actor, at: datetime) -> bool:
    day = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    told = Entry.objects.filter(
        kind=KIND, subject=f"complaint:{complaint.number}", at__gte=day, at__lt=day + timedelta(days=1)
    )
    bodies = told.filter(body__isnull=False).values_list("body", flat=True)
    return any(json.loads(bytes(body or b"{}")).get("actor") == actor for body in bodies)
