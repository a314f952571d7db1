"""A phone gets its token for a one-time code."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from officers.activation_code import code_hash, new_code
from officers.models import Activation, Officer
from officers.policy import OfficerPolicy


class OfficerRevoked(Problem):
    """The certificate is revoked (吊销): its holder gets no phone."""

    code, status, title = "officer-revoked", 409, _("该执法人员的证件已吊销，不能启用设备")


def make_activation(*, officer: Officer, actor: Actor, at: datetime, policy: OfficerPolicy) -> str:
    """A one-time code for this officer, good for `policy.activation_lifetime`; older unused ones become void.

    The code is returned once and kept nowhere: the table has its SHA-256. Raises OfficerRevoked.
    """
    expires_at = at + policy.activation_lifetime
    with transaction.atomic():
        # Two administrators at once take turns, so that one living code is left. NO KEY: an enrolment that
        # holds a code's row and inserts a device must not wait for this lock while we wait for its row.
        held = Officer.objects.select_for_update(no_key=True).get(pk=officer.pk)
        if held.status == Officer.Status.REVOKED:
            raise OfficerRevoked
        void = Activation.objects.filter(officer=held, used_at=None, expires_at__gt=at).update(expires_at=at)
        code = new_code()
        Activation(officer=held, code_hash=code_hash(code), made_at=at, made_by=actor, expires_at=expires_at).save(
            force_insert=True
        )
        record(
            kind="activation",
            subject=f"officer:{held.certificate_no}",
            body={"expires_at": expires_at, "voided": void},
            actor=actor,
            at=at,
        )
    return code
