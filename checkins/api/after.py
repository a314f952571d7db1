"""The phones' door to what comes after a visit, and the supervisors' to what was not put right in time."""

from datetime import timedelta
from typing import Annotated, Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from audit.actor import Actor
from audit.auth import AccountSession, seen
from audit.duties import Matter, May
from audit.facts import day_of
from audit.noted import noted
from audit.problem import Problem
from checkins.after_words import Day, DepartureWords, PlanLinkWords, ResultWords
from checkins.afterwards import Life
from checkins.changes import changes_since, own_visits
from checkins.cursor import Cursor
from checkins.life_told import (
    ChangesOut,
    DepartureOut,
    RectificationsOut,
    ResultsOut,
    VisitsOut,
    departure_told,
    life_told,
    rectification_told,
)
from checkins.results import open_rectifications
from checkins.services.correction import NoSuchVisit, VisitNotOpen
from checkins.services.depart import DepartureAltered, depart
from checkins.services.link_plan import PlanConflict, PlanUnfit, link_plan
from checkins.services.results import NoSuchRectification, TermBeforeVisit, say_results
from officers.auth import DeviceToken, agencies_in_sight
from officers.rules import Caller

router = Router(tags=["visits"])


@router.post(
    "/visits/{number}/departure",
    auth=DeviceToken(),
    response={201: DepartureOut, 200: DepartureOut},
    summary="The officer has left: ends the visit and gives its duration",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchVisit, VisitNotOpen, DepartureAltered)]},
)
def post_departure(request: HttpRequest, response: HttpResponse, number: str, words: DepartureWords) -> Any:
    """The last departure of all ends the visit. The same moment again: 200 with `Idempotency-Replayed: true`;
    from another place: 422 `departure-altered`."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    done = depart(
        number=number,
        words=words,
        caller=caller,
        at=now,
        policy=settings.CHECKIN_POLICY,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
    )
    if done.replayed:
        response["Idempotency-Replayed"] = "true"
    told = departure_told(done.departure, done.life, minutes=minutes_of(done.life), now=now)
    return Status(200 if done.replayed else 201, told)


@router.post(
    "/visits/{number}/result",
    auth=DeviceToken(),
    response={201: ResultsOut, 200: ResultsOut},
    summary="What came of the visit, item by item",
    openapi_extra={
        "x-problems": [kind.code for kind in (NoSuchVisit, VisitNotOpen, NoSuchRectification, TermBeforeVisit)]
    },
)
def post_result(request: HttpRequest, response: HttpResponse, number: str, words: ResultWords) -> Any:
    """Later words about an item replace earlier ones; the same again: 200 with `Idempotency-Replayed: true`."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    actor = Actor.officer(caller.certificate_no)
    done = say_results(number=number, words=words, agency_code=caller.agency_code, actor=actor, at=now)
    if done.replayed:
        response["Idempotency-Replayed"] = "true"
    told = {"visit": life_told(done.life, minutes=minutes_of(done.life)), "server_time": now}
    return Status(200 if done.replayed else 201, told)


@router.post(
    "/visits/{number}/plan",
    auth=DeviceToken(),
    response={201: ResultsOut, 200: ResultsOut},
    summary="Which plan the visit carried out, said afterwards",
    openapi_extra={"x-problems": [kind.code for kind in (NoSuchVisit, VisitNotOpen, PlanConflict, PlanUnfit)]},
)
def post_plan_link(request: HttpRequest, response: HttpResponse, number: str, words: PlanLinkWords) -> Any:
    """For a scan that named none. The same plan again: 200 with `Idempotency-Replayed: true`."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    done = link_plan(
        number=number,
        words=words,
        source="",
        agency_code=caller.agency_code,
        annual_cap=settings.AUDIT_POLICY.annual_cap,
        actor=Actor.officer(caller.certificate_no),
        at=now,
    )
    if done.replayed:
        response["Idempotency-Replayed"] = "true"
    told = {"visit": life_told(done.life, minutes=minutes_of(done.life)), "server_time": now}
    return Status(200 if done.replayed else 201, told)


def minutes_of(life: Life) -> int | None:
    """打扰时长 by the house's grouping window."""
    window: timedelta = settings.CHECKIN_POLICY.grouping_window
    return life.minutes(window)


