"""A letter under whose number a platform holds another one (part of recovering): it can never be delivered there.

So it is when the house went on after a restore before it took back what was lost. The lane must not wait for it; what
it said of a visit is said once more, as that visit's next version.
"""

from datetime import datetime

from django.db.models import F

from audit.actor import Actor
from audit.addressee import Addressee
from audit.models import Delivery, Filing, VisitFact
from audit.services.entry import record
from audit.services.file import canonically, file
from audit.services.visit_fact import restate, told
from audit.supervision import Held


def is_another(filing: Filing, *, held: Held, platform: Addressee) -> bool:
    """Does the platform hold something else under this number than we would send?"""
    ours = canonically(platform.mapped(filing.payload))
    return filing.created_at != held.letter.time or bool(ours != canonically(held.letter.data))


def supersede(filing: Filing, *, held: Held, platform: Addressee, actor: Actor, at: datetime) -> None:
    """Let the lane go on, and tell the visit anew if nothing later is known of it. In the caller's transaction."""
    waiting = Delivery.objects.filter(filing=filing, platform=platform.code).exclude(status=Delivery.Status.DELIVERED)
    settled = {"status": Delivery.Status.DELIVERED, "receipt": held.receipt, "leased_until": None}
    # What was delivered before and is under way once more has been counted down already.
    waiting.filter(delivered_at__isnull=False).update(**settled)
    if waiting.update(**settled, delivered_at=held.received_at):
        Filing.objects.filter(pk=filing.pk).update(owed=F("owed") - 1)
        Filing.objects.filter(pk=filing.pk, owed=0).update(status=Filing.Status.DELIVERED)
    latest = VisitFact.objects.filter(visit=filing.visit).order_by("-version").first()
    if latest is None or filing.number != f"{latest.visit}-{latest.version}":
        return
    fact = restate(filing.visit, changes={}, at=at)
    file(
        number=f"{fact.visit}-{fact.version}",
        event="visit.regrouped",
        credit_code=fact.credit_code,
        visit=fact.visit,
        payload=told(fact),
        at=at,
    )
    record(
        kind="fact-restated",
        subject=f"visit:{fact.visit}",
        body={"facts": [told(fact)], "number": filing.number, "platform": platform.code, "receipt": held.receipt},
        actor=actor,
        at=at,
    )
