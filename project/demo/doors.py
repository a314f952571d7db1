"""The enterprises' own pages in the demo: their addresses and their contacts, made when they are first handed out."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from audit.actor import Actor
from enterprises.door_token import DoorKeys
from enterprises.models import Contact, Enterprise
from enterprises.poster import door_url
from enterprises.services.contact import save_contact
from enterprises.services.open_door import open_door

NAMES = ("刘洋", "陈静", "赵建国", "孙丽")
"""Of the owners; nobody is meant."""


def with_doors(
    enterprises: Iterable[Mapping[str, str]], *, base_url: str, keys: DoorKeys, at: datetime
) -> list[dict[str, str]]:
    """The same enterprises, each with `door`: what its poster says. Each gets a registered contact, so that its owner's
    one-time code (docs/guides/owners.md) can be asked for: it is printed where the demo runs."""
    told = [dict(one) for one in enterprises]
    wanted = Enterprise.objects.filter(credit_code__in=[one["credit_code"] for one in told])
    rows = {row.credit_code: row for row in wanted}
    actor = Actor.command("demo")
    reached = set(Contact.objects.filter(enterprise__in=rows.values()).values_list("enterprise_id", flat=True))
    for place, one in enumerate(told):
        enterprise = rows[one["credit_code"]]
        opened = open_door(enterprise, actor=actor, at=at, keys=keys)
        one["door"] = door_url(opened, base_url=base_url)
        if enterprise.pk not in reached:
            # 170 0000 …: no operator has given these numbers to anybody
            contact = Contact(enterprise=enterprise, name=NAMES[place % len(NAMES)], phone=f"1700000{place:04d}")
            save_contact(contact=contact, actor=actor, at=at, reason="demo")
    return told
