"""Give an enterprise a new address (更换门牌码): the old poster was lost, copied, or its key is lost."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.history import save_as
from audit.services.entry import record
from enterprises.door_token import DoorKeys, fingerprint
from enterprises.models import Door, Enterprise
from enterprises.services.open_door import Opened, open_door


def renew_door(enterprise: Enterprise, *, reason: str, actor: Actor, at: datetime, keys: DoorKeys) -> Opened:
    """The next generation of the door; from now on the old address finds nothing. Opens it when there was none."""
    with transaction.atomic():
        Enterprise.objects.select_for_update(no_key=True).only("pk").get(pk=enterprise.pk)
        door = Door.objects.filter(enterprise=enterprise).first()
        if door is None:
            return open_door(enterprise, actor=actor, at=at, keys=keys)
        door.generation += 1
        token = next(keys.tokens(enterprise.credit_code, generation=door.generation))
        door.token_hash, door.since = fingerprint(token), at
        save_as(door, actor=actor, at=at, reason=reason)
        record(
            kind="door-renewed",
            subject=f"door:{enterprise.credit_code}",
            body={"credit_code": enterprise.credit_code, "generation": door.generation, "reason": reason},
            actor=actor,
            at=at,
        )
    return Opened(door=door, token=token)
