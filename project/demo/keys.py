"""Give the invented officers their phones, and the supervision side its accounts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.services.account import create_account, enrol_totp
from officers.activation_code import new_code
from officers.es256 import Es256Signer
from officers.models import Officer
from officers.policy import OfficerPolicy
from officers.services.enrolment import enrol_by_code, make_activation
from project.demo.handout import Login

# username, name, role, region prefix, agency: a supervisor for each 司法局 of the world, and each other role once.
ACCOUNTS = (
    ("jiandu-xingtai", "邢台市监督员", "supervisor", "1305", "130500-SFJ"),
    ("jiandu-xiangdu", "襄都区监督员", "supervisor", "130502", "130502-SFJ"),
    ("jiandu-xindu", "信都区监督员", "supervisor", "130503", "130503-SFJ"),
    ("jiandu-ningjin", "宁晋县监督员", "supervisor", "130528", "130528-SFJ"),
    ("jiandu-qinghe", "清河县监督员", "supervisor", "130534", "130534-SFJ"),
    ("jiandu-shahe", "沙河市监督员", "supervisor", "130582", "130582-SFJ"),
    ("system", "系统管理员", "system_admin", "", ""),
    ("security", "安全管理员", "security_admin", "", ""),
    ("shenji", "审计管理员", "audit_admin", "", ""),
    ("danwei-xiangdu", "襄都市监单位管理员", "agency_admin", "", "130502-SCJG"),
    ("fuze-xiangdu", "襄都市监单位负责人", "agency_leader", "", "130502-SCJG"),
    ("jijian-xingtai", "邢台市纪检", "discipline", "1305", ""),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """`key`: the private JWK of a phone that signs what it shows off the network; None for one that cannot."""

    token: str
    key: dict[str, str] | None


def enrol(officers: Iterable[Officer], *, at: datetime, policy: OfficerPolicy) -> dict[str, Phone]:
    """A phone for everyone whose certificate is not revoked, by the same activation code as anybody, by their numbers.

    Every second one has a key, so that both ways off the network can be tried.
    """
    phones: dict[str, Phone] = {}
    for officer in officers:
        if officer.status != Officer.Status.REVOKED:
            actor = Actor.command("demo")
            code = make_activation(officer=officer, actor=actor, at=at, policy=policy)
            signer = Es256Signer(generate_private_key(SECP256R1())) if len(phones) % 2 == 0 else None
            _device, token = enrol_by_code(
                code=code,
                device_name=f"{officer.name}的手机",
                public_key=signer.public.jwk() if signer else None,
                at=at,
            )
            phones[officer.certificate_no] = Phone(token=token, key=signer.private_jwk() if signer else None)
    return phones


def open_accounts(*, actor: Actor, at: datetime, issuer: str, tell: Callable[[str, float], None]) -> tuple[Login, ...]:
    """Every account of the table, with a random password (60 bits) and a second factor."""
    logins = []
    for place, (username, name, role, region, agency) in enumerate(ACCOUNTS):
        tell(_("开通账号"), place / len(ACCOUNTS))
        password = new_code().lower()
        account = create_account(
            username=username,
            name=name,
            password=password,
            role=role,
            region_prefix=region,
            agency_code=agency,
            actor=actor,
            at=at,
        )
        factor = enrol_totp(account=account, issuer=issuer, actor=actor, at=at)
        logins.append(
            Login(
                username=username,
                password=password,
                totp_secret=factor.secret,
                role=role,
                region=region,
                agency_code=agency,
            )
        )
    return tuple(logins)
