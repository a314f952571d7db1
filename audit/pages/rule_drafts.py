"""Drafts of rules on pages: made by a form, tried on past months, enacted by a second person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.asked import PAGES
from audit.duties import Matter, May, is_region_prefix
from audit.kinds import Kind
from audit.law import Rule
from audit.models import RuleDraft, RuleTrial
from audit.pages.overview import twelve_months
from audit.pages.porch import Knock, board_page, show
from audit.pages.rule_form import DraftForm
from audit.pages.rules import told
from audit.period import Period
from audit.problem import Problem
from audit.replay import Side, Span, unjudged
from audit.rule_words import DEMANDS, KIND_NAMES
from audit.rulebook import Chapter, chapters, drafts_in_sight, may_make
from audit.sandbox import Reach
from audit.services.draft_rule import draft_rule
from audit.services.drop_draft import drop_draft
from audit.services.enact_draft import drafted_rule, enact_draft
from audit.services.frequency_rule import RuleUnfit
from audit.services.run_trial import ask_trial, run_trial

AT_ONCE = 50_000
"""Versions of visits that a page reads while somebody waits: some seconds. What is more is the worker's."""
LONGEST_DAYS, SIZE, MOST_TRIALS, LARGEST = 366, 50, 10, 2**62
SIDES = (Side.DRAFT, Side.ENACTED, Side.BOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """What a new draft goes on from: `rule` for its next version, None for a further rule of this kind."""

    kind: Kind
    rule: Rule | None


@board_page(Matter.FREQUENCY_RULES, posts=True)
def new_draft(request: HttpRequest, knock: Knock) -> HttpResponse:
    """`?code=`: the next version of that rule; `?kind=`: a further rule; neither: which kind shall it be?"""
    if not knock.sight.may(May.ADD, Matter.FREQUENCY_RULES):
        raise Http404
    basis = _basis(request, knock)
    if basis is None:
        kinds = [(kind, name, DEMANDS[kind]) for kind, name in KIND_NAMES.items()]
        return show(request, "audit/board/rule_kinds.html", {"kinds": kinds}, knock=knock, shown=0)
    words = request.POST if request.method == "POST" else None
    tomorrow = {"effective_from": knock.today + timedelta(days=1)}
    form = DraftForm(words, initial=tomorrow, kind=basis.kind, basis=basis.rule, home=knock.sight.region_prefix)
    refusal = ""
    if words is not None and form.is_valid():
        try:
            made = draft_rule(form.draft(), note=form.cleaned_data["note"], actor=knock.sight.actor, at=knock.at)
        except Problem as problem:
            refusal = _said(problem)
        else:
            return HttpResponseRedirect(reverse("board-rule-draft", args=[made.pk]))
    context = {"form": form, "kind": KIND_NAMES[basis.kind], "basis": basis.rule, "refusal": refusal}
    status = 200 if words is None else 422
    return show(request, "audit/board/rule_form.html", context, knock=knock, shown=0, status=status)


def _basis(request: HttpRequest, knock: Knock) -> Basis | None:
    code, kind = request.GET.get("code", ""), request.GET.get("kind", "")
    if code:
        found = chapters(on=knock.today, code=code)
        if not found or not may_make(knock.sight, found[0].newest.rule.scope.region_prefix):
            raise Http404
        rule = (found[0].now or found[0].newest).rule
        return Basis(kind=rule.kind, rule=rule)
    if kind and kind not in set(Kind):
        raise Http404
    return Basis(kind=Kind(kind), rule=None) if kind else None


@board_page(Matter.FREQUENCY_RULES, posts=True)
def draft(request: HttpRequest, knock: Knock, number: int) -> HttpResponse:
    """What it says beside what is in force, how it was tried, and the forms: try it, enact it, drop it."""
    row = drafts_in_sight(knock.sight).filter(pk=min(number, LARGEST)).first()
    if row is None:
        raise Http404
    refusal, status = "", 200
    if request.method == "POST":
        deed = DEEDS.get(request.POST.get("deed", ""))
        if deed is None:
            raise Http404
        try:
            return HttpResponseRedirect(deed(request, knock, row))
        except Problem as problem:
            refusal, status = _said(problem), problem.status
    context = {**_about(row, knock), "refusal": refusal, "typed": request.POST}
    subject = f"rule-draft:{row.pk}"
    return show(request, "audit/board/rule_draft.html", context, knock=knock, subject=subject, shown=1, status=status)


def _about(row: RuleDraft, knock: Knock) -> dict[str, Any]:
    words = drafted_rule(row)
    chapter = next(iter(chapters(on=knock.today, code=row.code)), None)
    trials = RuleTrial.objects.filter(**_reach(knock), draft=row).select_related("result").order_by("-pk")
    tomorrow = knock.today + timedelta(days=1)
    first, last = twelve_months(knock.today)
    return {
        "draft": row,
        "end": getattr(row, "end", None),
        "told": told(words.as_rule(0)),
        "chapter": chapter,
        "standing": told(chapter.now.rule) if chapter and chapter.now else None,
        "overtaken": _overtaken(row, chapter),
        "own": row.drafted_by == knock.sight.actor,
        "of_agencies": bool(unjudged([words])),
        "trials": list(trials[:MOST_TRIALS]),
        "day": max(row.effective_from, tomorrow),
        "tomorrow": tomorrow,
        "from": f"{first:%Y-%m}",
        "to": f"{last:%Y-%m}",
    }


def _overtaken(row: RuleDraft, chapter: Chapter | None) -> list[int]:
    """Versions that were enacted since it was drafted, other than its own."""
    end = getattr(row, "end", None)
    return [
        one.rule.version
        for one in (chapter.versions if chapter else ())
        if one.at is not None and one.at > row.drafted_at and (end is None or one.at < end.at)
    ]


def _try(request: HttpRequest, knock: Knock, row: RuleDraft) -> str:
    sight = knock.sight
    asked = ask_trial(
        row,
        span=_span(request.POST.get("from", ""), request.POST.get("to", "")),
        region_prefix=_region(request.POST.get("region", "").strip()),
        reach=Reach(region_prefix=sight.region_prefix, supervised_by=sight.agency_code),
        most=AT_ONCE,
        actor=sight.actor,
        at=knock.at,
    )
    if not asked.queued:
        cap, policy = settings.AUDIT_POLICY.annual_cap, settings.MATCH_POLICY
        run_trial(asked, annual_cap=cap, policy=policy, at=knock.at)
    return reverse("board-rule-trial", args=[asked.pk])


def _enact(request: HttpRequest, knock: Knock, row: RuleDraft) -> str:
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise RuleUnfit(_("施行日期应为日期，例如 2026-07-01")) from error
    rule = enact_draft(
        row, effective_from=day, note=request.POST.get("note", "").strip(), actor=knock.sight.actor, at=knock.at
    )
    return reverse("board-rule", args=[rule.code])


def _drop(request: HttpRequest, knock: Knock, row: RuleDraft) -> str:
    drop_draft(row, note=request.POST.get("note", "").strip(), actor=knock.sight.actor, at=knock.at)
    return reverse("board-rule-draft", args=[row.pk])


DEEDS: dict[str, Callable[[HttpRequest, Knock, RuleDraft], str]] = {"try": _try, "enact": _enact, "drop": _drop}


def _span(first: str, last: str) -> Span:
    """From the first day of one month to the last of another."""
    try:
        begin, end = Period.of(first.strip()), Period.of(last.strip())
    except ValueError as error:
        raise RuleUnfit(_("月份写作 2026-07")) from error
    span = Span(first=begin.first, last=end.last)
    if not 0 <= (span.last - span.first).days < LONGEST_DAYS:
        raise RuleUnfit(_("月份应从早到晚，至多十二个月"))
    return span


def _region(text: str) -> str:
    if text and not is_region_prefix(text):
        raise RuleUnfit(_("地区应为 2、4、6 或 9 位地区代码，例如 1305、130502"))
    return text


def _reach(knock: Knock) -> dict[str, str]:
    """A trial is read by those who see what its asker saw: accounts of the same bureau."""
    return {"reach_region": knock.sight.region_prefix, "reach_agency": knock.sight.agency_code}


@board_page(Matter.FREQUENCY_RULES)
def trial(request: HttpRequest, knock: Knock, number: int) -> HttpResponse:
    """Whom the draft would have flagged: how many, who newly, who no longer. Fifty a page."""
    trials = RuleTrial.objects.filter(**_reach(knock), draft__in=drafts_in_sight(knock.sight).values("pk"))
    row = trials.select_related("draft", "result").filter(pk=min(number, LARGEST)).first()
    if row is None:
        raise Http404
    result, page = getattr(row, "result", None), knock.asked.page
    lines = result.lines if result is not None else []
    shown = lines[(page - 1) * SIZE : page * SIZE]
    counts = result.counts if result is not None else {}
    context = {
        "trial": row,
        "draft": row.draft,
        "told": told(drafted_rule(row.draft).as_rule(0)),
        "result": result,
        "newly": counts.get(Side.DRAFT),
        "no_longer": counts.get(Side.ENACTED),
        "still": counts.get(Side.BOTH),
        "flagged": counts.get("flagged"),
        "agencies": counts.get("by_agency", ()),
        "lines": shown,
        "kept": len(lines),
        "differing": sum(counts[side]["flags"] for side in (Side.DRAFT, Side.ENACTED)) if counts else 0,
        "of_agencies": bool(unjudged([drafted_rule(row.draft)])),
        "before": f"page={page - 1}" if page > 1 else "",
        "after": f"page={page + 1}" if len(lines) > page * SIZE and page < PAGES else "",
    }
    subject = f"rule-trial:{row.pk}"
    return show(request, "audit/board/rule_trial.html", context, knock=knock, subject=subject, shown=len(shown))


def _said(problem: Problem) -> str:
    return str(problem.detail or problem.title)
