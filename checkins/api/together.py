"""The phones' door to who is at a visit together: joining another agency's, leaving it."""

from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from audit.actor import Actor
from checkins.amendment import Why
from checkins.answers import TogetherOut
from checkins.rules import joint_code
from checkins.services.approve import approve
from checkins.services.confirm import ConfirmTooLate, NotNamed, confirm
from checkins.services.correction import NoSuchVisit, VisitNotOpen
from checkins.services.join import AlreadyTogether, JoinTooLate, NoSuchCompany, Together, join, leave, standing
from checkins.telling import offer_told
from officers.auth import DeviceToken
from officers.rules import Caller

router = Router(tags=["visits"])


class JoinWords(BaseModel):
    """Whose visit: its number (from `join_offers`), or the joint code on the other officer's screen.

    Neither: the caller, whom a colleague's scan named as a partner, confirms having been at this visit."""

    model_config = ConfigDict(populate_by_name=True)

    visit: Annotated[str, StringConstraints(max_length=64)] | None = Field(default=None, alias="with")
    joint_code: Annotated[str, StringConstraints(max_length=16)] | None = None

    @model_validator(mode="after")
    def _says_one(self) -> "JoinWords":
        if self.visit and self.joint_code:
            raise PydanticCustomError("join_whom", "one of with and joint_code")
        return self


class ApprovalWords(BaseModel):
    """Under which number the agency's head approved the inspection afterwards."""

    approval_no: Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]


class ApprovalOut(BaseModel):
    """`approvals`: all of the visit's. `late`: none came within the limit of an urgent inspection."""

    visit: str
    approvals: list[str]
    late: bool


class LeaveWords(BaseModel):
    """Why the visit is not a joint one after all."""

    reason: Why


@router.post(
    "/visits/{number}/join",
    auth=DeviceToken(),
    response={200: TogetherOut},
    summary="The agency's visit is a joint one with another agency's; or a named partner confirms",
    openapi_extra={
        "x-problems": [
            kind.code
            for kind in (
                NoSuchVisit,
                VisitNotOpen,
                NoSuchCompany,
                AlreadyTogether,
                JoinTooLate,
                NotNamed,
                ConfirmTooLate,
            )
        ]
    },
)
def post_join(request: HttpRequest, number: str, words: JoinWords) -> Any:
    """Counted once for the enterprise, once for each agency. Again: how it stands."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    if not (words.visit or words.joint_code):
        confirm(number=number, caller=caller, at=timezone.now(), annual_cap=settings.AUDIT_POLICY.annual_cap)
        return _told(standing(number=number, caller=caller, policy=settings.CHECKIN_POLICY))
    done = join(
        number=number,
        visit=words.visit or "",
        code=words.joint_code or "",
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _told(done)


@router.post(
    "/visits/{number}/leave",
    auth=DeviceToken(),
    response={200: TogetherOut},
    summary="The agency's visit is not a joint one after all, with a reason",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchVisit, VisitNotOpen, AlreadyTogether)]},
)
def post_leave(request: HttpRequest, number: str, words: LeaveWords) -> Any:
    """It counts by itself again, whatever code its scans named. Again: how it stands."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    done = leave(
        number=number,
        reason=words.reason,
        caller=caller,
        at=timezone.now(),
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    return _told(done)


@router.post(
    "/visits/{number}/approval",
    auth=DeviceToken(),
    response={200: ApprovalOut},
    summary="An urgent inspection was approved afterwards",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchVisit, VisitNotOpen)]},
)
def post_approval(request: HttpRequest, number: str, words: ApprovalWords) -> Any:
    """Taken after the limit too. The same number again changes nothing."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    actor = Actor.officer(caller.certificate_no)
    done = approve(
        number=number,
        approval_no=words.approval_no,
        agency_code=caller.agency_code,
        actor=actor,
        at=timezone.now(),
    )
    return {"visit": done.visit, "approvals": done.approvals, "late": done.late}


def _told(done: Together) -> dict[str, Any]:
    return {
        "visit": done.mine.visit,
        "joint_id": done.mine.joint_id or None,
        "joint_code": joint_code(done.mine.together),
        "officers": [{"certificate_no": number, "name": name} for number, name in done.mine.officers],
        "together_with": [offer_told(fact) for fact in done.others],
        "server_time": timezone.now(),
    }
