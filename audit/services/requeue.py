"""Queue a dead letter again (重新报送), or send to a paused platform again (恢复报送): a person decides, on record."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.models import Delivery
from audit.problem import Problem
from audit.services.deliver import resume_endpoint
from audit.services.entry import record


class NotDead(Problem):
    """The letter is under way, or has arrived."""

    code, status, title = "delivery-not-dead", 409, _("该报送不是死信")


class NotPaused(Problem):
    """Letters go there already."""

    code, status, title = "platform-not-paused", 409, _("该平台没有被暂停")


def requeue(*, delivery: Delivery, reason: str, actor: Actor, at: datetime) -> None:
    """Put a dead letter into its queue again, as if it had never failed. Raises NotDead, also where somebody was first.

    It is its lane's oldest then, and goes before those that are still pending.
    """
    with transaction.atomic():
        queued = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.DEAD).update(
            status=Delivery.Status.PENDING, failures=0, failing_since=None, next_attempt_at=at, leased_until=None
        )
        if not queued:
            raise NotDead
        record(
            kind="filing-requeued",
            subject=f"filing:{delivery.filing.number}"[:80],
            body={"number": delivery.filing.number, "platform": delivery.platform, "reason": reason},
            actor=actor,
            at=at,
        )


def resume(*, code: str, reason: str, actor: Actor, at: datetime) -> None:
    """Send to a paused platform again. Raises NotPaused."""
    with transaction.atomic():
        if not resume_endpoint(code=code, reason=reason, actor=actor, at=at):
            raise NotPaused
