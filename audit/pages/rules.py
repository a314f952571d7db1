"""The law of frequency on pages: every rule with what is in force, and the versions of one side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from audit.asked import PAGES
from audit.duties import Matter
from audit.kinds import Kind
from audit.law import Rule
from audit.models import RuleDraft
from audit.pages.porch import Knock, board_page, show
from audit.rule_words import KIND_NAMES, in_full, values, whom
from audit.rulebook import Chapter, Version, chapters, drafts_waiting, may_make

MOST_DRAFTS, COLUMNS = 200, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the versions side by side: each version's words, and whether they are others than the version's
    before."""

    name: str
    cells: Sequence[tuple[str, bool]]


def told(rule: Rule) -> dict[str, Any]:
    """A version or a draft in words, for a template."""
    return {
        "rule": rule,
        "kind": KIND_NAMES[rule.kind],
        "said": in_full(rule),
        "whom": whom(rule),
        "values": values(rule),
    }


@board_page(Matter.FREQUENCY_RULES)
def rule_list(request: HttpRequest, knock: Knock) -> HttpResponse:
    """Each rule: the version in force, who enacted it when, what comes next, and drafts. Two statements of its own."""
    book = chapters(on=knock.today)
    drafts = list(drafts_waiting(knock.sight)[:MOST_DRAFTS])
    known = {chapter.code for chapter in book}
    context = {
        "chapters": [_chapter(chapter, drafts) for chapter in book],
        "new": [(one, KIND_NAMES[Kind(one.kind)]) for one in drafts if one.code not in known],
        "may_make": bool(knock.sight.region_prefix) and may_make(knock.sight, knock.sight.region_prefix),
    }
    return show(request, "audit/board/rules.html", context, knock=knock, shown=len(book) + len(drafts))


def _chapter(chapter: Chapter, drafts: Sequence[RuleDraft]) -> dict[str, Any]:
    shown = chapter.now or chapter.newest
    return {
        "code": chapter.code,
        "title": shown.rule.title or KIND_NAMES[shown.rule.kind],
        "now": chapter.now,
        "told": told(chapter.now.rule) if chapter.now else None,
        "coming": [(one, in_full(one.rule)) for one in chapter.coming],
        "drafts": [one for one in drafts if one.code == chapter.code],
    }


@board_page(Matter.FREQUENCY_RULES)
def rule(request: HttpRequest, knock: Knock, code: str) -> HttpResponse:
    """The versions of one rule side by side, four a page, the newest page first. Two statements of its own."""
    found = chapters(on=knock.today, code=code)
    if not found:
        raise Http404
    chapter, asked = found[0], knock.asked
    end = max(len(chapter.versions) - (asked.page - 1) * COLUMNS, 0)
    first = max(end - COLUMNS, 0)
    shown = chapter.versions[first:end]
    if not shown:
        raise Http404
    newest = chapter.newest.rule
    context = {
        "chapter": chapter,
        "title": newest.title or KIND_NAMES[newest.kind],
        "kind": KIND_NAMES[newest.kind],
        "heads": [(one, _standing(one, chapter, today=knock.today)) for one in shown],
        "rows": _rows(shown, before=chapter.versions[first - 1] if first else None),
        "drafts": list(drafts_waiting(knock.sight).filter(code=code)[:MOST_DRAFTS]),
        "may_go_on": may_make(knock.sight, newest.scope.region_prefix),
        "may_make": may_make(knock.sight, knock.sight.region_prefix),
        "newer": f"page={asked.page - 1}" if asked.page > 1 else "",
        "older": f"page={asked.page + 1}" if first and asked.page < PAGES else "",
    }
    return show(request, "audit/board/rule.html", context, knock=knock, subject=f"rule:{code}", shown=len(shown))


def _standing(version: Version, chapter: Chapter, *, today: date) -> str:
    if version is chapter.now:
        return _("现行")
    if version in chapter.coming:
        return _("待施行")
    if version.rule.repeals and version is chapter.newest:
        return _("已废止")
    return _("已被取代")


def _rows(versions: Sequence[Version], *, before: Version | None) -> list[Row]:
    every = [one.rule for one in (*([before] if before else []), *versions)]
    skipped = 1 if before else 0

    def row(name: str, texts: Sequence[str]) -> Row:
        cells = [(text, place > 0 and text != texts[place - 1]) for place, text in enumerate(texts)]
        return Row(name=name, cells=cells[skipped:])

    rows = [row(_("规定"), [in_full(one) for one in every])]
    for told_of in (values, whom):
        columns = [dict(told_of(one)) for one in every]
        names = dict.fromkeys(name for column in columns for name in column)
        rows += [row(name, [column.get(name, "—") for column in columns]) for name in names]
    return [*rows, row(_("依据"), [one.source for one in every])]
