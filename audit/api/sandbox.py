"""Rules tried on the past, for supervisors: who would have been flagged, beside who was. Nothing is written."""

from collections import Counter
from datetime import date
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Router, Schema
from pydantic import Field

from audit.api.as_of import REGION
from audit.auth import Sight, seen
from audit.duties import Matter, May, Reach
from audit.moment import one_moment
from audit.problem import Problem
from audit.replay import Side, Span, Totals, unjudged
from audit.rule_file import FileUnfit, read_rules
from audit.sandbox import Question, replay, versions
from audit.sandbox import Reach as Within
from audit.services.frequency_rule import RuleUnfit

router = Router()
LONGEST_DAYS = 366
MOST_VERSIONS = 50_000
"""Some seconds of work; a city's whole year is for `manage.py sandbox`."""
SHOWN = 1_000


class TooMuchToTry(Problem):
    code, status, title = "sandbox-too-large", 422, gettext_lazy("试算范围过大")


class TrialIn(Schema):
    """`rules`: as in a rule file (docs/guides/frequency.md), days as text; one without `effective_from` counts for the
    whole stretch. `from` and `to`: days in Asia/Shanghai, both inside, at most 366. `region`: digits that the
    enterprise's region code begins with."""

    rules: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=50)]
    first: Annotated[date, Field(alias="from", ge=date(1993, 1, 1), lt=date(2100, 1, 1))]
    last: Annotated[date, Field(alias="to", ge=date(1993, 1, 1), lt=date(2100, 1, 1))]
    region: Annotated[str, Field(pattern=REGION)] = ""


class Sides(Schema):
    """How many flags only the drafts raise, only the enacted rules did, and both."""

    draft: int
    enacted: int
    both: int


class RuleSides(Sides):
    rule: str


class AgencySides(Sides):
    """`agency_code` empty: flags about an enterprise, whoever came."""

    agency_code: str
    agency: str


class OutcomeOut(Schema):
    """`side`: draft, enacted or both. `version`, `level`, `counted`, `sentence`: the draft's where it flags, else the
    flag's. `state`: how the enacted flag stands now; empty where there is none."""

    rule: str
    version: int
    kind: str
    credit_code: str
    enterprise: str
    region_code: str
    agency_code: str
    agency: str
    period: str
    side: str
    level: str
    counted: int
    sentence: str
    state: str


class TrialOut(Schema):
    """`outcomes`: the first 1,000, those that differ first; `more`: how many are not shown. `not_tried`: rules about an
    agency as a whole, which no replay of visits decides. `lowered`: enacted flags that stand no more."""

    visits: int
    enterprises: int
    lowered: int
    total: Sides
    rules: list[RuleSides]
    agencies: list[AgencySides]
    outcomes: list[OutcomeOut]
    more: int
    not_tried: list[str]


@router.post(
    "/sandbox",
    response=TrialOut,
    summary="Try rules on the past: who would have been flagged, beside who was",
    openapi_extra={"x-problems": ["rule-unfit", "sandbox-too-large"]},
)
def sandbox(request: HttpRequest, body: TrialIn) -> dict[str, Any]:
    """For those who may enact rules; within their reach, in a transaction that cannot write."""
    sight = seen(request, May.ADD, Matter.FREQUENCY_RULES)
    if not 0 <= (body.last - body.first).days < LONGEST_DAYS:
        raise TooMuchToTry(_("日期范围有误：应从早到晚，至多 366 天"))
    try:
        drafts = read_rules(body.rules, since=date.min)
    except FileUnfit as error:
        raise RuleUnfit(str(error)) from error
    question = Question(
        drafts=drafts,
        span=Span(first=body.first, last=body.last),
        annual_cap=settings.AUDIT_POLICY.annual_cap,
        region_prefix=body.region,
        reach=_within(sight),
    )
    totals = Totals()
    with one_moment():
        if versions(question) > MOST_VERSIONS:
            raise TooMuchToTry(_("入企记录过多：请缩短日期或缩小地区，或在服务器上运行 manage.py sandbox"))
        found = list(replay(question, totals=totals))
    found.sort(key=lambda one: (one.side is Side.BOTH, one.rule, one.credit_code, one.agency_code, one.period))
    names = OutcomeOut.model_fields
    return {
        "visits": totals.visits,
        "enterprises": totals.enterprises,
        "lowered": totals.lowered,
        "total": _sides(totals.all),
        "rules": [{"rule": code} | _sides(sides) for code, sides in sorted(totals.rules.items())],
        "agencies": [
            {"agency_code": code, "agency": name} | _sides(sides)
            for (code, name), sides in sorted(totals.agencies.items())
        ],
        "outcomes": [{name: getattr(one, name) for name in names} for one in found[:SHOWN]],
        "more": max(len(found) - SHOWN, 0),
        "not_tried": unjudged(drafts),
    }


def _within(sight: Sight) -> Within | None:
    """An account's reach, as audit.auth.Sight.rows has it for enterprises and supervised agencies."""
    if sight.reach is Reach.ALL:
        return None
    supervised = sight.reach is Reach.SUPERVISED
    return Within(
        region_prefix=sight.region_prefix if supervised or sight.reach is Reach.REGION else "",
        supervised_by=sight.agency_code if supervised else "",
    )


def _sides(sides: Counter[Side]) -> dict[str, int]:
    return {str(side): sides[side] for side in Side}
