"""The board's first page: today, the trends, the shares and who stands first."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.asked import Asked
from audit.at_once import answers
from audit.behind import Row, Warned, Which, flags_in_sight, read, visits, warnings
from audit.board import TAIL_LIMIT, knows_agency, one_moment
from audit.duties import Matter, May
from audit.explained import LEVELS, word
from audit.figure_table import definition, table, totals
from audit.figures import Answer, Group, Line, day_after
from audit.models import MEASURES, Span
from audit.pages.porch import Knock, board_page, log, show
from audit.period import Period
from audit.pursued import standing
from audit.session import unattended
from audit.summing import below, in_region
from audit.tally import tail
from audit.unscanned import definition as scan_rate_definition
from audit.unscanned import hold_papers

FIRST, NEWEST, DAYS, RATE_DAYS = 10, 8, 30, 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """All that the page tells, of one moment."""

    answers: dict[str, Answer]
    rows: list[Row]
    flags: list[Warned]


@board_page(Matter.FACTS)
def overview(request: HttpRequest, knock: Knock) -> HttpResponse:
    """At most twelve statements, whatever is asked: figures of one moment, today's list, papers, the read log."""
    found = _read(knock)
    if knock.asked.agency and not found.answers["all"].lines and not knows_agency(knock.asked.agency, sees=knock.sees):
        raise Http404
    asked, told = knock.asked, found.answers
    context = {
        "totals": totals(told["all"], asked),
        "waiting": told["all"].waiting,
        "definition": definition(asked.definition),
        "trends": [
            table(_whole(told["days"], today=knock.today), asked, key="trend-days", title=_("按日趋势")),
            table(_whole(told["months"], today=knock.today), asked, key="trend-months", title=_("按月趋势")),
        ],
        "tables": [
            table(told[name], asked, key=f"by-{name}", title=title, more=_more(asked, told[name].question.group))
            for name, title in (
                ("enterprise", _("被检查最多的企业")),
                ("agency", _("入企最多的单位")),
                ("officer", _("入企最多的人员")),
                ("region", _("按地区")),
            )
        ],
        "rows": found.rows,
        "flags": _told(found.flags),
        "now": f"{reverse('board-now')}?{asked.address()}",
        "seen": _mark(found.rows, found.flags),
        "rate": _scan_rate(knock),
        "cases": _cases(knock),
    }
    shown = len(found.rows) + len(found.flags) + sum(len(one.lines) for one in told.values())
    return show(request, "audit/board/overview.html", context, knock=knock, shown=shown)


def _read(knock: Knock) -> Read:
    asked, sees, today = knock.asked, knock.sees, knock.today
    first, last = asked.period.days_before_its_end(DAYS, today=today)
    end = asked.period.days_before_its_end(1, today=today)[1]
    questions = {
        "all": asked.question(Group.ALL, sees=sees),
        "days": asked.by(Span.DAY, first, last, sees=sees),
        "months": asked.by(Span.MONTH, *twelve_months(end), sees=sees),
        "enterprise": asked.question(Group.ENTERPRISE, sees=sees, limit=FIRST),
        "agency": asked.question(Group.AGENCY, sees=sees, limit=FIRST),
        "officer": asked.question(Group.OFFICER, sees=sees, limit=FIRST),
        "region": asked.question(level_below(asked.region or sees.region_prefix), sees=sees, limit=200),
    }
    with one_moment():
        late = tail(limit=TAIL_LIMIT)
        told = answers(list(questions.values()), late)
        rows, flags = read([*_today(knock, late), warnings(_flags(knock), many=NEWEST)])
    return Read(answers=dict(zip(questions, told, strict=True)), rows=rows[:NEWEST], flags=flags)


