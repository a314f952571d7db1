"""A recovery code is spent, once."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.models import Account, RecoveryCode
from audit.recovery_code import digest, read_code
from audit.services.entry import record


def spend_recovery_code(*, account: Account, code: str, actor: Actor, at: datetime) -> int | None:
    """How many are left once this one is spent; None if it is none of the account's, or is spent already.

    Of two log-ins at once the row's deletion lets one through.
    """
    with transaction.atomic():
        if not RecoveryCode.objects.filter(account=account, digest=digest(read_code(code))).delete()[0]:
            return None
        left = RecoveryCode.objects.filter(account=account).count()
        record(
            kind="account-recovery-code-used",
            subject=f"account:{account.username}",
            body={"left": left},
            actor=actor,
            at=at,
        )
    return left
