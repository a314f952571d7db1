"""Registered systems' door to visits (执法办案, 双随机): plan, approval, results, cases by a backend's signed word."""

from typing import Annotated, Any, Literal, Self

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field, StringConstraints, model_validator

from audit.actor import Actor
from checkins.after_words import MOST_RESULTS, PlanLinkWords, ResultWords
from checkins.after_words import Text as Written
from checkins.api.after import minutes_of
from checkins.life_told import ResultsOut, life_told
from checkins.services.correction import NoSuchVisit, VisitNotOpen
from checkins.services.link_plan import PlanConflict, PlanUnfit
from checkins.services.results import NoSuchRectification, TermBeforeVisit
from checkins.services.supply import Supply, supply
from officers.assertion import GRANT_TYPE, AssertionRefused, Statement, Text
from officers.services.assertion import AssertionReplayed, hear

router = Router(tags=["visits"])


class SpokenRecord(Statement):
    """The claims of a backend's assertion about one visit: whose it is, and what officers would say of it."""

    agency_code: Annotated[Text, Field(min_length=1, max_length=40)]
    plan: PlanLinkWords | None = None
    approval_no: Annotated[Written, StringConstraints(min_length=1, max_length=80)] | None = None
    result: ResultWords | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.plan is None and self.approval_no is None and self.result is None:
            raise ValueError("one of plan, approval_no and result")
        return self

    def supply(self) -> Supply:
        return Supply(plan=self.plan, approval_no=self.approval_no or "", result=self.result, source=self.iss[:80])


class SpokenBody(BaseModel):
    grant_type: Literal["urn:ietf:params:oauth:grant-type:jwt-bearer"] = Field(description=GRANT_TYPE)
    assertion: str = Field(
        description=(
            "signed JWT (ES256 or Ed25519) with the claims `agency_code`, the visit's agency, and at least one of "
            "`plan`: {`plan_no`, `source`}, the plan that the visit carried out; `approval_no`; `result`: an object "
            f"as `POST /visits/{{number}}/result` takes it, 1 to {MOST_RESULTS} items"
        ),
        max_length=252_000,
    )


@router.post(
    "/visits/{number}/record",
    response={201: ResultsOut, 200: ResultsOut},
    summary="A registered backend supplies plan, approval, items, results and case numbers of a visit",
    openapi_extra={
        "x-problems": [
            kind.code
            for kind in (
                AssertionRefused,
                AssertionReplayed,
                NoSuchVisit,
                VisitNotOpen,
                PlanConflict,
                PlanUnfit,
                NoSuchRectification,
                TermBeforeVisit,
            )
        ]
    },
)
def backend_record(request: HttpRequest, response: HttpResponse, number: str, body: SpokenBody) -> Any:
    """`aud` is this visit's address here. What it says stands as an officer's word would, all of it or nothing: the
    latest of an item counts, the same again is answered with 200, and the answer's `known` tells what need not be asked
    any more."""
    now = timezone.now()
    address = settings.PUBLIC_URL.rstrip("/") + reverse("api-v1:backend_record", kwargs={"number": number})
    said = hear(SpokenRecord, assertion=body.assertion, audience=address, at=now, policy=settings.OFFICER_POLICY)
    done = supply(
        number=number,
        said=said.supply(),
        agency_code=said.agency_code,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
        actor=Actor.backend(said.iss),
        at=now,
    )
    if done.replayed:
        response["Idempotency-Replayed"] = "true"
    told = {"visit": life_told(done.life, minutes=minutes_of(done.life)), "server_time": now}
    return Status(200 if done.replayed else 201, told)
