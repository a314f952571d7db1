"""The issuer's keys and officers' phones with keys, for tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.conf import settings
from django.db import transaction

from audit.actor import Actor
from officers.es256 import Es256Signer
from officers.models import Device, Officer, SigningKey
from officers.policy import IssuerPolicy
from officers.queries import caller_with
from officers.rules import Caller
from officers.services.device import add_device
from officers.services.rotate_keys import ensure_key
from tests.officers.people import ADMIN

OPERATOR = Actor.command("rotate_keys")


def policy(**changes: Any) -> IssuerPolicy:
    """The house's, with these changes."""
    return replace(settings.ISSUER_POLICY, **changes)


def issuer_key(at: datetime) -> SigningKey:
    """The issuer's first key, usable a day before `at`."""
    return ensure_key(policy=policy(), actor=OPERATOR, at=at - timedelta(days=1))


def new_phone() -> Es256Signer:
    """A phone's key pair, as its key store makes one."""
    return Es256Signer(generate_private_key(SECP256R1()))


def phone_of(
    officer: Officer, *, at: datetime, key: Es256Signer | None = None, name: str = "手机"
) -> tuple[Device, str]:
    """A phone in service, with this key or none, and its token."""
    public: Mapping[str, str] | None = key.public.jwk() if key else None
    with transaction.atomic():
        return add_device(
            officer=officer, name=name, public_key=public, method="activation", evidence="1", actor=ADMIN, at=at
        )


def caller_of(device: Device) -> Caller:
    return caller_with(device.pk)
