"""The enterprises' own pages in the demo: their addresses, made when they are first handed out."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from audit.actor import Actor
from enterprises.door_token import DoorKeys
from enterprises.models import Enterprise
from enterprises.poster import door_url
from enterprises.services.open_door import open_door


def with_doors(
    enterprises: Iterable[Mapping[str, str]], *, base_url: str, keys: DoorKeys, at: datetime
) -> list[dict[str, str]]:
    """The same enterprises, each with `door`: what its poster says."""
    told = [dict(one) for one in enterprises]
    wanted = Enterprise.objects.filter(credit_code__in=[one["credit_code"] for one in told])
    rows = {row.credit_code: row for row in wanted}
    for one in told:
        opened = open_door(rows[one["credit_code"]], actor=Actor.command("demo"), at=at, keys=keys)
        one["door"] = door_url(opened, base_url=base_url)
    return told
