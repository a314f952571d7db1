"""Teach what an opaque licence code means, and rule when officers disagree (别名)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from enterprises.credit_code import clean, is_credit_code
from enterprises.models import Enterprise, LicenceAlias, LicenceAliasRuling


class EnterpriseNotRegistered(Problem):
    code, status, title = "enterprise-not-registered", 422, _("登记库中没有该统一社会信用代码")


def teach(*, scheme: str, opaque_id: str, credit_code: str, scan: str, actor: Actor, at: datetime) -> None:
    """Append an officer's lesson, inside the scan's transaction, one statement. Empty `credit_code`: taken back.

    The scan's own entry holds the choice, so a lesson has none of its own.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a lesson belongs inside its scan's transaction")
    LicenceAlias(scheme=scheme, opaque_id=opaque_id, credit_code=credit_code, taught_by=actor, scan=scan, at=at).save(
        force_insert=True
    )


def rule(
    *, scheme: str, opaque_id: str, credit_code: str, reason: str, actor: Actor, at: datetime
) -> LicenceAliasRuling:
    """A supervisor settles what the code means. Raises EnterpriseNotRegistered."""
    chosen = clean(credit_code)
    with transaction.atomic():
        if not is_credit_code(chosen) or not Enterprise.objects.filter(credit_code=chosen).exists():
            raise EnterpriseNotRegistered
        ruling = LicenceAliasRuling(
            scheme=scheme, opaque_id=opaque_id, credit_code=chosen, ruled_by=actor, reason=reason, at=at
        )
        ruling.save(force_insert=True)
        record(
            kind="alias-ruled",
            subject=f"alias:{ruling.pk}",
            body={"scheme": scheme, "opaque_id": opaque_id, "credit_code": chosen, "reason": reason},
            actor=actor,
            at=at,
        )
    return ruling
