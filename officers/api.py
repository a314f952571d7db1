"""The phones' and backends' door: enrolment, and who am I."""

from datetime import date, datetime
from typing import Any, Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from audit.allowance import address_of
from audit.problem import Problem
from audit.succession import resend_since
from officers.assertion import GRANT_TYPE, MOST_OFFICERS, AssertionRefused, Text
from officers.auth import DeviceToken
from officers.guessing import WrongCodes
from officers.models import Device
from officers.rules import Caller, CertificateState, certificate_state
from officers.services.assertion import AssertionReplayed, Outcome, enrol_by_assertion
from officers.services.enrolment import CodeExpired, CodeInvalid, OfficerRevoked, enrol_by_code

# An answer that carries a token stays in no cache (RFC 6749 §5.1).
NO_STORE = "no-store"

router = Router(tags=["officers"])


class PublicKey(Schema):
    """P-256 as a JWK; other members are dropped, a private one is refused."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str = Field(description="base64url, 43 characters", min_length=43, max_length=43)
    y: str = Field(description="base64url, 43 characters", min_length=43, max_length=43)
    d: str | None = Field(default=None, description="the private key: never send it, it is refused")


class CodeBody(Schema):
    code: str = Field(
        description="the activation code as typed: case, spaces, hyphens, full width do not matter", max_length=64
    )
    device_name: Text = Field(description="shown to the administrator, e.g. 华为 Mate 60", min_length=1, max_length=80)
    public_key: PublicKey | None = Field(default=None, description="the phone's public key, P-256")


class AssertionBody(Schema):
    grant_type: Literal["urn:ietf:params:oauth:grant-type:jwt-bearer"] = Field(description=GRANT_TYPE)
    assertion: str = Field(
        description=f"signed JWT (ES256 or Ed25519); one officer in `sub`, or up to {MOST_OFFICERS} in `officers`",
        max_length=252_000,
    )


class DeviceOut(Schema):
    id: int
    name: str


class OfficerOut(Schema):
    certificate_no: str
    name: str


class AgencyOut(Schema):
    code: str
    name: str
    level: str = Field(description="city, district or town")
    region_code: str = Field(description="GB/T 2260, towns nine digits")


class CertificateOut(Schema):
    number: str
    state: CertificateState = Field(description="at server_time")
    valid_from: date = Field(description="Asia/Shanghai day, inclusive")
    valid_until: date = Field(description="Asia/Shanghai day, inclusive")


class Enrolled(Schema):
    token: str = Field(description="the device token, told this once; Authorization: Bearer <token>")
    device: DeviceOut
    officer: OfficerOut
    agency: AgencyOut
    enrolled_at: datetime = Field(description="RFC 3339")


class BulkItem(Schema):
    certificate_no: str
    enrolled: Enrolled | None = Field(default=None, description="null if refused")
    problem: dict[str, Any] | None = Field(default=None, description="a problem object, null if enrolled")


class Bulk(Schema):
    enrolled: int
    refused: int
    results: list[BulkItem] = Field(description="one for each item, in the order of the assertion")


class Me(Schema):
    officer: OfficerOut
    agency: AgencyOut
    certificate: CertificateOut
    device: DeviceOut
    resend_since: datetime | None = Field(
        description="the house has lost a part of what it acknowledged: send the acknowledged scans whose answers' "
        "server_time is not before this moment once more, in batches; null: nothing to send"
    )
    server_time: datetime = Field(description="RFC 3339")


def _problems(*kinds: type[Problem]) -> dict[str, Any]:
    """For the OpenAPI document: the refusals that are this operation's own; project/api.py adds the common ones."""
    return {"x-problems": [kind.code for kind in kinds]}


@router.post(
    "/enrolments",
    response={201: Enrolled},
    summary="Turn a one-time activation code into a device token",
    openapi_extra=_problems(CodeInvalid, CodeExpired, OfficerRevoked),
)
def enrol(request: HttpRequest, response: HttpResponse, body: CodeBody) -> Status[Enrolled]:
    """Works once. A wrong and a used code get the same answer; a phone that lost the answer needs a new code."""
    response["Cache-Control"] = NO_STORE
    at = timezone.now()
    policy = settings.OFFICER_POLICY
    wrong = WrongCodes(
        address=address_of(request),
        at=at,
        limit=policy.wrong_codes,
        window=policy.wrong_codes_window,
    )
    wrong.refuse_if_too_many()
    try:
        device, token = enrol_by_code(
            code=body.code,
            device_name=body.device_name,
            public_key=body.public_key.model_dump(exclude_unset=True) if body.public_key else None,
            at=at,
        )
    except CodeInvalid:
        wrong.count()
        raise
    return Status(201, _enrolled(device, token))


@router.post(
    "/enrolments/assertion",
    response={200: Bulk, 201: Enrolled},
    summary="A registered backend enrols its officers (RFC 7523)",
    openapi_extra=_problems(AssertionRefused, AssertionReplayed, OfficerRevoked),
)
def enrol_by_backend(
    request: HttpRequest, response: HttpResponse, body: AssertionBody
) -> Status[Enrolled] | Status[Bulk]:
    """One officer: 201 or a problem. Several: 200 with one outcome each. The same `jti` again: 409."""
    response["Cache-Control"] = NO_STORE
    outcomes, bulk = enrol_by_assertion(
        assertion=body.assertion,
        audience=settings.PUBLIC_URL.rstrip("/") + reverse("api-v1:enrol_by_backend"),
        at=timezone.now(),
        policy=settings.OFFICER_POLICY,
    )
    items = [_bulk_item(outcome) for outcome in outcomes]
    if not bulk:
        return Status(201, cast(Enrolled, items[0].enrolled))
    refused = sum(item.problem is not None for item in items)
    return Status(200, Bulk(enrolled=len(items) - refused, refused=refused, results=items))


@router.get("/me", response=Me, auth=DeviceToken(), summary="Officer, agency, certificate, device, server time")
def me(request: HttpRequest) -> Me:
    """Also the way to learn that a device was revoked: 401."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    at = timezone.now()
    state = certificate_state(
        status=caller.status,
        status_since=caller.status_since,
        valid_from=caller.valid_from,
        valid_until=caller.valid_until,
        at=at,
    )
    return Me(
        officer=OfficerOut(certificate_no=caller.certificate_no, name=caller.name),
        agency=AgencyOut(
            code=caller.agency_code,
            name=caller.agency_name,
            level=caller.agency_level,
            region_code=caller.agency_region,
        ),
        certificate=CertificateOut(
            number=caller.certificate_no, state=state, valid_from=caller.valid_from, valid_until=caller.valid_until
        ),
        device=DeviceOut(id=caller.device_id, name=caller.device_name),
        resend_since=resend_since(at=at),
        server_time=at,
    )


def _enrolled(device: Device, token: str) -> Enrolled:
    officer, agency = device.officer, device.officer.agency
    return Enrolled(
        token=token,
        device=DeviceOut(id=device.pk, name=device.name),
        officer=OfficerOut(certificate_no=officer.certificate_no, name=officer.name),
        agency=AgencyOut(code=agency.code, name=agency.name, level=agency.level, region_code=agency.region_code),
        enrolled_at=device.enrolled_at,
    )


def _bulk_item(outcome: Outcome) -> BulkItem:
    if outcome.device is None or outcome.token is None:
        refusal = cast(Problem, outcome.refusal)
        return BulkItem(certificate_no=outcome.certificate_no, problem=refusal.body())
    return BulkItem(certificate_no=outcome.certificate_no, enrolled=_enrolled(outcome.device, outcome.token))
