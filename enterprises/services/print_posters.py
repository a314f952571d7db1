"""Hand out the addresses of doors for printing (打印门牌海报): whoever holds one sees who is at that door."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.services.entry import record
from enterprises.door_token import DoorKeys
from enterprises.models import Enterprise
from enterprises.services.open_door import Opened, open_door


def print_posters(enterprises: Sequence[Enterprise], *, actor: Actor, at: datetime, keys: DoorKeys) -> list[Opened]:
    """Their doors, in their order; those that have none yet are opened. One Entry names them all.

    Raises DoorKeyLost. The rows are locked in one order, so that two who print at once never wait in a circle.
    """
    if not enterprises:
        return []
    with transaction.atomic():
        opened = {
            enterprise.pk: open_door(enterprise, actor=actor, at=at, keys=keys)
            for enterprise in sorted(enterprises, key=lambda row: row.pk)
        }
        record(
            kind="posters-printed",
            subject=f"posters:{actor}"[:80],
            body={"doors": [[row.credit_code, opened[row.pk].door.generation] for row in enterprises]},
            actor=actor,
            at=at,
        )
    return [opened[row.pk] for row in enterprises]
