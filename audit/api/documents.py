"""应扫未扫 and the scan rate: papers beside scans, within the caller's reach."""

from datetime import date
from typing import Annotated, Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from audit.api.figures import NoSuchWindow
from audit.auth import Sight, seen
from audit.duties import Matter, May
from audit.facts import day_of
from audit.matching import MatchPolicy, rate_percent
from audit.summing import below
from audit.unscanned import AgencyMonth, Held, by_agency_and_month, definition, hold_papers

router = Router()
LONGEST_DAYS = 366


class Asked(Schema):
    """`from` and `to`: days in Asia/Shanghai, both inside, at most 366 of them.

    `agency`: that agency and those below it. `region`: digits that the enterprise's region code begins with.
    """

    first: Annotated[date, Field(alias="from", ge=date(1970, 1, 1), lt=date(2100, 1, 1))]
    last: Annotated[date, Field(alias="to", ge=date(1970, 1, 1), lt=date(2100, 1, 1))]
    agency: Annotated[str, Field(max_length=40, pattern=r"^[^\x00/]*$")] = ""
    region: Annotated[str, Field(pattern=r"^([0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3})?)?)?)?$")] = ""


class AskedForList(Asked):
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RateFigure(Schema):
    """`documents`: should have been scanned (应扫); `matched`: were (已扫). `percent`: null where there are none."""

    documents: int
    matched: int
    unscanned: int
    percent: int | None


class UnscannedOut(Schema):
    """One paper without a scan, and what was looked for: a visit of `agency` at the enterprise on these days."""

    kind: str
    source: str
    source_ref: str
    on: date
    agency_code: str
    agency: str
    credit_code: str
    enterprise: str
    region_code: str
    looked_from: date
    looked_to: date


class Unscanned(Schema):
    definition: str
    figure: RateFigure
    offset: int
    total: int
    items: list[UnscannedOut]


class AgencyRate(RateFigure):
    month: str = Field(description="2026-03")
    agency_code: str
    agency: str


class ScanRates(Schema):
    definition: str
    figure: RateFigure
    rows: list[AgencyRate]


@router.get(
    "/unscanned",
    response=Unscanned,
    summary="Inspections on paper that nobody scanned (应扫未扫), with the list",
    openapi_extra={"x-problems": ["no-such-window"]},
)
def unscanned(request: HttpRequest, asked: Query[AskedForList]) -> dict[str, Any]:
    """The oldest first. Two statements, however many papers there are."""
    policy: MatchPolicy = settings.MATCH_POLICY
    held = _held(seen(request, May.VIEW, Matter.DOCUMENTS), asked, policy)
    missing = [one for one in held if one.visit is None]
    return {
        "definition": definition(policy),
        "figure": _figure(len(held), len(held) - len(missing)),
        "offset": asked.offset,
        "total": len(missing),
        "items": [_told(one) for one in missing[asked.offset : asked.offset + asked.limit]],
    }


@router.get(
    "/scan-rate",
    response=ScanRates,
    summary="The scan rate (扫码率) by agency and month",
    openapi_extra={"x-problems": ["no-such-window"]},
)
def scan_rate(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Months at the ends of the stretch hold its days only. Two statements."""
    policy: MatchPolicy = settings.MATCH_POLICY
    held = _held(seen(request, May.VIEW, Matter.DOCUMENTS), asked, policy)
    return {
        "definition": definition(policy),
        "figure": _figure(len(held), sum(one.visit is not None for one in held)),
        "rows": [_row(one) for one in by_agency_and_month(held)],
    }


def _held(sight: Sight, asked: Asked, policy: MatchPolicy) -> list[Held]:
    if not 0 <= (asked.last - asked.first).days < LONGEST_DAYS:
        raise NoSuchWindow(_("日期范围有误：应从早到晚，至多 366 天"))
    within = sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    within &= Q(region_code__startswith=asked.region)
    if asked.agency:
        within &= below(asked.agency, path="agency_path")
    today = day_of(timezone.now())
    return hold_papers(first=asked.first, last=asked.last, today=today, policy=policy, within=within)


def _figure(papers: int, matched: int) -> dict[str, Any]:
    percent = rate_percent(matched, papers)
    return {"documents": papers, "matched": matched, "unscanned": papers - matched, "percent": percent}


def _row(one: AgencyMonth) -> dict[str, Any]:
    told = {"month": one.month, "agency_code": one.agency_code, "agency": one.agency_name}
    return told | _figure(one.papers, one.matched)


def _told(one: Held) -> dict[str, Any]:
    paper = one.paper
    same = ("kind", "source", "source_ref", "on", "agency_code", "credit_code", "region_code")
    return {name: paper[name] for name in same} | {
        "agency": paper["agency_name"],
        "enterprise": paper["enterprise_name"],
        "looked_from": one.looked_from,
        "looked_to": paper["on"],
    }
