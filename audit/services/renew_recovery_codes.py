"""Recovery codes are made, ten at a time."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.models import Account, RecoveryCode
from audit.recovery_code import digest, make_codes, read_code
from audit.services.entry import record


def renew_recovery_codes(*, account: Account, actor: Actor, at: datetime) -> list[str]:
    """Ten new ones in place of all earlier ones. They are told here and never again."""
    codes = make_codes()
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)  # of two renewals the later one's codes hold
        replaced = RecoveryCode.objects.filter(account=account).delete()[0]
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account=account, digest=digest(read_code(code))) for code in codes
        )
        record(
            kind="account-recovery-codes-made",
            subject=f"account:{account.username}",
            body={"made": len(codes), "replaced": replaced},
            actor=actor,
            at=at,
        )
    return codes
