"""What a phone may show at the door without a network (电子亮证), and what it lacks."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from audit.actor import Actor
from officers import credential, presentation
from officers.credential import Holder, NameDoesNotFit
from officers.issuer import IssuerSigner
from officers.keyring import UnusableKey, signer
from officers.models import SigningKey
from officers.policy import IssuerPolicy
from officers.rules import SHANGHAI, Caller, CertificateState, certificate_state
from officers.services.credential import Wanted, again, issue_credential
from officers.services.present import Showing, begin_to_show, place_on_record
from officers.wallet import Wallet, wallet


class Lacking(StrEnum):
    """Why a phone gets no credential, or nothing at all."""

    NO_DEVICE_KEY = "no_device_key"
    NOT_CERTIFIED = "not_certified"
    CERTIFICATE_NOT_VALID = "certificate_not_valid"
    DOES_NOT_FIT = "does_not_fit"
    NO_SIGNING_KEY = "no_signing_key"
    NO_VISIT = "no_visit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Where the screen is shown: at the enterprise that this scan of the officer's was read as."""

    scan_id: UUID
    credit_code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfflineId:
    """docs/reference/electronic-id.md says which of them are there together."""

    credential: bytes | None = None
    credential_expires_at: datetime | None = None
    presentation: str | None = None
    reason: Lacking | None = None


def offline_id(*, caller: Caller, door: Door | None, at: datetime, policy: IssuerPolicy) -> OfflineId:
    """The phone's credential: a still good one again, byte for byte, else a new one. Without a key, a presentation.

    Two statements where nothing is issued.
    """
    if not caller.certified:
        # 事业单位人员, 安全员, 协管员: what they could show would look like an officer's certificate.
        return OfflineId(reason=Lacking.NOT_CERTIFIED)
    if not _valid(caller, at):
        return OfflineId(reason=Lacking.CERTIFICATE_NOT_VALID)
    try:
        signing = signer(policy=policy, at=at)
    except UnusableKey:
        signing = None
    if signing is None:
        return OfflineId(reason=Lacking.NO_SIGNING_KEY)
    has = wallet(caller.device_id, at=at)
    try:
        if has.public_key is None:
            return _presented(has, caller=caller, door=door, signing=signing, life=policy.credential_life, at=at)
        return _certified(has, caller=caller, signing=signing, life=policy.credential_life, at=at)
    except NameDoesNotFit:
        return OfflineId(reason=Lacking.DOES_NOT_FIT)


def _presented(
    has: Wallet,
    *,
    caller: Caller,
    door: Door | None,
    signing: tuple[SigningKey, IssuerSigner],
    life: timedelta,
    at: datetime,
) -> OfflineId:
    if door is None:
        return OfflineId(reason=Lacking.NO_VISIT)
    key, signer = signing
    wanted = Showing(
        device_id=caller.device_id,
        holder=presentation.fitted(_holder(caller)),
        scan_id=door.scan_id,
        credit_code=door.credit_code,
        until=min(at.replace(microsecond=0) + life, _certificate_ends(caller)),
    )
    place = place_on_record(has, wanted=wanted, signer=signer, at=at)
    text = (
        begin_to_show(wanted, key=key, signer=signer, actor=Actor.officer(caller.certificate_no), at=at)
        if place is None
        else wanted.signed(place=place, signer=signer, at=at)
    )
    if text is None:
        return OfflineId(reason=Lacking.CERTIFICATE_NOT_VALID)
    return OfflineId(presentation=text, reason=Lacking.NO_DEVICE_KEY)


def _certified(
    has: Wallet, *, caller: Caller, signing: tuple[SigningKey, IssuerSigner], life: timedelta, at: datetime
) -> OfflineId:
    wanted = Wanted(
        device_id=caller.device_id,
        holder=credential.fitted(_holder(caller)),
        expires_at=min(at.replace(microsecond=0) + life, _certificate_ends(caller)),
    )
    key, signer = signing
    given = again(has, wanted=wanted, at=at) or issue_credential(
        wanted, key=key, signer=signer, actor=Actor.officer(caller.certificate_no), at=at
    )
    if given is None:
        return OfflineId(reason=Lacking.CERTIFICATE_NOT_VALID)
    return OfflineId(credential=given.body, credential_expires_at=given.expires_at)


def _holder(caller: Caller) -> Holder:
    """Without a place yet."""
    return Holder(
        name=caller.name,
        agency_code=caller.agency_code,
        certificate_no=caller.certificate_no,
        photo=bytes.fromhex(caller.photo_sha256)[: credential.PHOTO_BYTES],
        status_index=0,
    )


def _valid(caller: Caller, at: datetime) -> bool:
    state = certificate_state(
        status=caller.status,
        status_since=caller.status_since,
        valid_from=caller.valid_from,
        valid_until=caller.valid_until,
        at=at,
    )
    return state is CertificateState.VALID


def _certificate_ends(caller: Caller) -> datetime:
    """The first moment at which the certificate, valid now, is valid no more."""
    ends = datetime.combine(caller.valid_until + timedelta(days=1), time(), SHANGHAI)
    ending = caller.status_since if caller.status != "active" else None
    return min(ends, ending.replace(microsecond=0)) if ending else ends
