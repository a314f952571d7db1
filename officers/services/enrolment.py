"""A phone gets its token for a one-time code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from audit.services.entry import record
from officers.activation_code import code_hash, new_code
from officers.models import Activation, Device, Officer
from officers.policy import OfficerPolicy
from officers.public_key import public_jwk
from officers.services.device import add_device

METHOD = "activation"


class CodeInvalid(Problem):
    """Unknown or used: one answer, so that guessing learns nothing from it."""

    code, status, title = "activation-code-invalid", 422, _("激活码无效或已使用")


class CodeExpired(Problem):
    """A code that was right, unused, and too old, or void because a newer one was made."""

    code, status, title = "activation-code-expired", 422, _("激活码已过期或已被新的激活码取代")


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


def enrol_by_code(
    *, code: str, device_name: str, public_key: Mapping[str, Any] | None, at: datetime
) -> tuple[Device, str]:
    """Turn a code, once, into a device and its token (returned once). `public_key`: P-256 as a JWK.

    The officer is the actor: holding the code is how they are known. Works once for parallel calls too: the
    conditional UPDATE is the claim, and on PostgreSQL the losers wait for the winner's commit and then match
    no row. A phone that lost the answer needs a new code: a token is never told twice.
    Raises CodeInvalid, CodeExpired, OfficerRevoked, BadPublicKey; then the code is as good as before.
    """
    key = public_jwk(public_key) if public_key is not None else None
    with transaction.atomic():
        wanted = Activation.objects.filter(code_hash=code_hash(code))
        if not wanted.filter(used_at=None, expires_at__gt=at).update(used_at=at):
            raise _refusal(wanted.first())
        activation = wanted.select_related("officer__agency").get()
        officer = activation.officer
        if officer.status == Officer.Status.REVOKED:
            raise OfficerRevoked
        device, token = add_device(
            officer=officer,
            name=device_name,
            public_key=key,
            method=METHOD,
            evidence=str(activation.pk),
            actor=Actor.officer(officer.certificate_no),
            at=at,
        )
        activation.device = device
        activation.save(update_fields=["device"])
    return device, token


def _refusal(found: Activation | None) -> Problem:
    if found is not None and found.used_at is None:
        return CodeExpired(str(_("请向单位管理员索取新的激活码")))
    return CodeInvalid(str(_("请核对激活码；如果刚才已提交过而没有收到结果，请向单位管理员索取新的激活码")))
