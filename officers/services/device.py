"""A phone is taken into service, and out of it."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.history import save_as
from audit.services.entry import record
from officers.models import Device, Officer
from officers.queries import token_hash

TOKEN_PREFIX = "ruqi_"  # noqa: S105  (lets secret scanners recognise a leaked token)
TOKEN_BYTES = 32


def add_device(
    *,
    officer: Officer,
    name: str,
    public_key: Mapping[str, str] | None,
    method: str,
    evidence: str,
    actor: Actor,
    at: datetime,
) -> tuple[Device, str]:
    """A device of this officer and its token, inside the caller's transaction; history and record included.

    The token is 256 random bits and is returned once: the table keeps its SHA-256. `method` says what
    entitled the phone (`activation` or `assertion`), `evidence` which one (its id or `jti`). Three statements.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    device = Device(
        officer=officer,
        name=name,
        token_hash=token_hash(token),
        public_key=dict(public_key) if public_key else None,
        enrolled_at=at,
        enrolled_by=actor,
    )
    save_as(device, actor=actor, at=at, reason=method, new=True)
    record(
        kind="enrolment",
        subject=f"device:{device.pk}",
        body={
            "certificate_no": officer.certificate_no,
            "device": device.pk,
            "device_name": name,
            "public_key": device.public_key,
            "method": method,
            "evidence": evidence,
        },
        actor=actor,
        at=at,
    )
    return device, token


def revoke_device(*, device: Device, actor: Actor, at: datetime, reason: str) -> Device:
    """Take a phone out of service: nobody from its next request on, but for earlier scans (promise 3).

    Doing it again changes nothing: the first moment stays. Answers the device as it is now.
    """
    with transaction.atomic():
        held = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
        if held.revoked_at is None:
            held.revoked_at = at
            save_as(held, actor=actor, at=at, reason=reason[:100])
            record(
                kind="device-revoked",
                subject=f"device:{held.pk}",
                body={"device": held.pk, "reason": reason},
                actor=actor,
                at=at,
            )
    return held
