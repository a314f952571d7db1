"""Register a place of business, or change it: it moved, or its position became known."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.register import NotRegistrable, Refusal, put_in_order, refuse
from audit.services.register import save_registered
from enterprises.models import Premises
from enterprises.register import ADDRESS, CREDIT_CODE, LATITUDE, LONGITUDE, PREMISES
from enterprises.services.search_index import keep_spots


def save_premises(*, premises: Premises, actor: Actor, at: datetime, reason: str = "") -> Premises:
    """Save a new or changed place and record it. Writes nothing when nothing changed.

    Raises NotRegistrable: an unreadable field, half a position, an address that the enterprise already has, no
    enterprise or another one than before.
    """
    with transaction.atomic():
        before = Premises.objects.select_for_update(no_key=True).get(pk=premises.pk) if premises.pk else None
        refusals = put_in_order(premises, PREMISES) or _against_the_rest(premises, before)
        if refusals:
            raise NotRegistrable(refusals)
        save_registered(
            row=premises,
            before=before,
            noun="premises",
            name=premises.enterprise.credit_code,
            actor=actor,
            at=at,
            reason=reason,
        )
        keep_spots([premises])
    return premises


def _against_the_rest(premises: Premises, before: Premises | None) -> list[Refusal]:
    if premises.enterprise_id is None:
        return [refuse(CREDIT_CODE, "", _("不能为空"))]
    refusals: list[Refusal] = []
    if before is not None and before.enterprise_id != premises.enterprise_id:
        refusals.append(refuse(CREDIT_CODE, premises.enterprise.credit_code, _("经营场所不能转给另一家企业")))
    namesakes = Premises.objects.filter(enterprise_id=premises.enterprise_id, address=premises.address)
    if namesakes.exclude(pk=premises.pk).exists():
        refusals.append(refuse(ADDRESS, premises.address, _("该企业已登记此地址")))
    if (premises.longitude is None) != (premises.latitude is None):
        lacks = LONGITUDE if premises.longitude is None else LATITUDE
        refusals.append(refuse(lacks, "", _("经度与纬度应同时填写")))
    return refusals
