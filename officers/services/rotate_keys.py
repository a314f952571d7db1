"""The issuer's next key is made, and published long enough before it signs."""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.lane import hold
from audit.problem import Problem
from audit.services.entry import record
from officers.es256 import Es256Signer, kid_text
from officers.keyring import about, of_file
from officers.models import SigningKey
from officers.policy import IssuerPolicy
from officers.vault import Vault


class NextKeyWaiting(Problem):
    """The next key is published already and its time has not come."""

    code, status, title = "next-key-waiting", 409, _("下一个签发密钥已公布，尚未启用")


class NoNewFile(Problem):
    """Every key of the operator's files is registered."""

    code, status, title = "no-new-key-file", 409, _("SIGNING_KEY_FILES 中没有新的私钥文件")


def rotate_keys(*, policy: IssuerPolicy, actor: Actor, at: datetime) -> SigningKey:
    """Make and publish the issuer's next key, usable after `policy.lead`; the very first one at once.

    Private halves that have a successor in use are wiped. With `policy.files` the key is the first of the operator's
    that is not registered. Raises NextKeyWaiting, NoNewFile, UnusableKey.
    """
    with transaction.atomic():
        newest = _hold(policy)
        if newest is not None and newest.usable_from > at:
            raise NextKeyWaiting(kid=newest.kid, usable_from=newest.usable_from.isoformat())
        return _make(policy, after=newest, actor=actor, at=at)


def ensure_key(*, policy: IssuerPolicy, actor: Actor, at: datetime) -> SigningKey:
    """The issuer's newest key; its first one is made where there is none. Raises NoNewFile, UnusableKey."""
    with transaction.atomic():
        return _hold(policy) or _make(policy, after=None, actor=actor, at=at)


def _hold(policy: IssuerPolicy) -> SigningKey | None:
    """The issuer's newest key; until the transaction ends nobody else makes one."""
    hold(f"signing-keys:{policy.issuer}")
    return SigningKey.objects.filter(issuer=policy.issuer).order_by("-usable_from", "-pk").first()


def _make(policy: IssuerPolicy, *, after: SigningKey | None, actor: Actor, at: datetime) -> SigningKey:
    signer = _of_operator(policy) if policy.files else Es256Signer(generate_private_key(SECP256R1()))
    kid = kid_text(signer.kid)
    # Whole seconds, as they are published: what is signed in the second of its beginning is signed with it.
    usable_from = at.replace(microsecond=0) if after is None else _next_second(at + policy.lead)
    key = SigningKey(
        issuer=policy.issuer,
        kid=kid,
        public_key=signer.public.jwk(),
        held=SigningKey.Held.OPERATOR if policy.files else SigningKey.Held.HOUSE,
        sealed=None if policy.files else _sealed(signer, policy=policy, kid=kid),
        made_at=at,
        made_by=actor,
        usable_from=usable_from,
    )
    key.save(force_insert=True)
    record(
        kind="signing-key",
        subject=f"signing-key:{kid}",
        body={
            "issuer": policy.issuer,
            "kid": kid,
            "public_key": key.public_key,
            "held": key.held,
            "usable_from": usable_from,
            "wiped": _wipe_before(after, policy),
        },
        actor=actor,
        at=at,
    )
    return key


def _wipe_before(current: SigningKey | None, policy: IssuerPolicy) -> list[str]:
    """Whose private halves are wiped: nothing is signed with them any more, so nobody should be able to."""
    if current is None:
        return []
    retired = SigningKey.objects.filter(issuer=policy.issuer, usable_from__lt=current.usable_from, sealed__isnull=False)
    kids = sorted(retired.values_list("kid", flat=True))
    retired.update(sealed=None)
    return kids


def _of_operator(policy: IssuerPolicy) -> Es256Signer:
    registered = set(SigningKey.objects.values_list("kid", flat=True))
    for file in policy.files:
        signer = of_file(file)
        if kid_text(signer.kid) not in registered:
            return signer
    raise NoNewFile


def _sealed(signer: Es256Signer, *, policy: IssuerPolicy, kid: str) -> bytes:
    private = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Vault(policy.secrets).seal(private, about=about(policy.issuer, kid))


def _next_second(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)
