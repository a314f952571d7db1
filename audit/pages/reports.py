"""Monthly reports: those issued, one of them, and the deed that issues one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

from audit.asked import turned
from audit.auth import Sight
from audit.duties import Matter, May, Reach, is_region_prefix
from audit.models import MonthlyReport
from audit.month_known import Month, enterprise_names
from audit.monthly import plain_region, step
from audit.pages.porch import Knock, board_page, show
from audit.period import Period
from audit.problem import Problem
from audit.region import region_name
from audit.report_words import Since, written
from audit.services.issue_report import NotYourRegion, issue_report
from audit.unscanned import definition as scan_rate_definition
from audit.written import Written

SIZE = 100
LONGEST_KEY = 2**62
AT_ONCE = 50_000
"""Versions of visits, or papers, that a page reads while somebody waits, like a trial's. `manage.py report` has no
limit."""


class UnclearReport(Problem):
    code, status, title = "unclear-report", 422, gettext_lazy("地区代码应为 2、4、6 或 9 位，月份例如 2026-06")


def reports_in_sight(sight: Sight) -> "QuerySet[MonthlyReport]":
    """A report tells of everybody in its region: it is for whoever sees that whole region.

    Competence follows the agency, and reading also the enterprise's region: each visit at an enterprise of the region
    prefix is one that these accounts read in the lists, whoever supervises the agency that came. Reach by agencies
    alone (its leader's, its administrator's) sees no region whole.
    """
    rows = MonthlyReport.objects.all()
    if sight.reach is Reach.ALL:
        return rows
    if sight.reach in {Reach.REGION, Reach.SUPERVISED} and sight.region_prefix:
        return rows.filter(Q(region_code__startswith=plain_region(sight.region_prefix)))
    return rows.none()


@board_page(Matter.REPORTS, posts=True)
def reports(request: HttpRequest, knock: Knock) -> HttpResponse:
    """The list, the newest first; a POST issues a report and leads to it."""
    may_issue = knock.sight.may(May.ADD, Matter.REPORTS)
    refused: Problem | None = None
    month = str(step(Period(year=knock.today.year, month=knock.today.month), -1))
    region = knock.asked.region or knock.sight.region_prefix
    if request.method == "POST":
        if not may_issue:
            raise Http404
        region, month = request.POST.get("region", "").strip(), request.POST.get("month", "").strip()
        try:
            report = _issue(region, month, knock)
        except NotYourRegion as refusal:
            raise Http404 from refusal
        except Problem as refusal:
            refused = refusal
        else:
            return HttpResponseRedirect(reverse("board-report", args=[report.pk]))
    rows = reports_in_sight(knock.sight)
    if knock.asked.region:
        rows = rows.filter(region_code__startswith=plain_region(knock.asked.region))
    skipped = (knock.asked.page - 1) * SIZE
    listed = list(rows.order_by("-pk")[skipped : skipped + SIZE + 1])
    found = [(row, region_name(row.region_code), Period.of(row.month)) for row in listed[:SIZE]]
    said = f"{refused.title}{f'：{refused.detail}' if refused.detail else ''}" if refused else ""
    context = {
        "reports": found,
        "may_issue": may_issue,
        "said": said,
        "month": month,
        "region": region,
        **turned(knock.asked, more=len(listed) > SIZE),
    }
    response = show(request, "audit/board/reports.html", context, knock=knock, shown=len(found))
    response.status_code = refused.status if refused else 200
    return response


def _issue(region: str, month: str, knock: Knock) -> MonthlyReport:
    try:
        period = Period.of(month)
        if not (is_region_prefix(region) and period.month and not period.day):
            raise ValueError(month)
    except ValueError as error:
        raise UnclearReport from error
    return issue_report(
        region=region, month=period, policy=settings.MATCH_POLICY, actor=knock.sight.actor, at=knock.at, most=AT_ONCE
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    report: MonthlyReport
    paper: Written


def opened(knock: Knock, number: int, *, language: str) -> Opened:
    """The report in this language, with what has changed since. Raises Http404."""
    report = reports_in_sight(knock.sight).filter(pk=min(number, LONGEST_KEY)).first()
    if report is None:
        raise Http404
    with translation.override(language):
        paper = written(
            report, _since(report, at=knock.at), scan_rate_definition=scan_rate_definition(settings.MATCH_POLICY)
        )
        return Opened(report=report, paper=paper)


def _since(report: MonthlyReport, *, at: datetime) -> Since:
    now = Month(region=report.region_code, month=Period.of(report.month), by=at)
    found = now.corrections(since=report.as_of, most=AT_ONCE)
    rate = None
    if found is not None and not now.many(most=AT_ONCE):
        papers, matched = now.scan_rate(policy=settings.MATCH_POLICY)
        rate = papers, matched
    names = enterprise_names({one.visit.credit_code for one in found}, by=at) if found else {}
    return Since(corrections=found, most=AT_ONCE, names=names, scan_rate=rate)


def language_of(request: HttpRequest) -> str:
    """`language=zh-hans` or `en` in the address; else the browser's."""
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language() or settings.LANGUAGE_CODE


@board_page(Matter.REPORTS)
def report(request: HttpRequest, knock: Knock, number: int) -> HttpResponse:
    """One report, as it was issued, and what has changed since."""
    language = language_of(request)
    found = opened(knock, number, language=language)
    later = MonthlyReport.objects.filter(replaces=found.report.number).order_by("pk").first()
    context: dict[str, Any] = {
        "report": found.report,
        "paper": found.paper,
        "later": later,
        "language": language,
        "languages": settings.LANGUAGES,
    }
    with translation.override(language):
        return show(
            request,
            "audit/board/report.html",
            context,
            knock=knock,
            subject=f"report:{found.report.number}",
            shown=found.paper.lines,
        )