class UnknownCursor(Problem):
    """A cursor is what an earlier answer gave, unchanged."""

    code, status, title = "cursor-unknown", 422, _("游标无效：请原样使用上一次回答中的 cursor")


class AskedForVisits(Schema):
    """`since`, `until`: Asia/Shanghai days of the on-site start, both inclusive. `cursor`: of the page before."""

    since: Day = None
    until: Day = None
    cursor: Annotated[str, Field(max_length=20)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get(
    "/visits",
    auth=DeviceToken(),
    response=VisitsOut,
    summary="The officer's own visits, with officers, duration, results and corrections",
    openapi_extra={"x-problems": [UnknownCursor.code]},
)
def get_visits(request: HttpRequest, response: HttpResponse, asked: Query[AskedForVisits]) -> Any:
    """The latest made first. A list that is read on by its cursor is not moved by visits that come meanwhile."""
    response["Cache-Control"] = "no-store"
    caller: Caller = request.auth  # type: ignore[attr-defined]
    before = None
    if asked.cursor is not None:
        if not asked.cursor.isascii() or not asked.cursor.isdigit() or int(asked.cursor) >= 1 << 63:
            raise UnknownCursor
        before = int(asked.cursor)
    found = own_visits(
        officer_id=caller.officer_id,
        agency_code=caller.agency_code,
        since=asked.since,
        until=asked.until,
        before=before,
        most=asked.limit + 1,
    )
    page = found[: asked.limit]
    return {
        "visits": [life_told(life, minutes=minutes_of(life)) for life in page],
        "cursor": str(page[-1].visit.pk) if len(found) > asked.limit else None,
        "server_time": timezone.now(),
    }


class AskedForChanges(Schema):
    """`since`: the `cursor` of the answer before; none: from the beginning."""

    since: Annotated[str, Field(max_length=8000)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 100


@router.get(
    "/changes",
    auth=DeviceToken(),
    response=ChangesOut,
    summary="What changed of the agency's visits since the last answer",
    openapi_extra={"x-problems": [UnknownCursor.code]},
)
def get_changes(request: HttpRequest, response: HttpResponse, asked: Query[AskedForChanges]) -> Any:
    """Each changed visit as it stands now, with its `version`; none is missed, however late it was committed."""
    response["Cache-Control"] = "no-store"
    caller: Caller = request.auth  # type: ignore[attr-defined]
    cursor = Cursor.of(asked.since) if asked.since else Cursor()
    if cursor is None:
        raise UnknownCursor
    found = changes_since(cursor, agency_code=caller.agency_code, most=asked.limit)
    return {
        "visits": [life_told(life, minutes=minutes_of(life)) for life in found.lives],
        "cursor": str(found.cursor),
        "more": found.more,
        "server_time": timezone.now(),
    }


class AskedForRectifications(Schema):
    """`overdue`: only those whose term has run out (default)."""

    overdue: bool = True
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


@router.get(
    "/supervision/rectifications",
    auth=AccountSession(),
    response=RectificationsOut,
    tags=["supervision"],
    summary="Orders to rectify that nothing has settled, of the agencies in sight",
)
@noted
def get_rectifications(request: HttpRequest, asked: Query[AskedForRectifications]) -> Any:
    """The longest overdue first. A re-inspection that names the visit, or a later result of the item, settles one."""
    sight = seen(request, May.VIEW, Matter.VISITS)
    today = day_of(timezone.now())
    late = Q(rectify_by__lt=today) if asked.overdue else Q()
    waiting = open_rectifications(Q(visit__agency__in=agencies_in_sight(sight)) & late)
    return {
        "total": waiting.count(),
        "offset": asked.offset,
        "items": [rectification_told(one, today=today) for one in waiting[asked.offset : asked.offset + asked.limit]],
    }