@board_page(Matter.FACTS)
def now(request: HttpRequest, knock: Knock) -> HttpResponse:
    """Today's list and the latest warnings for the open page, as JSON; 204 while they are as it has them (`seen`).

    What is handed over anew is a reading, and written down; an unchanged list is none.
    """
    unattended(request)
    with one_moment():
        rows, flags = read([*_today(knock, tail(limit=TAIL_LIMIT)), warnings(_flags(knock), many=NEWEST)])
    rows = rows[:NEWEST]
    if request.GET.get("seen") == _mark(rows, flags):
        return HttpResponse(status=204)
    pair = {"rows": rows, "flags": _told(flags)}
    answer = JsonResponse(
        {
            "seen": _mark(rows, flags),
            "arrivals": render_to_string("audit/board/visit_rows.html", pair),
            "warned": render_to_string("audit/board/flag_items.html", pair),
        }
    )
    log(request, knock=knock, shown=len(rows) + len(flags))
    return answer


def _mark(rows: list[Row], flags: list[Warned]) -> str:
    """Changes when anything in these lists does."""
    told = [
        *((row.fact.visit, row.fact.version) for row in rows),
        *((one.id, one.state, one.sentence) for one in flags),
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _told(flags: list[Warned]) -> list[tuple[Warned, str]]:
    return [(flag, word(LEVELS, flag.level)) for flag in flags]


def twelve_months(end: date) -> tuple[date, date]:
    """The month in which this day lies, whole, and the eleven before."""
    before = end.year * 12 + end.month - 12
    return date(before // 12, before % 12 + 1, 1), day_after(end, Span.MONTH) - timedelta(days=1)


def _whole(answer: Answer, *, today: date) -> Answer:
    """A trend with a line of noughts for each day or month of nothing, up to today."""
    question, known = answer.question, {line.start: line for line in answer.lines}
    lines, start, last = list[Line](), question.first, min(question.last, max(today, question.first))
    while question.span is not None and start <= last:
        nothing = Line(key=(), start=start, measures=dict.fromkeys(MEASURES, 0))
        lines.append(known.get(start, nothing))
        start = day_after(start, question.span)
    return replace(answer, lines=lines)


def level_below(prefix: str) -> Group:
    """Into what is a region broken down? A city into counties, a county into towns."""
    return {0: Group.CITY, 2: Group.CITY, 4: Group.REGION}.get(len(prefix), Group.TOWN)


def _today(knock: Knock, late: Any) -> Any:
    today = Asked(
        period=Period(year=knock.today.year, month=knock.today.month, day=knock.today.day),
        region=knock.asked.region,
        agency=knock.asked.agency,
        purpose=knock.asked.purpose,
    )
    return visits(Which(question=today.question(Group.AGENCY, sees=knock.sees)), late, upto=NEWEST)


def _flags(knock: Knock) -> Any:
    asked = knock.asked
    flags = flags_in_sight(knock.sight).filter(in_region(asked.region))
    return flags.filter(agency_code=asked.agency) if asked.agency else flags


def _more(asked: Asked, group: Group) -> str:
    return f"{reverse('board-figures')}?{asked.address(group=group)}"


def _cases(knock: Knock) -> list[tuple[str, int, str]]:
    """How many cases are open, and how many of them shine, each with its list. One statement."""
    if not knock.sight.may(May.VIEW, Matter.CASES):
        return []
    told = standing(knock.sight, ladders=settings.CASE_LADDERS, today=knock.today)
    listed = reverse("admin:audit_case_changelist")
    return [
        (_("在办督办"), told.open, f"{listed}?pending=True"),
        (_("黄灯（将到期）"), told.yellow, f"{listed}?lit=yellow"),
        (_("红灯（已逾期）"), told.red, f"{listed}?lit=red"),
    ]


def _scan_rate(knock: Knock) -> dict[str, Any]:
    """Of the papers of the seven days to yesterday, how many were scanned for? Two statements."""
    asked, policy = knock.asked, settings.MATCH_POLICY
    last = knock.today - timedelta(days=1)
    first = last - timedelta(days=RATE_DAYS - 1)
    within = knock.sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    within &= in_region(asked.region)
    if asked.agency:
        within &= below(asked.agency, path="agency_path")
    held = hold_papers(first=first, last=last, today=knock.today, policy=policy, within=within)
    matched = sum(one.visit is not None for one in held)
    return {
        "first": first,
        "last": last,
        "papers": len(held),
        "matched": matched,
        "percent": matched * 100 // len(held) if held else None,
        "definition": scan_rate_definition(policy),
        "more": f"{reverse('board-unscanned')}?{asked.address()}",
    }
