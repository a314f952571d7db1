"""Give an enterprise its own address (门牌码), when it is first wanted."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.history import save_as
from audit.problem import Problem
from audit.services.entry import record
from enterprises.door_token import DoorKeys, fingerprint
from enterprises.models import Door, Enterprise


class DoorKeyLost(Problem):
    """The key by which this door's address was made is not among the keys any more: it works, but nobody knows it."""

    code, status, title = "door-key-lost", 409, _("生成该门牌码的密钥已停用，请更换门牌码后再打印")


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A door, and the secret of its address."""

    door: Door
    token: str


def open_door(enterprise: Enterprise, *, actor: Actor, at: datetime, keys: DoorKeys) -> Opened:
    """The enterprise's door; made and recorded the first time. Two statements for one that is there.

    Raises DoorKeyLost.
    """
    with transaction.atomic():
        Enterprise.objects.select_for_update(no_key=True).only("pk").get(pk=enterprise.pk)
        door = Door.objects.filter(enterprise=enterprise).first()
        if door is not None:
            return Opened(door=door, token=_known(door, enterprise, keys=keys))
        token = next(keys.tokens(enterprise.credit_code, generation=1))
        door = Door(enterprise=enterprise, generation=1, token_hash=fingerprint(token), since=at)
        save_as(door, actor=actor, at=at, new=True)
        record(
            kind="door-opened",
            subject=f"door:{enterprise.credit_code}",
            body={"credit_code": enterprise.credit_code, "generation": 1},
            actor=actor,
            at=at,
        )
    return Opened(door=door, token=token)


def _known(door: Door, enterprise: Enterprise, *, keys: DoorKeys) -> str:
    kept = bytes(door.token_hash)
    for token in keys.tokens(enterprise.credit_code, generation=door.generation):
        if fingerprint(token) == kept:
            return token
    raise DoorKeyLost
