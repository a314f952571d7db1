"""The lists behind the board's figures: all lines of one, its visits, the warnings, what nobody scanned for."""

from dataclasses import replace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from audit.asked import Asked, turned
from audit.at_once import answers
from audit.behind import about, flags_in_sight, read, visits, warnings
from audit.board import TAIL_LIMIT, knows_agency, one_moment
from audit.duties import Matter
from audit.explained import LEVELS, word
from audit.figure_table import GROUPS, MEANINGS, definition, name_of, table
from audit.figures import Group
from audit.pages.porch import Knock, board_page, show
from audit.period import Period
from audit.summing import below, in_region
from audit.tally import tail
from audit.unscanned import by_agency_and_month, hold_papers
from audit.unscanned import definition as scan_rate_definition

SIZE, LINES, MOST_PAPERS = 50, 500, 500


@board_page(Matter.FACTS)
def figures(request: HttpRequest, knock: Knock) -> HttpResponse:
    """All lines of one figure, the greatest five hundred."""
    asked = knock.asked
    reaches_agency(knock)
    with one_moment():
        found = answers([asked.question(asked.group, sees=knock.sees, limit=LINES)], tail(limit=TAIL_LIMIT))[0]
    title = _("%(period)s 各%(group)s统计") % {"period": asked.when, "group": GROUPS[asked.group]}
    groups = [(group, GROUPS[group], asked.address(group=group)) for group in GROUPS if group is not Group.ALL]
    context = {"table": table(found, asked, key="lines", title=title), "groups": groups, "most": LINES}
    return show(request, "audit/board/figures.html", context, knock=knock, shown=len(found.lines))


@board_page(Matter.FACTS)
def visit_list(request: HttpRequest, knock: Knock) -> HttpResponse:
    """The visits that a figure counts, fifty a page."""
    asked = knock.asked
    reaches_agency(knock)
    with one_moment():
        rows, _none = read(visits(knock.which, tail(limit=TAIL_LIMIT), upto=asked.page * SIZE + 1))
    context = {
        "rows": rows[(asked.page - 1) * SIZE : asked.page * SIZE],
        "measure": name_of(asked.of),
        "meaning": MEANINGS[asked.of],
        "definition": definition(asked.definition),
        **turned(asked, more=len(rows) > asked.page * SIZE),
    }
    return show(request, "audit/board/visits.html", context, knock=knock, shown=len(context["rows"]))


@board_page(Matter.FLAGS)
def flag_list(request: HttpRequest, knock: Knock) -> HttpResponse:
    """The warnings about the period that the account sees (audit/behind.py says which), fifty a page."""
    asked = knock.asked
    flags = about(flags_in_sight(knock.sight), asked.period).filter(in_region(asked.region))
    for column, value in (("agency_code", asked.agency), ("credit_code", asked.enterprise)):
        if value:
            flags = flags.filter(**{column: value})
    _none, found = read([warnings(flags, many=SIZE + 1, skipped=(asked.page - 1) * SIZE)])
    context = {
        "flags": [(flag, word(LEVELS, flag.level)) for flag in found[:SIZE]],
        **turned(asked, more=len(found) > SIZE),
    }
    return show(request, "audit/board/flags.html", context, knock=knock, shown=len(context["flags"]))


@board_page(Matter.DOCUMENTS)
def unscanned(request: HttpRequest, knock: Knock) -> HttpResponse:
    """The scan rate of each agency in a month, and the papers that nobody scanned for."""
    asked = knock.asked
    month = asked.period.month or (knock.today.month if asked.period.year == knock.today.year else 12)
    asked = replace(asked, period=Period(year=asked.period.year, month=month))
    policy = settings.MATCH_POLICY
    within = knock.sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    within &= in_region(asked.region)
    if asked.agency:
        within &= below(asked.agency, path="agency_path")
    held = hold_papers(
        first=asked.period.first, last=asked.period.last, today=knock.today, policy=policy, within=within
    )
    missing = [one for one in held if one.visit is None]
    context = {
        "asked": asked,
        "months": _months(asked),
        "agencies": [(one, asked.address(agency=one.agency_code)) for one in by_agency_and_month(held)],
        "missing": missing[:MOST_PAPERS],
        "all_missing": len(missing),
        "definition": scan_rate_definition(policy),
    }
    return show(request, "audit/board/unscanned.html", context, knock=knock, shown=min(len(missing), MOST_PAPERS))


def _months(asked: Asked) -> list[tuple[int, str]]:
    year = asked.period.year
    return [(month, asked.address(period=Period(year=year, month=month))) for month in range(1, 13)]


def reaches_agency(knock: Knock) -> None:
    """An agency out of reach is not there."""
    if knock.asked.agency and not knows_agency(knock.asked.agency, sees=knock.sees):
        raise Http404
