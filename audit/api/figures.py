"""Statistics of the visits, within the caller's reach."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema
from pydantic import Field

from audit.asked import reaches_region, sees_of
from audit.auth import seen
from audit.board import ask, knows_agency
from audit.duties import Matter, May
from audit.facts import Purpose
from audit.figures import DEFINITIONS, Answer, Definition, Group, Line, Question
from audit.models import MEASURES, Span
from audit.problem import Problem

router = Router()
LONGEST_YEARS = 30


class NoSuchWindow(Problem):
    code, status, title = "no-such-window", 422, _("日期范围有误：应从早到晚，至多三十年")


class FigureNotKept(Problem):
    code, status, title = "figure-not-kept", 422, _("人员统计按单位查询，不按企业所在地区")


class Asked(Schema):
    """`from` and `to`: days in Asia/Shanghai, both inside, any days. `span` breaks each line down.

    `region`: digits that the enterprise's region code begins with. `agency`: that agency and those below it.
    """

    group: Literal["all", "agency", "officer", "enterprise", "region", "category"]
    first: Annotated[date, Field(alias="from", ge=date(1970, 1, 1), lt=date(2100, 1, 1))]
    last: Annotated[date, Field(alias="to", ge=date(1970, 1, 1), lt=date(2100, 1, 1))]
    span: Literal["day", "month", "year"] | None = None
    definition: Literal["scans", "annual_report"] = "scans"
    purpose: Literal["inspection", "service"] = "inspection"
    region: Annotated[str, Field(pattern=r"^([0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3})?)?)?)?$")] = ""
    agency: Annotated[str, Field(max_length=40, pattern=r"^[^\x00/]*$")] = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class FigureDefinition(Schema):
    code: str
    text: str


class FigureLine(Schema):
    """`key`: codes of the group (an officer's and the agency's; an enterprise's and the region's). `value`: the measure
    by which lines rank."""

    key: list[str]
    name: str
    start: date | None
    value: int
    joint_share: float | None
    exempt_share: float | None
    measures: dict[str, int]


class FigureAnswer(Schema):
    """`waiting`: versions that are in no figure yet; 0 but after a large import."""

    definition: FigureDefinition
    measure: str
    waiting: int
    lines: list[FigureLine]


@router.get(
    "/figures",
    response=FigureAnswer,
    summary="Statistics by agency, officer, enterprise, region or category",
    openapi_extra={"x-problems": ["no-such-window", "figure-not-kept"]},
)
def figures(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Within the account's reach; an agency or region outside it is not found (404)."""
    sight = seen(request, May.VIEW, Matter.FACTS)
    if asked.first > asked.last or asked.last.year - asked.first.year > LONGEST_YEARS:
        raise NoSuchWindow
    if asked.group == "officer" and asked.region:
        raise FigureNotKept
    sees = sees_of(sight)
    if not reaches_region(sees, asked.region) or (asked.agency and not knows_agency(asked.agency, sees=sees)):
        raise Http404
    question = Question(
        group=Group(asked.group),
        first=asked.first,
        last=asked.last,
        span=Span.of(asked.span) if asked.span else None,
        definition=Definition(asked.definition),
        purpose=Purpose(asked.purpose),
        region_prefix=asked.region,
        agency_code=asked.agency,
        sees=sees,
        limit=asked.limit,
    )
    return told(ask(question))


def told(answer: Answer) -> dict[str, Any]:
    """An answer in the API's words."""
    question = answer.question
    return {
        "definition": {"code": str(question.definition), "text": str(DEFINITIONS[question.definition])},
        "measure": question.measure,
        "waiting": answer.waiting,
        "lines": [_line(line, question.measure) for line in answer.lines],
    }


def _line(line: Line, measure: str) -> dict[str, Any]:
    return {
        "key": list(line.key),
        "name": line.name,
        "start": line.start,
        "value": line.measures[measure],
        "joint_share": line.joint_share,
        "exempt_share": line.exempt_share,
        "measures": {name: line.measures[name] for name in MEASURES},
    }
