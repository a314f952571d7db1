"""Send a one-time code to an enterprise's registered contact (发送验证码): made and recorded, then posted."""

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.phone import masked
from audit.problem import Problem
from audit.services.entry import record
from enterprises.code_sender import Message, NotSent, Sender
from enterprises.models import Contact, OwnerCode
from enterprises.owner_code import CodeKeys, new_code
from enterprises.policy import OwnerPolicy
from enterprises.queries import DoorFacts

logger = logging.getLogger("enterprises.owner_code")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class NobodyToReach(Problem):
    """The enterprise has no registered contact, or the house sends no codes."""

    code, status, title = (
        "owner-unreachable",
        409,
        gettext_lazy("无法发送验证码：还没有登记联系手机，或本平台未开通短信"),
    )


class TooManyCodes(Problem):
    """`Retry-After` says in how many seconds another may be sent."""

    code, status, title = "too-many-owner-codes", 429, gettext_lazy("验证码发送次数过多，请稍后再试")


class CodeNotSent(Problem):
    """The gateway did not take it; the code counts towards the limit all the same."""

    code, status, title = "owner-code-not-sent", 503, gettext_lazy("短信暂时发不出去，请过几分钟再试")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """`code_id`: for the browser that asked, which alone can use the code."""

    code_id: UUID
    expires_at: datetime


def send_code(
    door: DoorFacts,
    *,
    sender: Sender | None,
    keys: CodeKeys,
    actor: Actor,
    at: datetime,
    policy: OwnerPolicy,
    known: bool = False,
) -> Sent:
    """One transaction makes the code; after it, and in none, the sender is asked to bring it.

    Of any number of requests at once as many are served as the limits leave, because they take turns at the contact. A
    browser that was the owner's before (`known`) is bound by what its address may do alone, which its page has counted:
    strangers do not use its codes up. Raises NobodyToReach, TooManyCodes, CodeNotSent.
    """
    if sender is None:
        raise NobodyToReach
    code, code_id = new_code(), uuid4()
    with transaction.atomic():
        contact = _contact(door)
        if not known:
            _refuse_if_too_many(contact, at=at, policy=policy)
        made = OwnerCode(
            id=code_id,
            enterprise_id=contact.enterprise_id,
            code_hash=keys.digest(code, of=code_id),
            made_at=at,
            expires_at=at + policy.code_lifetime,
        )
        made.save(force_insert=True)
        record(
            kind="owner-code",
            subject=f"contact:{door.credit_code}",
            body={"code": str(code_id), "phone": masked(contact.phone)},
            actor=actor,
            at=at,
        )
    message = Message(
        number=str(code_id),
        phone=contact.phone,
        code=code,
        enterprise=door.name,
        minutes=math.ceil(policy.code_lifetime / timedelta(minutes=1)),
        at=at,
    )
    try:
        sender.send(message)
    except NotSent as failure:
        logger.error("one-time code %s was not sent: %s", code_id, failure)
        raise CodeNotSent from failure
    return Sent(code_id=code_id, expires_at=made.expires_at)


def _contact(door: DoorFacts) -> Contact:
    """Locked: who asks next counts this one's code too."""
    reachable = Contact.objects.filter(enterprise__credit_code=door.credit_code).exclude(phone="")
    contact = reachable.select_for_update(no_key=True, of=("self",)).first()
    if contact is None:
        raise NobodyToReach
    return contact


def _refuse_if_too_many(contact: Contact, *, at: datetime, policy: OwnerPolicy) -> None:
    recent = OwnerCode.objects.filter(enterprise_id=contact.enterprise_id, made_at__gt=at - DAY)
    made = list(recent.order_by("-made_at").values_list("made_at", flat=True)[: policy.codes_a_day])
    for limit, window in ((policy.codes_an_hour, HOUR), (policy.codes_a_day, DAY)):
        within = [moment for moment in made if moment > at - window]
        if len(within) >= limit:
            left = within[limit - 1] + window - at if limit else window
            raise too_many_codes(math.ceil(left.total_seconds()))


def too_many_codes(seconds: int) -> TooManyCodes:
    """With the time to wait."""
    sentence = _("验证码发送次数过多，请 %(minutes)s 分钟后再试") % {"minutes": math.ceil(seconds / 60)}
    return TooManyCodes(sentence, headers={"Retry-After": str(seconds)})
