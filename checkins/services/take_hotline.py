"""Take in the hotline's work orders (12345 工单导入): all of a file's in one transaction, each once for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.casework import Organ
from audit.complaints import order_submission, orders_known
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


def take_hotline(orders: Sequence[Order], *, hotline: str, actor: Actor, at: datetime) -> Taken:
    """Of two who take the same file in at once the second finds what the first has made. `hotline`: whose numbers the
    orders bear (checkins/hotline.py: `hotline_of`)."""
    with transaction.atomic():
        hold_all({LANE, *(order.credit_code for order in orders)})
        known = orders_known([order.source_no for order in orders], hotline=hotline)
        fresh = {order.source_no: order for order in orders if order.source_no not in known}
        made = [_complain(order, hotline=hotline, actor=actor, at=at) for order in fresh.values()]
    return Taken(made, len(orders) - len(made))


def _complain(order: Order, *, hotline: str, actor: Actor, at: datetime) -> Complaint:
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
        submission=order_submission(order.source_no, hotline=hotline),
        actor=actor,
        at=at,
    )
