"""A registered backend enrols its officers by a signed assertion: nobody types a code."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.problem import Problem
from officers.assertion import Claims, Said, Statement, Wanted, read, read_as
from officers.models import Device, Officer, UsedAssertion
from officers.policy import OfficerPolicy
from officers.public_key import public_jwk
from officers.services.device import add_device
from officers.services.enrolment import OfficerRevoked

METHOD = "assertion"


class AssertionReplayed(Problem):
    """This `jti` of this issuer has been redeemed; a backend that lost the answer signs a new one."""

    code, status, title = "assertion-replayed", 409, _("该断言已使用过")


class OfficerUnknown(Problem):
    """No officer has this certificate number."""

    code, status, title = "officer-unknown", 422, _("没有该执法证号的执法人员")


class ItemRepeated(Problem):
    """The same certificate number and device name stand earlier in the same list."""

    code, status, title = "item-repeated", 422, _("同一执法证号和设备名称在列表中重复")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one phone that was asked for: a device with its token, or the refusal."""

    certificate_no: str
    device: Device | None = None
    token: str | None = None
    refusal: Problem | None = None


def enrol_by_assertion(
    *, assertion: str, audience: str, at: datetime, policy: OfficerPolicy
) -> tuple[list[Outcome], bool]:
    """One outcome for each phone that the assertion asks for, in its order, and whether it asked in bulk.

    In bulk one bad item never stops the rest; a single one is refused as a whole and leaves its `jti` unused.
    The same `jti` enrols nobody twice, also in parallel: its unique row stands or falls with the devices.
    Raises AssertionRefused, AssertionReplayed; for a single phone also what an item can be refused for.
    """
    claims = read(assertion, backends=policy.backends, audience=audience, at=at)
    bulk = claims.officers is not None
    with transaction.atomic():
        _use_up(claims, at)
        outcomes = _enrol_all(claims, at)
        if not bulk and outcomes[0].refusal is not None:
            raise outcomes[0].refusal
    return outcomes, bulk


def hear(says: type[Said], *, assertion: str, audience: str, at: datetime, policy: OfficerPolicy) -> Said:
    """What a registered backend says to another endpoint than the phones': heard once.

    Raises AssertionRefused, AssertionReplayed. A backend that lost the answer signs a new assertion.
    """
    claims = read_as(says, assertion, backends=policy.backends, audience=audience, at=at)
    with transaction.atomic():
        _use_up(claims, at)
    return claims


def _use_up(claims: Statement, at: datetime) -> None:
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(issuer=claims.iss, jti=claims.jti, used_at=at)
    except IntegrityError as error:
        raise AssertionReplayed(str(_("请签发带有新 jti 的断言"))) from error


def _enrol_all(claims: Claims, at: datetime) -> list[Outcome]:
    numbers = {wanted.certificate_no for wanted in claims.wanted}
    officers = {
        officer.certificate_no: officer
        for officer in Officer.objects.filter(certificate_no__in=numbers).select_related("agency")
    }
    seen: set[tuple[str, str]] = set()
    outcomes = []
    for wanted in claims.wanted:
        pair = (wanted.certificate_no, wanted.device_name)
        try:
            if pair in seen:
                raise ItemRepeated
            outcomes.append(_enrol(officers.get(wanted.certificate_no), wanted, claims, at))
            seen.add(pair)
        except Problem as refusal:
            outcomes.append(Outcome(certificate_no=wanted.certificate_no, refusal=refusal))
    return outcomes


def _enrol(officer: Officer | None, wanted: Wanted, claims: Claims, at: datetime) -> Outcome:
    """Judges first and writes last, so that a refused item has written nothing."""
    if officer is None:
        raise OfficerUnknown
    if officer.status == Officer.Status.REVOKED:
        raise OfficerRevoked
    key = public_jwk(wanted.public_key) if wanted.public_key is not None else None
    device, token = add_device(
        officer=officer,
        name=wanted.device_name,
        public_key=key,
        method=METHOD,
        evidence=claims.jti,
        actor=Actor.backend(claims.iss),
        at=at,
    )
    return Outcome(certificate_no=wanted.certificate_no, device=device, token=token)
