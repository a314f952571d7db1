"""One enterprise's year, and one warning with all that it stands on."""

from collections import Counter
from typing import Any

from django.db.models import JSONField, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from audit.asked import NAME
from audit.behind import Row, Which, flags_in_sight, read, visits, visits_explained, warnings
from audit.board import TAIL_LIMIT, one_moment
from audit.duties import Matter, May
from audit.explained import FLAG_STATES, LEVELS, figures, word
from audit.figure_table import definition
from audit.figures import Group
from audit.heat import calendar_of
from audit.models import FlagState, VisitFact
from audit.pages.porch import Knock, board_page, show
from audit.period import Period
from audit.pursued import case_about, pursued_at_all
from audit.tally import tail

MOST, SHOWN = 1_000, 50
LONGEST_KEY = 2**62


@board_page(Matter.FACTS)
def enterprise(request: HttpRequest, knock: Knock, credit_code: str) -> HttpResponse:
    """Its visits of the year as a calendar and as a list, and the warnings about it; only what the account reaches."""
    if not NAME.fullmatch(credit_code):
        raise Http404
    year = Period(year=knock.asked.period.year)
    asked = knock.asked.__class__(period=year, enterprise=credit_code, purpose=knock.asked.purpose)
    which = Which(question=asked.question(Group.AGENCY, sees=knock.sees), credit_code=credit_code)
    flags = flags_in_sight(knock.sight).filter(credit_code=credit_code)
    with one_moment():
        branches = visits(which, tail(limit=TAIL_LIMIT), upto=MOST)
        if knock.sight.may(May.VIEW, Matter.FLAGS):
            branches.append(warnings(flags, many=SHOWN))
        rows, warned = read(branches)
    counts = Counter(row.started.date() for row in rows)
    months = Counter(row.started.month for row in rows)
    context = {
        "credit_code": credit_code,
        "name": rows[0].enterprise if rows else _name(knock, credit_code),
        "calendar": calendar_of(year.year, counts),
        "months": [
            (month, months[month], asked.address(period=Period(year=year.year, month=month))) for month in range(1, 13)
        ],
        "agencies": _agencies(rows),
        "rows": rows[:SHOWN],
        "all_visits": len(rows),
        "flags": [(flag, word(LEVELS, flag.level)) for flag in warned],
        "definition": definition(asked.definition),
        "years": [(year.year + step, asked.address(period=Period(year=year.year + step))) for step in (-1, 1)],
        "more": f"{reverse('board-visits')}?{asked.address()}",
        "asked": asked,
    }
    return show(
        request,
        "audit/board/enterprise.html",
        context,
        knock=knock,
        subject=f"enterprise:{credit_code}",
        shown=len(rows),
    )


def _name(knock: Knock, credit_code: str) -> str:
    """Of an enterprise without a visit this year: what its newest visit in reach calls it. Without any: 404."""
    within = knock.sight.rows(region="region_code", branch="agency_path", supervised_by="supervised_by")
    facts = VisitFact.objects.filter(within, credit_code=credit_code).order_by("-started_at", "-version")
    name = facts.values_list("enterprise_name", flat=True).first()
    if name is None:
        raise Http404
    return name


def _agencies(rows: list[Row]) -> list[tuple[str, int]]:
    return Counter(row.fact.agency_name for row in rows).most_common()


@board_page(Matter.FLAGS)
def flag(request: HttpRequest, knock: Knock, number: int) -> HttpResponse:
    """Why: the rule and its version, each visit counted, each left out and why; and what became of the warning."""
    states = FlagState.objects.filter(flag=OuterRef("pk")).order_by("-at", "-pk").values("evidence")[:1]
    within = flags_in_sight(knock.sight).annotate(evidence=Subquery(states, output_field=JSONField()))
    found: Any = within.filter(pk=min(number, LONGEST_KEY)).first()
    if found is None:
        raise Http404
    evidence = found.evidence or {}
    told = visits_explained(evidence, looker=knock.sight)
    context = {
        "flag": found,
        "level": word(LEVELS, evidence.get("level", found.level)),
        "version": evidence.get("version", found.rule_version),
        "sentence": evidence.get("sentence", ""),
        "counted": told.counted,
        "left_out": told.left_out,
        "figures": figures(evidence),
        "reached": told.reached,
        "case": case_about(found, sight=knock.sight, today=knock.today),
        "may_pursue": knock.sight.may(May.ADD, Matter.CASES) and not pursued_at_all(found),
        "life": [(state, word(FLAG_STATES, state.state)) for state in found.states.order_by("at", "pk")],
    }
    return show(
        request,
        "audit/board/flag.html",
        context,
        knock=knock,
        subject=f"flag:{found.pk}",
        shown=len(told.counted) + len(told.left_out),
    )
