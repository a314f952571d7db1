"""Recovery codes are made, ten at a time, and spent, each once."""

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
        _record("account-recovery-codes-made", account, {"made": len(codes), "replaced": replaced}, actor=actor, at=at)
    return codes


def spend_recovery_code(*, account: Account, code: str, actor: Actor, at: datetime) -> int | None:
    """How many are left once this one is spent; None if it is none of the account's, or is spent already.

    Of two log-ins at once the row's deletion lets one through.
    """
    with transaction.atomic():
        if not RecoveryCode.objects.filter(account=account, digest=digest(read_code(code))).delete()[0]:
            return None
        left = RecoveryCode.objects.filter(account=account).count()
        _record("account-recovery-code-used", account, {"left": left}, actor=actor, at=at)
    return left


def _record(kind: str, account: Account, body: dict[str, int], *, actor: Actor, at: datetime) -> None:
    record(kind=kind, subject=f"account:{account.username}", body=body, actor=actor, at=at)
