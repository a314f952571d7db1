"""Forget sessions that are over, also those to which no browser comes back."""

from datetime import datetime

from django.db.models import Q

from audit.models import Session
from audit.policy import SessionPolicy


def forget_sessions(*, at: datetime, policy: SessionPolicy) -> int:
    """Delete the rows whose time is over, and wipe what those hold that an account left too long; how many were they?

    Such a row stays, empty, until its time is over: it says why there is a log-in. Two statements.
    """
    left = Q(seen_at__lte=at - policy.idle) | Q(begun_at__lte=at - policy.longest)
    deleted = Session.objects.filter(expire_date__lte=at).delete()[0]
    return deleted + Session.objects.filter(left, account__isnull=False).exclude(session_data="").update(
        session_data=""
    )
