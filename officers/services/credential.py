"""A phone's day credential is issued (签发日证), and its officer's place in the status list with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from django.db import transaction

from audit.actor import Actor
from audit.services.entry import record
from officers import credential
from officers.credential import Holder
from officers.es256 import Es256Verifier
from officers.issuer import IssuerSigner
from officers.models import Credential, Device, SigningKey, StatusPlace
from officers.policy import RENEWED_BEFORE_END
from officers.wallet import Wallet, wallet


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a credential is to say; `holder` without its place. `expires_at`: the latest, in whole seconds."""

    device_id: int
    holder: Holder
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Issued:
    body: bytes
    expires_at: datetime


def again(has: Wallet, *, wanted: Wanted, at: datetime) -> Issued | None:
    """The phone's latest credential, if it still says what is wanted, at a living place, for more than an hour.

    Near the end of the certificate for as long as a new one would.
    """
    if has.body is None or has.expires_at is None or has.place is None or has.body_place != has.place:
        return None
    if has.expires_at <= at or has.expires_at < min(at + RENEWED_BEFORE_END, wanted.expires_at):
        return None
    if credential.read(has.body).holder != replace(wanted.holder, status_index=has.place):
        return None
    return Issued(body=has.body, expires_at=has.expires_at)


def issue_credential(
    wanted: Wanted, *, key: SigningKey, signer: IssuerSigner, actor: Actor, at: datetime
) -> Issued | None:
    """A new credential and its record; or the one that a call at the same moment has just issued.

    None: the phone is out of service by now.
    """
    with transaction.atomic():
        device = held(wanted.device_id)
        has = wallet(wanted.device_id, at=at)
        if device.revoked_at is not None or device.public_key is None:
            return None
        given = again(has, wanted=wanted, at=at)
        return given or _new(wanted, has, device=device, key=key, signer=signer, actor=actor, at=at)


def held(device_id: int) -> Device:
    """The phone, locked: its officer's phones take turns, so that he has one place; and nobody takes this one out of
    service meanwhile."""
    phones = Device.objects.select_related("officer").select_for_update(no_key=True, of=("self", "officer"))
    return phones.get(pk=device_id)


def new_place(device: Device, *, at: datetime) -> StatusPlace:
    place = StatusPlace(officer_id=device.officer_id, made_at=at)
    place.save(force_insert=True)
    return place


def _new(
    wanted: Wanted, has: Wallet, *, device: Device, key: SigningKey, signer: IssuerSigner, actor: Actor, at: datetime
) -> Issued:
    place = has.place or new_place(device, at=at).pk
    issued_at = at.replace(microsecond=0)
    x, y_is_odd = Es256Verifier.from_jwk(_jwk(device)).point
    body = credential.make(
        holder=replace(wanted.holder, status_index=place),
        x=x,
        y_is_odd=y_is_odd,
        issued_at=int(issued_at.timestamp()),
        expires_at=int(wanted.expires_at.timestamp()),
        signer=signer,
    )
    fingerprint = sha256(body).digest()
    row = Credential(
        device=device,
        place_id=place,
        key=key,
        issued_at=issued_at,
        expires_at=wanted.expires_at,
        sha256=fingerprint,
        body=body,
    )
    row.save(force_insert=True)
    record(
        kind="credential-issued",
        subject=f"device:{device.pk}",
        body={
            "device": device.pk,
            "certificate_no": wanted.holder.certificate_no,
            "kid": key.kid,
            "status_index": place,
            "issued_at": issued_at.astimezone(UTC),
            "expires_at": wanted.expires_at.astimezone(UTC),
            "sha256": fingerprint.hex(),
        },
        actor=actor,
        at=at,
    )
    return Issued(body=body, expires_at=wanted.expires_at)


def _jwk(device: Device) -> Mapping[str, str]:
    assert isinstance(device.public_key, Mapping), "asked before"  # noqa: S101
    return device.public_key
