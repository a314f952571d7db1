"""Papers by API: from a registered backend by its signed word, from a supervisor by the session of the admin."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field, StrictBool

from audit.actor import Actor
from audit.auth import AccountSession, seen
from audit.duties import Matter, May
from audit.intake import Outcome, Refused, Row
from audit.register import read_row
from audit.services.documents import LONGEST_SOURCE, take_in
from officers.assertion import GRANT_TYPE, AssertionRefused, Statement, Text
from officers.auth import agencies_in_sight
from officers.models import Agency
from officers.queries import agencies_of
from officers.services.assertion import AssertionReplayed, hear
from project.documents import DOCUMENT, codes, gather

MOST = 500
router = Router(tags=["documents"])
_COLUMNS = {column.name: column for column in DOCUMENT}


class DocumentIn(Schema):
    """One document, penalty case or plan, as the file's columns have it (docs/guides/unscanned.md)."""

    source_ref: Annotated[Text, Field(min_length=1, max_length=80, description="the source's own number, unique in it")]
    kind: Literal["inspection", "penalty", "plan"] = "inspection"
    agency_code: Annotated[Text, Field(min_length=1, max_length=40)]
    credit_code: Annotated[Text, Field(min_length=1, max_length=40)]
    on: Annotated[Text, Field(max_length=20, description="Asia/Shanghai day, 2026-03-02; of a plan the last day")]
    enterprise_name: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="needed where the enterprise is not registered"
    )
    region_code: Annotated[Text, Field(max_length=12)] | None = Field(
        default=None, description="GB/T 2260; needed where the enterprise is not registered"
    )
    withdrawn: StrictBool = Field(default=False, description="true: the paper was cancelled")


class SpokenDocuments(Statement):
    """The claims of a backend's assertion about documents."""

    documents: list[DocumentIn] = Field(min_length=1, max_length=MOST)


class AssertionBody(Schema):
    grant_type: Literal["urn:ietf:params:oauth:grant-type:jwt-bearer"] = Field(description=GRANT_TYPE)
    assertion: str = Field(
        description=f"signed JWT (ES256 or Ed25519) whose claim `documents` lists 1 to {MOST} of DocumentIn",
        max_length=252_000,
    )


class SupervisorsBody(Schema):
    source: Annotated[Text, Field(min_length=1, max_length=LONGEST_SOURCE, description="the source system's name")]
    documents: list[DocumentIn] = Field(min_length=1, max_length=MOST)


class RefusedOut(Schema):
    index: int = Field(description="place in the list, from 0")
    source_ref: str
    field: str = Field(description="empty: the whole item")
    message: str


class TakenIn(Schema):
    """What became of the list. A refused item stops no other; a list that comes again is unchanged."""

    new: int
    changed: int
    unchanged: int
    refused: list[RefusedOut]


@router.post(
    "/documents",
    response=TakenIn,
    summary="A registered backend hands in inspection documents, cases and plans",
    openapi_extra={"x-problems": [AssertionRefused.code, AssertionReplayed.code]},
)
def backend_documents(request: HttpRequest, body: AssertionBody) -> dict[str, Any]:
    """`aud` is this address; an enrolment's assertion is none here. The source is the backend itself (`iss`)."""
    at = timezone.now()
    said = hear(
        SpokenDocuments,
        assertion=body.assertion,
        audience=settings.PUBLIC_URL.rstrip("/") + reverse("api-v1:backend_documents"),
        at=at,
        policy=settings.OFFICER_POLICY,
    )
    rows, refused = _rows(said.documents)
    agencies = agencies_of(codes(rows))
    actor = Actor.backend(said.iss)
    return _take(said.documents, rows, refused, agencies=agencies, source=source_of(said.iss), actor=actor, at=at)


@router.post(
    "/supervision/documents",
    response=TakenIn,
    auth=AccountSession(),
    summary="A supervisor hands in inspection documents, cases and plans of the agencies in sight",
    tags=["supervision"],
)
def supervisors_documents(request: HttpRequest, body: SupervisorsBody) -> dict[str, Any]:
    """An agency out of sight is as unknown as one that does not exist. Each 司法局 names its sources for itself."""
    sight = seen(request, May.ADD, Matter.DOCUMENTS)
    rows, refused = _rows(body.documents)
    known = agencies_in_sight(sight).filter(code__in=codes(rows))
    agencies = {agency.code: agency for agency in known}
    source = source_of(f"{sight.agency_code}:{body.source}")
    return _take(body.documents, rows, refused, agencies=agencies, source=source, actor=sight.actor, at=timezone.now())


def source_of(name: str) -> str:
    """A name that fits into the column; what a long one loses, its fingerprint keeps apart."""
    if len(name) <= LONGEST_SOURCE:
        return name
    return f"{name[: LONGEST_SOURCE - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _rows(items: Sequence[DocumentIn]) -> tuple[list[Row], list[Refused]]:
    """The items read as lines of a file are."""
    rows: list[Row] = []
    refused: list[Refused] = []
    for index, item in enumerate(items):
        said = item.model_dump(exclude={"withdrawn"}) | {"action": "withdraw" if item.withdrawn else ""}
        values, refusals = read_row((_COLUMNS[name], cell) for name, cell in said.items())
        if refusals:
            refused += [Refused(index, refusal) for refusal in refusals]
        else:
            rows.append(Row(index, values))
    return rows, refused


def _take(
    items: Sequence[DocumentIn],
    rows: Sequence[Row],
    refused: Sequence[Refused],
    *,
    agencies: Mapping[str, Agency],
    source: str,
    actor: Actor,
    at: datetime,
) -> dict[str, Any]:
    papers, unknown = gather(rows, agencies=agencies)
    outcome = take_in(papers=papers, source=source, actor=actor, at=at) if papers else Outcome()
    every = sorted([*refused, *unknown, *outcome.refused], key=lambda each: each.line)
    names = {str(column.heading): column.name for column in DOCUMENT}
    return {
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "refused": [
            {
                "index": each.line,
                "source_ref": items[each.line].source_ref,
                "field": names.get(each.refusal.column, ""),
                "message": each.refusal.sentence or _("不能接收"),
            }
            for each in every
        ],
    }
