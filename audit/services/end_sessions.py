"""An account's sessions end: its browsers are strangers from their next request on."""

from datetime import datetime

from django.db import connection, transaction

from audit.actor import Actor
from audit.models import Account, Session
from audit.services.entry import record


def drop_sessions(account: Account) -> int:
    """Delete them, in the caller's transaction; how many there were (part of a deed, not one itself)."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("sessions are dropped inside a deed's transaction")
    return Session.objects.filter(account=account).delete()[0]


def end_sessions(*, account: Account, actor: Actor, at: datetime) -> int:
    """All of them, the one in which it is asked for too; how many there were."""
    with transaction.atomic():
        ended = drop_sessions(account)
        record(
            kind="account-sessions-ended",
            subject=f"account:{account.username}",
            body={"ended": ended},
            actor=actor,
            at=at,
        )
    return ended
