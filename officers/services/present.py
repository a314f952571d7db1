"""A phone without a key begins to show at a visit what the server signs for it (代签出示).

On the record once for each phone and visit, and not again for each minute in which it says the same.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from audit.services.entry import record
from officers import presentation
from officers.credential import Holder
from officers.issuer import IssuerSigner
from officers.models import Credential, SigningKey
from officers.presentation import SERVER_LIFE, ByIssuer
from officers.services.credential import held, new_place
from officers.wallet import Wallet, wallet


@dataclass(frozen=True, kw_only=True, slots=True)
class Showing:
    """What a phone is to show, and where; `holder` without its place. `until`: the latest, in whole seconds."""

    device_id: int
    holder: Holder
    scan_id: UUID
    credit_code: str
    until: datetime

    def signed(self, *, place: int, signer: IssuerSigner, at: datetime) -> str:
        """What it shows for the next minute."""
        return presentation.by_issuer(
            holder=replace(self.holder, status_index=place),
            scan_id=self.scan_id,
            credit_code=self.credit_code,
            issued_at=int(at.timestamp()),
            signer=signer,
        )


def place_on_record(has: Wallet, *, wanted: Showing, signer: IssuerSigner, at: datetime) -> int | None:
    """The officer's place, if it is on record that this phone shows just that, by this key, for a minute and longer."""
    if has.body is None or has.expires_at is None or has.place is None or has.body_place != has.place:
        return None
    if has.expires_at <= at + timedelta(seconds=SERVER_LIFE):
        return None
    try:
        before = presentation.read(has.body.decode())
    except ValueError:  # the day credential of a phone that had a key
        return None
    same = (
        isinstance(before, ByIssuer)
        and before.signed.kid == signer.kid
        and (before.scan_id, before.credit_code) == (wanted.scan_id, wanted.credit_code)
        and before.holder == replace(wanted.holder, status_index=has.place)
    )
    return has.place if same else None


def begin_to_show(wanted: Showing, *, key: SigningKey, signer: IssuerSigner, actor: Actor, at: datetime) -> str | None:
    """The first presentation, and its record: a row by which the phone's place is spent once it is out of service.

    None: it is by now.
    """
    with transaction.atomic():
        device = held(wanted.device_id)
        if device.revoked_at is not None:
            return None
        has = wallet(wanted.device_id, at=at)
        known = place_on_record(has, wanted=wanted, signer=signer, at=at)
        place = known or has.place or new_place(device, at=at).pk
        text = wanted.signed(place=place, signer=signer, at=at)
        if known:  # a call at the same moment has just begun
            return text
        body, issued_at = text.encode(), at.replace(microsecond=0)
        Credential(
            device=device,
            place_id=place,
            key=key,
            issued_at=issued_at,
            expires_at=wanted.until,
            sha256=sha256(f"{device.pk}:".encode() + body).digest(),  # two phones may show the same in one second
            body=body,
        ).save(force_insert=True)
        record(
            kind="presentation-issued",
            subject=f"device:{device.pk}",
            body={
                "device": device.pk,
                "certificate_no": wanted.holder.certificate_no,
                "kid": key.kid,
                "status_index": place,
                "scan": str(wanted.scan_id),
                "credit_code": wanted.credit_code,
                "issued_at": issued_at.astimezone(UTC),
                "expires_at": wanted.until.astimezone(UTC),
                "sha256": sha256(body).hexdigest(),
            },
            actor=actor,
            at=at,
        )
    return text
