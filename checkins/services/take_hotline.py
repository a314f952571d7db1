"""Take in the hotline's work orders (12345 工单导入): all of a file's in one transaction, each once for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from audit.actor import Actor
from audit.casework import Organ
from audit.complaints import orders_known
from audit.lane import hold_all
from audit.models import Complaint
from audit.services.complain import Grievance, complain
from audit.services.flag import Whose
from checkins.hotline import Order

LANE = "work orders of the hotline 12345"


@dataclass(frozen=True, slots=True)
class Taken:
    """The complaints that were made of orders, and how many orders were there already."""

    new: Sequence[Complaint]
    known: int


def take_hotline(orders: Sequence[Order], *, actor: Actor, at: datetime) -> Taken:
    """Of two who take the same file in at once the second finds what the first has made."""
    with transaction.atomic():
        hold_all({LANE, *(order.credit_code for order in orders)})
        known = orders_known([order.source_no for order in orders])
        fresh = {order.source_no: order for order in orders if order.source_no not in known}
        made = [_complain(order, actor=actor, at=at) for order in fresh.values()]
    return Taken(made, len(orders) - len(made))


def _complain(order: Order, *, actor: Actor, at: datetime) -> Complaint:
    organ = Organ(
        code=order.agency_code, path=order.agency_path, name=order.agency_name, supervised_by=order.supervised_by
    )
    return complain(
        Grievance(
            source=Complaint.Source.HOTLINE,
            kind=order.kind,
            text=order.text,
            happened_at=None,
            complainant=order.complainant,
            phone=order.phone,
            source_no=order.source_no,
            received_at=min(order.said_at, at),
        ),
        whose=Whose(
            credit_code=order.credit_code, enterprise_name=order.enterprise_name, region_code=order.region_code
        ),
        organ=organ if organ.code else None,
        submission=uuid5(NAMESPACE_URL, f"12345:{order.source_no}"),
        actor=actor,
        at=at,
    )
