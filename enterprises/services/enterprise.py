"""Register an enterprise, or change its entry: name, region, trade, grade, status."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.register import NotRegistrable, Refusal, put_in_order, refuse
from audit.services.register import save_registered
from enterprises.models import Enterprise
from enterprises.register import CREDIT_CODE, ENTERPRISE
from enterprises.services.search_index import keep_names


def save_enterprise(*, enterprise: Enterprise, actor: Actor, at: datetime, reason: str = "") -> Enterprise:
    """Save a new or changed enterprise and record it; a new name moves the old one to the former names.

    Writes nothing when nothing changed. Raises NotRegistrable: an unreadable field, a credit code that fails its
    check, is already taken, or has been changed.
    """
    with transaction.atomic():
        before = Enterprise.objects.select_for_update(no_key=True).get(pk=enterprise.pk) if enterprise.pk else None
        refusals = put_in_order(enterprise, ENTERPRISE) or _against_the_rest(enterprise, before)
        if refusals:
            raise NotRegistrable(refusals)
        _remember_the_old_name(enterprise, before)
        save_registered(
            row=enterprise,
            before=before,
            noun="enterprise",
            name=enterprise.credit_code,
            actor=actor,
            at=at,
            reason=reason,
        )
        keep_names([enterprise])
    return enterprise


def _remember_the_old_name(enterprise: Enterprise, before: Enterprise | None) -> None:
    """Former names, oldest first, each once, never the present one."""
    names = [*enterprise.former_names, *([before.name] if before else [])]
    enterprise.former_names = [name for name in dict.fromkeys(names) if name != enterprise.name]


def _against_the_rest(enterprise: Enterprise, before: Enterprise | None) -> list[Refusal]:
    code = enterprise.credit_code
    if before is None and Enterprise.objects.filter(credit_code=code).exists():
        return [refuse(CREDIT_CODE, code, _("该统一社会信用代码已登记"))]
    if before is not None and before.credit_code != code:
        return [refuse(CREDIT_CODE, code, _("统一社会信用代码一经登记不得更改：既有记录以它为准"))]
    return []
